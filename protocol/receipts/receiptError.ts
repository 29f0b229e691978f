import type { ProtocolErrorData } from '../errors.ts';

/** Every way in which a receipt, a voucher or a stream of them is refused off the ledger. A code never changes its meaning. */
export type ReceiptErrorCode =
  /** The receipt or claim is of another channel. */
  | 'RECEIPT_CHANNEL'
  /** The receipt names another model than the channel. */
  | 'RECEIPT_MODEL'
  /** Not the next sequence number. */
  | 'RECEIPT_SEQUENCE'
  /** Not the price agreed, or more than the claim paid in all. */
  | 'RECEIPT_PRICE'
  /** Earlier than the receipt before. */
  | 'RECEIPT_TIME'
  /** Of another input than was sent. */
  | 'RECEIPT_INPUT'
  /** The provider's key did not sign it for this deployment. */
  | 'RECEIPT_SIGNATURE'
  /** The inclusion proof does not lead to the root. */
  | 'RECEIPT_NOT_INCLUDED'
  /** The proof is for another position than the receipt's sequence number. */
  | 'RECEIPT_POSITION'
  /** The claim was not paid to the channel's provider. */
  | 'CLAIM_PROVIDER'
  /** The posted data are not those that L1 holds the hash of. */
  | 'CLAIM_DATA'
  /** The voucher key did not sign it: other key, channel, deployment, total or root. The ledger's code of the same name. */
  | 'BAD_VOUCHER'
  /** Not above what an earlier voucher already promised. */
  | 'VOUCHER_STALE'
  /** The total does not cover the request's price. */
  | 'VOUCHER_TOO_LOW'
  /** The total is more than the channel can pay. */
  | 'VOUCHER_OVER_BALANCE'
  /** The voucher is of another channel. */
  | 'VOUCHER_CHANNEL'
  /** The root is not that of the receipts issued so far. */
  | 'VOUCHER_ROOT'
  /** The channel has expired: what is left of its time is for claiming. */
  | 'CHANNEL_EXPIRED'
  /** One request at a time: the last one has no receipt yet. */
  | 'REQUEST_PENDING'
  /** A receipt that was not asked for. */
  | 'NO_REQUEST'
  /** The provider would serve more than it has vouchers for. */
  | 'NOT_PAID'
  /** A stored book that contradicts itself. */
  | 'BAD_BOOK';

/** The error of receipts, vouchers and their books; nothing changes when it is thrown. */
export class ReceiptError extends Error {
  override readonly name = 'ReceiptError';
  readonly code: ReceiptErrorCode;
  readonly data: ProtocolErrorData;

  constructor(code: ReceiptErrorCode, data: ProtocolErrorData = {}, options?: ErrorOptions) {
    const details = Object.entries(data).map(([key, value]) => `${key}=${value}`);
    super(details.length === 0 ? code : `${code}: ${details.join(', ')}`, options);
    this.code = code;
    this.data = data;
  }
}
