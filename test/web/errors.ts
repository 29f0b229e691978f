/**
 * NOT_REACHED: what a scenario waits for did not come about, for as long as it may take on a slow machine. DIFFERS: the page, the node
 * and L1 have different answers to what must be one. BROKEN_PAGE: the page itself failed, or tried what its policy forbids.
 * NO_BROWSER: there is no Chromium here. NOT_DONE: a step of the harness itself was refused.
 */
export type WebCheckErrorCode = 'NOT_REACHED' | 'DIFFERS' | 'BROKEN_PAGE' | 'NO_BROWSER' | 'NOT_DONE';

export class WebCheckError extends Error {
  override readonly name = 'WebCheckError';
  readonly code: WebCheckErrorCode;

  constructor(code: WebCheckErrorCode, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.code = code;
  }
}

/** @throws WebCheckError DIFFERS */
export function same<T>(what: string, found: T, expected: T): void {
  const [x, y] = [shown(found), shown(expected)];
  if (x !== y) throw new WebCheckError('DIFFERS', `${what}: ${y} expected, ${x} found`);
}

function shown(value: unknown): string {
  return JSON.stringify(value, (_key, member) => (typeof member === 'bigint' ? `${member}n` : member)) ?? 'undefined';
}
