/** Every way in which the ledger's rules refuse something. A code never changes its meaning: clients and tests match on it. */
export type ProtocolErrorCode =
  /** A word or coordinate is negative or not below the field's modulus. */
  | 'WORD_NOT_CANONICAL'
  /** Bytes that do not parse: wrong length, trailing bytes, bad flags, a point that does not decode. */
  | 'MALFORMED_BYTES'
  | 'UNKNOWN_OPCODE'
  | 'UNKNOWN_ACCOUNT'
  | 'BAD_NONCE'
  | 'EXPIRED'
  | 'INSUFFICIENT_BALANCE'
  | 'WRONG_TOKEN'
  | 'BAD_SIGNATURE'
  | 'KEY_OFF_CURVE'
  | 'INDEX_TAKEN'
  | 'INDEX_OUT_OF_RANGE'
  /** A user filled in an index that only the sequencer assigns. */
  | 'ASSIGNED_INDEX_NOT_ZERO'
  | 'AMOUNT_OUT_OF_RANGE'
  | 'WRONG_KIND'
  | 'NOT_AUTHORIZED'
  | 'BAD_ADDRESS'
  | 'FEE_TOKEN_NOT_ACCEPTED'
  | 'FEE_ACCOUNT_INVALID'
  | 'BATCH_FULL'
  /** The nonce 2^32 − 1 was reached: the account can no longer sign. */
  | 'NONCE_EXHAUSTED'
  | 'BAD_PAYLOAD'
  /** A voucher's signature does not verify: another key, channel, chain, bridge, total or receipts root. */
  | 'BAD_VOUCHER'
  /** A claim's total is below what the channel has paid out already. */
  | 'VOUCHER_STALE'
  /** amount + fee + royalty is not total − claimed, or the royalty is not the model's share of it, rounded down. */
  | 'CLAIM_MISMATCH'
  /** CLAIM at or after expiry + grace. */
  | 'CHANNEL_OVER'
  /** CLOSE before expiry + grace. */
  | 'CHANNEL_NOT_OVER'
  /** The parent an attestation names is no live ATTEST account. */
  | 'UNKNOWN_PARENT'
  /** The model a channel names is no live ATTEST account. */
  | 'UNKNOWN_MODEL'
  /** A royalty of more than 10000 basis points. */
  | 'BAD_ROYALTY'
  /** A batch does not start from the tree it is applied to. */
  | 'ROOT_MISMATCH'
  /** A batch breaks a rule that no single transaction can break (counts, order, header, resulting root). */
  | 'BAD_BATCH'
  | 'UNKNOWN_SHAPE'
  | 'BAD_PROOF'
  /** A caller inside this program broke a precondition; never the fault of outside input. */
  | 'INVALID_ARGUMENT';

export type ProtocolErrorData = Readonly<Record<string, string | number | bigint>>;

/** The only error the protocol layer throws on purpose. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;
  readonly data: ProtocolErrorData;

  constructor(code: ProtocolErrorCode, data: ProtocolErrorData = {}, options?: ErrorOptions) {
    const details = Object.entries(data).map(([key, value]) => `${key}=${value}`);
    super(details.length === 0 ? code : `${code}: ${details.join(', ')}`, options);
    this.code = code;
    this.data = data;
  }
}
