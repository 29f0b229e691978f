import type { Shape } from '../../protocol/types.ts';

const L1_OP_BYTES = 128;
const EXIT_BYTES = 64;
/** An op and three words of payload. */
const OP_BYTES = 30 + 3 * 32;
/** Both lanes of a batch in a transaction that Ethereum's nodes take (131,072 bytes), the call's own words aside. */
const ETHEREUM = 129_800;
/** Beside the bytes of the EVM lane, where an operator says that L1 takes more. */
const BESIDE = 9_800;

/**
 * Bytes of EVM transactions for a batch whose ledger part may become as large as its shape allows: whatever users bring, L1 must be able to
 * take both in one transaction, or the batch could never be posted.
 */
export function evmBytesBeside({ L, N, E }: Pick<Shape, 'L' | 'N' | 'E'>, batchBytes: number): number {
  const body = L * L1_OP_BYTES + E * EXIT_BYTES + N * OP_BYTES;
  return Math.min(batchBytes, Math.max(batchBytes + BESIDE, ETHEREUM) - body);
}
