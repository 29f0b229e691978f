/** What a ModelRunner and its threads say to each other. */
import type { ExecutionErrorCode, ExecutionErrorData } from './executionError.ts';
import type { TensorSpec } from './tensors.ts';

/** A thread's `workerData`. */
export interface WorkerSetup {
  /** On shared memory: all threads of a runner look at one copy. */
  readonly model: Uint8Array;
  /** The WebAssembly to run it, likewise. */
  readonly runtime: Uint8Array;
  readonly maxMemoryBytes: number;
  readonly threads: number;
}

export interface RunRequest {
  readonly input: Uint8Array;
  readonly maxOutputBytes: number;
}

/** What a thread finds out when it loads the model. */
export interface LoadedModel {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly runtimeVersion: string;
}

export interface Refusal {
  readonly code: ExecutionErrorCode;
  readonly message: string;
  readonly data: ExecutionErrorData;
}

export type WorkerAnswer =
  | { readonly kind: 'loaded'; readonly loaded: LoadedModel }
  | { readonly kind: 'output'; readonly output: Uint8Array }
  /** The thread is as good as before. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The thread must not be used again. */
  | { readonly kind: 'broken'; readonly refusal: Refusal };
