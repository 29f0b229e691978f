import { ProtocolError, type ProtocolErrorCode, type ProtocolErrorData } from '../errors.ts';
import type { AccountIndex, ChannelTerms, Field, Point } from '../types.ts';
import { receiptHash, type SignedReceipt, verifyReceiptSignature } from './receipt.ts';
import type { ReceiptErrorCode } from './receiptError.ts';
import { type ReceiptProof, verifyReceiptProof } from './receiptTree.ts';
import type { SettledClaim } from './settledClaims.ts';

/** What anyone needs to check one receipt. Nothing of it is trusted but `terms`, `providerKey` and `claim`, which come from proven state. */
export interface ReceiptEvidence {
  readonly receipt: SignedReceipt;
  readonly proof: ReceiptProof;
  /** A CLAIM of a proven batch (settledClaims.ts). */
  readonly claim: Pick<SettledClaim, 'channel' | 'provider' | 'total' | 'receiptsRoot'>;
  /** The channel's terms: `c` of its account never changes. */
  readonly terms: Pick<ChannelTerms, 'provider' | 'model'>;
  /** Key of the channel's provider: `a`, `b` of its account never change. */
  readonly providerKey: Point;
}

/** What a valid receipt proves, given that the claim's batch is proven. */
export interface ReceiptStatement {
  readonly channel: AccountIndex;
  readonly provider: AccountIndex;
  readonly model: AccountIndex;
  readonly sequence: number;
  readonly time: number;
  readonly price: bigint;
  readonly inputHash: Uint8Array;
  readonly outputHash: Uint8Array;
  readonly execution: Field;
  /** The claim that settled it: this much in all, for this many receipts. */
  readonly settled: { readonly total: bigint; readonly receipts: number; readonly receiptsRoot: Field };
}

export type ReceiptVerdict =
  | { readonly isValid: true; readonly statement: ReceiptStatement }
  | {
      readonly isValid: false;
      /** The first statement that fails; a ProtocolError's code if the receipt cannot be packed at all. */
      readonly code: ReceiptErrorCode | ProtocolErrorCode;
      readonly data: ProtocolErrorData;
    };

function refuse(code: ReceiptErrorCode | ProtocolErrorCode, data: ProtocolErrorData = {}): ReceiptVerdict {
  return { isValid: false, code, data };
}

/**
 * Whether a receipt is the provider's, of this channel and its model, and counted by this claim. It does not say that the output is right
 * (re-run it for that), nor that the sum of all prices is the total: consumer and provider watch over that themselves.
 * Never throws on bad evidence.
 */
export function verifyReceipt(evidence: ReceiptEvidence, domain: Field): ReceiptVerdict {
  const { receipt, proof, claim, terms, providerKey } = evidence;
  let leaf: Field;
  try {
    leaf = receiptHash(receipt);
  } catch (error) {
    if (error instanceof ProtocolError) return refuse(error.code, error.data);
    throw error;
  }
  if (receipt.channel !== claim.channel) {
    return refuse('RECEIPT_CHANNEL', { expected: claim.channel, found: receipt.channel });
  }
  if (claim.provider !== terms.provider) {
    return refuse('CLAIM_PROVIDER', { expected: terms.provider, found: claim.provider });
  }
  if (receipt.model !== terms.model) return refuse('RECEIPT_MODEL', { expected: terms.model, found: receipt.model });
  if (!verifyReceiptSignature(receipt, providerKey, domain)) return refuse('RECEIPT_SIGNATURE');
  if (receipt.sequence !== proof.position) {
    return refuse('RECEIPT_POSITION', { sequence: receipt.sequence, position: proof.position });
  }
  if (!verifyReceiptProof(claim.receiptsRoot, leaf, proof)) {
    return refuse('RECEIPT_NOT_INCLUDED', { receiptsRoot: claim.receiptsRoot, size: proof.size });
  }
  // Last: whoever tries one claim after the other must learn first that the receipt is under none of them.
  if (receipt.price > claim.total) return refuse('RECEIPT_PRICE', { price: receipt.price, total: claim.total });
  const { signature: _, ...said } = receipt;
  const settled = { total: claim.total, receipts: proof.size, receiptsRoot: claim.receiptsRoot };
  return { isValid: true, statement: { ...said, provider: terms.provider, settled } };
}
