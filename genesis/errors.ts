export type GenesisErrorCode =
  /** solc refuses the sources (a warning in our own is an error too), or a contract is missing. */
  | 'COMPILE_FAILED'
  /** No such file. */
  | 'SPEC_NOT_FOUND'
  /** Not JSON. */
  | 'SPEC_NOT_JSON'
  /** A spec of another version of the format. */
  | 'SPEC_VERSION'
  /** A hard fork this program does not execute. */
  | 'SPEC_HARDFORK'
  /** `field` is missing, unknown, of the wrong type or out of range. */
  | 'SPEC_INVALID'
  /** The spec's predeploys are not those of this program: one is missing, unknown, twice there or somewhere else. */
  | 'PREDEPLOY_MISMATCH'
  /** A predeploy's code is not what the spec names. */
  | 'CODE_HASH_MISMATCH'
  /** A predeploy needs a constructor to fill in immutables: its runtime code alone is not it. */
  | 'CODE_INCOMPLETE'
  /** Two accounts at one address, or one at an address that belongs to the protocol. */
  | 'ACCOUNT_CONFLICT'
  /** An account without nonce, code and balance: Ethereum removes such accounts. */
  | 'ACCOUNT_EMPTY'
  /** Money that no vault holds, in a spec that does not say `isUnbacked`. */
  | 'UNBACKED_BALANCE'
  /** A message, leaf or log that breaks what its source guarantees: amounts, indices, lengths. */
  | 'OUT_OF_RANGE'
  /** A log that is not a Withdrawal of Outbox. */
  | 'NOT_A_WITHDRAWAL';

export class GenesisError extends Error {
  override readonly name = 'GenesisError';
  readonly code: GenesisErrorCode;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: GenesisErrorCode, data: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(
      `${code} ${JSON.stringify(data, (_key, value) => (typeof value === 'bigint' ? value.toString() : value))}`,
      options,
    );
    this.code = code;
    this.data = data;
  }
}
