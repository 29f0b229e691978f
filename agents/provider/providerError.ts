/** Every way in which a provider refuses. Codes of vouchers and receipts are those of docs/receipts.md. */
export type ProviderErrorCode =
  /** Before serving: the file is not the one that the attestation commits to. */
  | 'MODEL_MISMATCH'
  /** The attestation is not that of a model. */
  | 'NOT_A_MODEL'
  /** The key has no KEY account of the model's token, or the one named is not its own. */
  | 'NO_KEY_ACCOUNT'
  /** The folder holds the books of another provider, model or deployment. */
  | 'STORE_MISMATCH'
  /** Options that contradict each other. */
  | 'BAD_OPTIONS'
  /** A request that cannot be read. */
  | 'BAD_REQUEST'
  | 'NOT_FOUND'
  /** No voucher, and no free calls here. */
  | 'PAYMENT_REQUIRED'
  | 'CHANNEL_UNKNOWN'
  /** It pays somebody else. */
  | 'CHANNEL_PROVIDER'
  /** It names another model. */
  | 'CHANNEL_MODEL'
  | 'CHANNEL_TOKEN'
  /** Its deposit is too small. */
  | 'CHANNEL_DEPOSIT'
  /** It expires too soon. */
  | 'CHANNEL_EXPIRY'
  /** It has paid before, and its book is not here. */
  | 'CHANNEL_USED'
  | 'REQUEST_PENDING'
  | 'INPUT_TOO_LARGE'
  | 'BAD_TENSOR'
  /** This address has had its free calls. */
  | 'QUOTA'
  /** As many requests run and wait as are allowed. */
  | 'BUSY'
  /** The model, or what it gave, failed here: nothing is owed. */
  | 'RUN_FAILED'
  | 'RUN_TIMEOUT'
  | 'OUTPUT_TOO_LARGE'
  | 'STORE_FAILED'
  /** What public requests show fills its place on disk: private ones are served. */
  | 'STORE_FULL'
  /** The node that knows the channel does not answer. */
  | 'LEDGER_UNAVAILABLE'
  | 'STOPPING'
  | 'INTERNAL';

export type ErrorData = Readonly<Record<string, string | number | bigint>>;

const STATUS: Partial<Readonly<Record<ProviderErrorCode, number>>> = {
  BAD_REQUEST: 400,
  PAYMENT_REQUIRED: 402,
  CHANNEL_UNKNOWN: 402,
  CHANNEL_PROVIDER: 402,
  CHANNEL_MODEL: 402,
  CHANNEL_TOKEN: 402,
  CHANNEL_DEPOSIT: 402,
  CHANNEL_EXPIRY: 402,
  CHANNEL_USED: 402,
  NOT_FOUND: 404,
  REQUEST_PENDING: 409,
  INPUT_TOO_LARGE: 413,
  BAD_TENSOR: 422,
  QUOTA: 429,
  BUSY: 429,
  RUN_TIMEOUT: 503,
  LEDGER_UNAVAILABLE: 503,
  STOPPING: 503,
  STORE_FULL: 503,
};

export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly code: ProviderErrorCode;
  readonly data: ErrorData;

  constructor(code: ProviderErrorCode, message: string, data: ErrorData = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.data = data;
  }

  /** HTTP's number for it. */
  get status(): number {
    return STATUS[this.code] ?? 500;
  }
}
