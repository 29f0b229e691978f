/** UNEXPECTED: a handler failed in a way that its rules do not foresee; the cause says how. */
export type PrecompileFaultCode = 'UNEXPECTED';

/** A defect of this program or of the machine, and no EVM error: another node might get through. Whoever executes must not include the call. */
export class PrecompileFault extends Error {
  override readonly name = 'PrecompileFault';
  readonly code: PrecompileFaultCode;

  constructor(code: PrecompileFaultCode, options: { cause: unknown }) {
    super(code, options);
    this.code = code;
  }
}
