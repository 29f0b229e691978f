/** What the market's own parts can refuse; `texts.errors` says it in words. */
export type MarketErrorCode =
  /** The browser cannot read it: moved, changed, or not allowed. */
  | 'FILE_UNREADABLE'
  | 'FILE_TOO_LARGE'
  /** Not the document that the service commits to. */
  | 'WRONG_DOCUMENT';

export class MarketError extends Error {
  override readonly name = 'MarketError';
  readonly code: MarketErrorCode;
  readonly data: Readonly<Record<string, string | number>>;

  constructor(code: MarketErrorCode, data: Readonly<Record<string, string | number>> = {}, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
    this.data = data;
  }
}
