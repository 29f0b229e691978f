/** Every way in which services and their epochs refuse something. A code never changes its meaning. */
export type EpochErrorCode =
  /** A service document that is not canonical JSON of exactly the members of docs/ai.md, each in its range. */
  | 'BAD_SERVICE_DOCUMENT'
  /** The ledger's service account is attested with another document, or is no service. */
  | 'WRONG_DOCUMENT'
  /** Batches were left out or given twice. */
  | 'BATCH_OUT_OF_ORDER'
  /** The epoch is not over yet. */
  | 'EPOCH_OPEN'
  /** The epoch was over before what this ledger keeps, or before the service began. */
  | 'EPOCH_FORGOTTEN'
  /** Scores that cannot be packed: a weight of 0 or over 16 bits, agents that do not ascend, too many. */
  | 'BAD_WEIGHTS'
  /** A stored snapshot that does not parse, or of another service. */
  | 'BAD_SNAPSHOT';

export type EpochErrorData = Readonly<Record<string, string | number | bigint>>;

export class EpochError extends Error {
  override readonly name = 'EpochError';
  readonly code: EpochErrorCode;
  readonly data: EpochErrorData;

  constructor(code: EpochErrorCode, data: EpochErrorData = {}, options?: ErrorOptions) {
    const details = Object.entries(data).map(([key, value]) => `${key}=${value}`);
    super(details.length === 0 ? code : `${code}: ${details.join(', ')}`, options);
    this.code = code;
    this.data = data;
  }
}
