/** Errors of the bridge client. `code` is the name of the contract's custom error, or one of the client's own. */
export type BridgeClientErrorCode =
  | 'L1_REVERTED'
  | 'L1_UNREACHABLE'
  | 'INSUFFICIENT_FUNDS'
  | 'NOT_A_COMMIT'
  | 'NOT_A_ROLLUP'
  | 'NOT_ATTESTATIONS'
  | 'NOT_AN_EVM_LANE'
  | 'NOT_A_REGISTRY'
  | 'UNKNOWN_BATCH'
  | 'UNKNOWN_QUEUE_ITEM'
  | 'UNKNOWN_MESSAGE'
  | 'EVM_MISMATCH'
  | 'BAD_LOG'
  | 'BAD_PROOF'
  | 'COMPILE_FAILED'
  | 'ANVIL_FAILED'
  | 'DEV_KEY_REFUSED'
  | 'BAD_VERIFYING_KEY'
  | 'BAD_PARAMETERS';

/** Names of the contract's custom errors that callers act upon (the full list: bridge/README.md). */
export type RollupErrorName = string & {};

export class BridgeError extends Error {
  readonly code: BridgeClientErrorCode | RollupErrorName;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(
    code: BridgeClientErrorCode | RollupErrorName,
    data: Readonly<Record<string, unknown>> = {},
    options: { cause?: unknown } = {},
  ) {
    super(
      `${code} ${JSON.stringify(data, (_key, value) => (typeof value === 'bigint' ? value.toString() : value))}`,
      options,
    );
    this.name = 'BridgeError';
    this.code = code;
    this.data = data;
  }
}
