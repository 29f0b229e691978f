export type CircuitErrorCode =
  | 'ABORTED'
  | 'CEREMONY_INVALID'
  | 'COMPILE_FAILED'
  | 'DEV_KEY_REFUSED'
  | 'GAMMA_EQUALS_DELTA'
  | 'KEYS_FAILED'
  | 'KEYS_MISMATCH'
  | 'PTAU_INVALID'
  | 'R1CS_MALFORMED'
  | 'SOURCE_MISSING'
  | 'UNKNOWN_CIRCUIT'
  | 'VKEY_MALFORMED'
  | 'ZKEY_MALFORMED';

/** Everything that building circuits and keys can refuse; `data` names the file or value at fault. */
export class CircuitError extends Error {
  readonly code: CircuitErrorCode;
  readonly data: Readonly<Record<string, string | number>>;

  constructor(
    code: CircuitErrorCode,
    message: string,
    data: Readonly<Record<string, string | number>> = {},
    options?: { cause?: unknown },
  ) {
    super(`${code}: ${message}`, options);
    this.name = 'CircuitError';
    this.code = code;
    this.data = data;
  }
}

/** Throws `ABORTED` if the caller has cancelled. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new CircuitError('ABORTED', 'cancelled by the caller', {}, { cause: signal.reason });
}
