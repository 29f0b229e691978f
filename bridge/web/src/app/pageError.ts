/** A failure of the page itself, by code; `texts.errors` says it in words. */
export class PageError extends Error {
  readonly code: PageErrorCode;
  readonly data: Readonly<Record<string, string | number>>;

  constructor(code: PageErrorCode, data: Readonly<Record<string, string | number>> = {}) {
    super(code);
    this.name = 'PageError';
    this.code = code;
    this.data = data;
  }
}

export type PageErrorCode = 'CONFIG_UNREACHABLE' | 'CONFIG_INVALID' | 'NODE_ABSENT';
