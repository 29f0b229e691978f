import type { ErrorData } from '../chain/errors.ts';

/**
 * CANCELLED: by the caller's AbortSignal.
 * WITNESS_FAILED: the batch does not satisfy the circuit; trying again gives the same. PROVE_FAILED: the backend gave up.
 * BACKEND_DIED: its process ended (killed, out of memory).
 * PROOF_INVALID: the verifying key refuses the proof. WRONG_STATEMENT: a valid proof, but not of this batch.
 * WRONG_CIRCUIT: the artifacts are for another shape. UNKNOWN_JOB: no such job, or not in the state the call needs.
 */
export type ProverErrorCode =
  | 'CANCELLED'
  | 'WITNESS_FAILED'
  | 'PROVE_FAILED'
  | 'BACKEND_DIED'
  | 'PROOF_INVALID'
  | 'WRONG_STATEMENT'
  | 'WRONG_CIRCUIT'
  | 'UNKNOWN_JOB';

export class ProverError extends Error {
  override readonly name = 'ProverError';
  readonly code: ProverErrorCode;
  readonly data: ErrorData;

  constructor(code: ProverErrorCode, data: ErrorData = {}, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
    this.data = data;
  }
}
