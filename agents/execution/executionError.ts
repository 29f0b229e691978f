/**
 * MODEL_INVALID: no ONNX model, one that cannot give the same bytes twice (dice, files beside it), or types that tensors here do not have.
 * MODEL_TOO_LARGE: the file is over `maxModelBytes`.
 * BAD_TENSOR: bytes that are no tensors, or not the tensors the model takes.
 * INPUT_TOO_LARGE, OUTPUT_TOO_LARGE: over the limit given.
 * RUN_FAILED: the model refused this input, hung, ran out of memory or took its thread with it; `data.reason` says which.
 * ABORTED: the caller's signal. BUSY: `maxQueued` runs wait already. CLOSED: the runner was closed.
 */
export type ExecutionErrorCode =
  | 'MODEL_INVALID'
  | 'MODEL_TOO_LARGE'
  | 'BAD_TENSOR'
  | 'INPUT_TOO_LARGE'
  | 'OUTPUT_TOO_LARGE'
  | 'RUN_FAILED'
  | 'ABORTED'
  | 'BUSY'
  | 'CLOSED';

export type ExecutionErrorData = Readonly<Record<string, string | number>>;

/** The only error that agents/execution throws on purpose. */
export class ExecutionError extends Error {
  override readonly name = 'ExecutionError';
  readonly code: ExecutionErrorCode;
  readonly data: ExecutionErrorData;

  constructor(code: ExecutionErrorCode, message: string, data: ExecutionErrorData = {}, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.code = code;
    this.data = data;
  }
}
