export type WebErrorCode =
  /** Not enough is known of the deployment: `missing` names what. */
  | 'WEB_CONFIG_INCOMPLETE'
  /** `config.json` is not one. */
  | 'WEB_CONFIG_INVALID'
  /** What was said, the node or L1 contradict each other. */
  | 'WEB_CHAIN_MISMATCH'
  /** The folder holds something that is no page. */
  | 'WEB_OUT_NOT_EMPTY';

/** What making or serving the page's files can refuse. */
export class WebError extends Error {
  override readonly name = 'WebError';
  readonly code: WebErrorCode;
  readonly data: Readonly<Record<string, string | number>>;

  constructor(
    code: WebErrorCode,
    message: string,
    data: Readonly<Record<string, string | number>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}
