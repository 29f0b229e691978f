import { claimCount, VALID_UNTIL_LIMIT } from '../../protocol/codec/tx.ts';
import type { ReplayedTx } from '../../protocol/replay.ts';
import type { Field, Signature, SignedTx } from '../../protocol/types.ts';

const ZERO = 0n as Field; // canonical
/** (0, 0) is not on the curve: nobody's key makes this. */
const NO_SIGNATURE: Signature = { r8: [ZERO, ZERO], s: 0n };

/**
 * A ledger transaction that is known from L1 alone, where signatures, vouchers and expiry are not posted (the batch's proof stands for
 * them): signatures of zeros, the latest expiry there is. Its hash is therefore not the one its user knows, and no peer takes it.
 */
export function unsignedTx({ signer, nonce, ops }: ReplayedTx): SignedTx {
  const vouchers = Array.from({ length: claimCount(ops) }, () => NO_SIGNATURE);
  return { signer, nonce, validUntil: VALID_UNTIL_LIMIT - 1, ops, signature: NO_SIGNATURE, vouchers };
}

/** Whether a transaction is one of `unsignedTx`. */
export function isUnsigned({ signature: { r8, s } }: SignedTx): boolean {
  return r8[0] === 0n && r8[1] === 0n && s === 0n;
}
