export type WebBuildErrorCode =
  /** The page's sources are not in this installation. */
  | 'WEB_SOURCES_MISSING'
  /** Vite refused them; `message` has its words. */
  | 'WEB_BUILD_FAILED'
  /** A folder is no built page, or not the one its manifest describes. */
  | 'WEB_PAGE_INVALID';

/** What building or reading the page can refuse. */
export class WebBuildError extends Error {
  override readonly name = 'WebBuildError';
  readonly code: WebBuildErrorCode;
  readonly data: Readonly<Record<string, string | number>>;

  constructor(
    code: WebBuildErrorCode,
    message: string,
    data: Readonly<Record<string, string | number>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}
