import type { Chain, PublicClient } from 'viem';
import {
  type AttestationClaim,
  AttestationsClient,
  type VerifiedAttestation,
} from '../../bridge/client/attestationsClient.ts';
import { bridgeOf } from '../chain.ts';
import { SdkError } from '../errors.ts';

/**
 * Asks the chain's `Attestations` contract whether a file's SHA-256 is attested by an owner, with its parent, in a proven root. The proofs of
 * `claim` are made by `engram model prove` (`{ sha256, ...attestationProofFromJson(file) }`); any contract on L1 can ask the same.
 * @throws BridgeError with the contract's error name (ArtefactMismatch, ProofInvalid, UnknownBatch …), NOT_ATTESTATIONS; SdkError NO_ATTESTATIONS
 */
export async function verifyAttestationOnL1(
  chain: Chain | undefined,
  l1: PublicClient,
  claim: AttestationClaim,
): Promise<VerifiedAttestation> {
  const { rollup, attestations } = bridgeOf(chain);
  if (attestations === undefined) {
    throw new SdkError('NO_ATTESTATIONS', 'the chain definition names no contract for attestations');
  }
  return (await AttestationsClient.connect({ address: attestations, rollup }, l1)).verify(claim);
}
