import type { AttestationDomain } from '../../bridge/client/attestation.ts';
import { type DbRange, prefixRange } from '../../chain/db.ts';
import type { Hex } from '../../protocol/lane/types.ts';

/**
 * Keys of a validator's records: prefix `z/`, beside those of chain/keys.ts.
 *
 * | prefix | record |
 * |---|---|
 * | z/s/ chain/contract/signer/batch | commitment that was signed |
 * | z/f/ chain/contract/signer | batches up to this one are never signed (again) |
 * | z/e/ chain/contract/signer | evidence of an equivocation |
 * | z/r/ chain/contract/signer | rewards of epochs up to this one are claimed |
 */

/** Whose signatures, and where they count. `signer` in lower case. */
export interface HistoryOf extends AttestationDomain {
  readonly signer: Hex;
}

export const historyKeys = {
  signed: (of: HistoryOf, batch: number): string => `z/s/${path(of)}${batch.toString(16).padStart(16, '0')}`,
  all: (of: HistoryOf): DbRange => prefixRange(`z/s/${path(of)}`),
  /** Of all signers. */
  allOf: (domain: AttestationDomain): DbRange => prefixRange(`z/s/${place(domain)}`),
  floor: (of: HistoryOf): string => `z/f/${path(of)}`,
  floorsOf: (domain: AttestationDomain): DbRange => prefixRange(`z/f/${place(domain)}`),
  evidence: (of: HistoryOf): string => `z/e/${path(of)}`,
  evidenceOf: (domain: AttestationDomain): DbRange => prefixRange(`z/e/${place(domain)}`),
  claimed: (of: HistoryOf): string => `z/r/${path(of)}`,
} as const;

/** The batch that a key of `signed` ends with. */
export function batchOfKey(key: string): number {
  return Number.parseInt(key.slice(-16), 16);
}

/** The signer in a key of any kind. */
export function signerOfKey(key: string): Hex {
  return key.split('/')[4] as Hex; // as `path` has it
}

function path({ signer, ...domain }: HistoryOf): string {
  return `${place(domain)}${signer.toLowerCase()}/`;
}

function place({ l1ChainId, evmLane }: AttestationDomain): string {
  return `${l1ChainId}/${evmLane.toLowerCase()}/`;
}
