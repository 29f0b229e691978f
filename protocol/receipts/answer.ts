import { accountIndex } from '../ids.ts';
import type { Field, Point } from '../types.ts';
import { type Receipt, type SignedReceipt, signReceipt, verifyReceiptSignature } from './receipt.ts';

/**
 * The channel of receipts that answer a contract (docs/ai.md section 6). No account of the ledger has index 0: no voucher pays such a
 * receipt, no claim settles it and no book takes it.
 */
export const ANSWER_CHANNEL = accountIndex(0);

/** An answer as its receipt says it: `sequence` is the question's number, `price` what each of the quorum is paid, in wei. */
export type Answer = Omit<Receipt, 'channel'>;

/** @throws ProtocolError as `signReceipt` */
export function signAnswer(answer: Answer, seed: Uint8Array, domain: Field): SignedReceipt {
  return signReceipt({ ...answer, channel: ANSWER_CHANNEL }, seed, domain);
}

/** Whether `key` signed exactly this answer for this deployment; false for a receipt of a channel. @throws ProtocolError as `receiptHash` */
export function verifyAnswer(receipt: SignedReceipt, key: Point, domain: Field): boolean {
  return receipt.channel === ANSWER_CHANNEL && verifyReceiptSignature(receipt, key, domain);
}
