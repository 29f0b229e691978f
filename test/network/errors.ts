/**
 * NOT_REACHED: what a scenario waits for did not come about, for as long as it may take on a slow machine. DIFFERS: two nodes, or a node and L1,
 * have different answers to what must be one. NOT_DONE: a step of the harness itself was refused.
 */
export type CheckErrorCode = 'NOT_REACHED' | 'DIFFERS' | 'NOT_DONE';

export class CheckError extends Error {
  override readonly name = 'CheckError';
  readonly code: CheckErrorCode;

  constructor(code: CheckErrorCode, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.code = code;
  }
}
