import { decodeFunctionResult, encodeFunctionData, isAddressEqual, type PublicClient } from 'viem';
import type { AccountIndex, Field } from '../../protocol/types.ts';
import { attestationsAbi } from './abi.ts';
import { solidityLeaf, solidityProof } from './calls.ts';
import { BridgeError } from './errors.ts';
import { bridgeError, isForeignAnswer } from './revert.ts';
import type { Address, Hex, L1Call, ProvenLeaf, ReadAt, StoredBatch } from './types.ts';

/** What is to be shown: the file with this SHA-256 is attested by this leaf, in a proven root. */
export interface AttestationClaim {
  /** SHA-256 of the artefact, 32 bytes. */
  readonly sha256: Hex;
  readonly attestation: ProvenLeaf;
  /** The owner's KEY account under the same root; with it L1 says the owner's Ethereum address. */
  readonly owner?: ProvenLeaf;
  /** A proven batch whose new root the proofs are for; absent: the last proven root. L1 remembers 256 batches. */
  readonly batch?: StoredBatch;
}

/** L1's answer. `parent` is 0 for none, `provenance` a commitment or 0. */
export interface VerifiedAttestation {
  readonly index: AccountIndex;
  readonly owner: AccountIndex;
  readonly parent: AccountIndex;
  readonly royaltyBps: number;
  readonly subtype: number;
  readonly artefact: Field;
  readonly provenance: Field;
  /** Only if the owner's leaf was proven, too. */
  readonly ownerAddress?: Address;
}

export interface AttestationsOptions {
  /** The `Attestations` contract. */
  readonly address: Address;
  /** The rollup whose roots it must be bound to. */
  readonly rollup: Address;
}

/** Asks the `Attestations` contract. Nothing is sent: a verification is a call that answers or reverts. */
export class AttestationsClient {
  readonly address: Address;
  readonly #publicClient: PublicClient;

  private constructor(address: Address, publicClient: PublicClient) {
    this.address = address;
    this.#publicClient = publicClient;
  }

  /**
   * Makes sure that the contract speaks of this rollup: anybody can deploy one over roots of their own.
   * @throws BridgeError NOT_ATTESTATIONS, L1_UNREACHABLE
   */
  static async connect(
    { address, rollup }: AttestationsOptions,
    publicClient: PublicClient,
  ): Promise<AttestationsClient> {
    const bound = await publicClient
      .readContract({ address, abi: attestationsAbi, functionName: 'rollup' })
      .catch((cause: unknown) => {
        throw isForeignAnswer(cause) ? new BridgeError('NOT_ATTESTATIONS', { address }, { cause }) : bridgeError(cause);
      });
    if (!isAddressEqual(bound, rollup)) throw new BridgeError('NOT_ATTESTATIONS', { address, rollup: bound });
    return new AttestationsClient(address, publicClient);
  }

  /** What a contract would call. Pure. */
  call(claim: AttestationClaim): L1Call {
    return { to: this.address, data: verificationData(claim), value: 0n };
  }

  /**
   * @throws BridgeError with the contract's error name: ArtefactMismatch, KindMismatch, MalformedTerms, ProofInvalid, UnknownBatch,
   * ControllerMismatch, IndexOutOfRange, WordNotCanonical
   */
  async verify(claim: AttestationClaim, { blockNumber }: ReadAt = {}): Promise<VerifiedAttestation> {
    const { to, data } = this.call(claim);
    const at = blockNumber === undefined ? {} : { blockNumber };
    const { data: answer = '0x' } = await this.#publicClient.call({ to, data, ...at }).catch((cause: unknown) => {
      throw bridgeError(cause);
    });
    const abi = attestationsAbi;
    try {
      // The `At` functions answer in the same form.
      if (claim.owner === undefined) {
        return verified(decodeFunctionResult({ abi, functionName: 'verifyAttestation', data: answer }));
      }
      const [attestation, ownerAddress] = decodeFunctionResult({ abi, functionName: 'verifyOwnership', data: answer });
      return { ...verified(attestation), ownerAddress };
    } catch (cause) {
      throw new BridgeError('NOT_ATTESTATIONS', { address: this.address }, { cause });
    }
  }

  /** Gas of the verification as a transaction of its own: 21,000 and calldata included. */
  async estimateGas(claim: AttestationClaim, from: Address): Promise<bigint> {
    return this.#publicClient.estimateGas({ account: from, ...this.call(claim) }).catch((cause: unknown) => {
      throw bridgeError(cause);
    });
  }
}

function verificationData({ sha256, attestation, owner, batch }: AttestationClaim): Hex {
  const abi = attestationsAbi;
  const args = [sha256, solidityLeaf(attestation.leaf), solidityProof(attestation.proof)] as const;
  if (owner === undefined) {
    if (batch === undefined) return encodeFunctionData({ abi, functionName: 'verifyAttestation', args });
    return encodeFunctionData({ abi, functionName: 'verifyAttestationAt', args: [batch, ...args] });
  }
  const owned = [...args, solidityLeaf(owner.leaf), solidityProof(owner.proof)] as const;
  if (batch === undefined) return encodeFunctionData({ abi, functionName: 'verifyOwnership', args: owned });
  return encodeFunctionData({ abi, functionName: 'verifyOwnershipAt', args: [batch, ...owned] });
}

/** The casts: the contract answers with canonical words and indices in range only. */
function verified(raw: {
  index: number;
  owner: number;
  parent: number;
  royaltyBps: number;
  subtype: number;
  artefact: bigint;
  provenance: bigint;
}): VerifiedAttestation {
  return {
    ...raw,
    index: raw.index as AccountIndex,
    owner: raw.owner as AccountIndex,
    parent: raw.parent as AccountIndex,
    artefact: raw.artefact as Field,
    provenance: raw.provenance as Field,
  };
}
