import { hashTypedData, type TypedDataDomain, toHex } from 'viem';
import type { Address, Hex } from './types.ts';

const TYPES = {
  Attestation: [
    { name: 'batch', type: 'uint64' },
    { name: 'evmCommitment', type: 'bytes32' },
  ],
} as const;

/** Where an attestation counts. */
export interface AttestationDomain {
  readonly l1ChainId: bigint;
  readonly evmLane: Address;
}

/** What an attestor signs, as EIP-712 has it: the outcome of a batch in the EVM lane (docs/protocol.md section 12). Pure. */
export function attestationTypedData(domain: AttestationDomain, batch: number, commitment: bigint) {
  return {
    domain: {
      name: 'Engram EVM lane',
      version: '1',
      chainId: domain.l1ChainId,
      verifyingContract: domain.evmLane,
    } satisfies TypedDataDomain,
    types: TYPES,
    primaryType: 'Attestation',
    message: { batch: BigInt(batch), evmCommitment: toHex(commitment, { size: 32 }) },
  } as const;
}

/** The 32 bytes under the signature. */
export function attestationDigest(domain: AttestationDomain, batch: number, commitment: bigint): Hex {
  return hashTypedData(attestationTypedData(domain, batch, commitment));
}
