/**
 * STATE_UNAVAILABLE: the state could not be read or written (a database error, an account that genesis must have is missing).
 * UNEXPECTED: a handler failed in a way that its rules do not foresee.
 */
export type PrecompileFaultCode = 'STATE_UNAVAILABLE' | 'UNEXPECTED';

/**
 * Not the transaction's fault, so no EVM error: another node might get through. Whoever executes must stop, and start again from the
 * last stored root; the cause is what failed.
 */
export class PrecompileFault extends Error {
  override readonly name = 'PrecompileFault';
  readonly code: PrecompileFaultCode;

  constructor(code: PrecompileFaultCode, options: { cause: unknown }) {
    super(code, options);
    this.code = code;
  }
}
