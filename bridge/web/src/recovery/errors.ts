export type RecoveryErrorCode =
  /** L1 cannot be asked. */
  | 'L1_UNREACHABLE'
  /** The endpoint is of another chain than the page is for: `expected`, `found` chain ids. */
  | 'WRONG_L1'
  /** No rollup of this chain at the address. */
  | 'NOT_A_ROLLUP'
  /** The endpoint answers no question about logs, not even for `blocks` blocks: another endpoint is needed. */
  | 'L1_LOGS_REFUSED'
  /** The endpoint does not have (any more) what batch `batch` of `of` posted: an endpoint with the whole history is needed. */
  | 'L1_HISTORY_MISSING'
  /** What the endpoint says contradicts itself: it is broken, or it lies. */
  | 'L1_CONTRADICTS'
  /** No account `index` in the last proven batch. */
  | 'UNKNOWN_ACCOUNT'
  /** This page has no files to make account proofs with: the command line has. */
  | 'NO_ARTIFACTS'
  /** `file` cannot be had. */
  | 'ARTIFACT_UNREACHABLE'
  /** `file` is not what it should be (cut off, another file, another circuit). */
  | 'ARTIFACT_INVALID'
  /** L1 would not take the proof; `reason` is the contract's error. */
  | 'PROOF_REFUSED'
  /** It has left already. */
  | 'AlreadyEscaped'
  | 'ABORTED'
  /** `stop` was called. */
  | 'STOPPED'
  /** The worker could not be started, or died. */
  | 'WORKER_FAILED'
  /** A defect of the page. */
  | 'INTERNAL';

export type RecoveryErrorData = Readonly<Record<string, string | number | bigint>>;

/** What recovery throws on purpose; crosses from the worker to the page by value. */
export class RecoveryError extends Error {
  override readonly name = 'RecoveryError';
  readonly code: RecoveryErrorCode;
  readonly data: RecoveryErrorData;

  constructor(code: RecoveryErrorCode, data: RecoveryErrorData = {}, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
    this.data = data;
  }
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new RecoveryError('ABORTED');
}
