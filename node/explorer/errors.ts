/** What ends a step of the index; it is tried again. */
export type ExplorerErrorCode =
  /** An account that a block names is not there: the chain is going back. */
  | 'ACCOUNT_UNKNOWN'
  /** A record of the index is missing that its cursor says is there. */
  | 'INDEX_BROKEN';

export class ExplorerError extends Error {
  override readonly name = 'ExplorerError';
  readonly code: ExplorerErrorCode;
  readonly data: Readonly<Record<string, string | number | bigint>>;

  constructor(code: ExplorerErrorCode, data: Readonly<Record<string, string | number | bigint>> = {}) {
    super(code);
    this.code = code;
    this.data = data;
  }
}
