import { hexToBytes } from 'viem';
import { artefactCommitment } from '../../../../../protocol/attestation.ts';
import type { Hex } from '../../../../../sdk/rpcTypes.ts';

/** What the ledger holds for a file of this SHA-256. */
export function commitmentOf(sha256: Hex): bigint {
  return artefactCommitment(hexToBytes(sha256));
}

interface Split<T> {
  readonly fitting: readonly T[];
  /** Those that the node should not have named. */
  readonly strange: readonly T[];
}

/** The node's answer, compared with the file: it cannot pass an attestation of something else off as one of this file. */
export function fittingOf<T extends { readonly artefact: string }>(sha256: Hex, found: readonly T[]): Split<T> {
  const commitment = commitmentOf(sha256).toString();
  return {
    fitting: found.filter(({ artefact }) => artefact === commitment),
    strange: found.filter(({ artefact }) => artefact !== commitment),
  };
}
