import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Audit, Execution, ExecutionFacts } from './executionDocument.ts';
import { executionOf } from './executionDocument.ts';
import { ExecutionError } from './executionError.ts';
import { RunnerThread } from './runnerThread.ts';
import type { RuntimeBinary } from './runtimeBinary.ts';
import { runtimeBinary } from './runtimeBinary.ts';
import type { TensorSpec } from './tensors.ts';
import { DEFAULT_MAX_TENSOR_BYTES } from './tensors.ts';
import type { LoadedModel } from './workerMessages.ts';

export interface ModelRunnerOptions {
  /** Threads, and so runs at the same time. Default 1. */
  readonly workers?: number;
  /** Default 256 MiB. */
  readonly maxModelBytes?: number;
  /** Default 16 MiB each. */
  readonly maxInputBytes?: number;
  readonly maxOutputBytes?: number;
  /** What the runtime of one thread may take in all, the model included. Default 1 GiB. */
  readonly maxMemoryBytes?: number;
  /** Runs that may wait for a thread. Default 1,024. */
  readonly maxQueued?: number;
  /** After this a run has hung and its thread is replaced. Default 60 s. */
  readonly runTimeoutMs?: number;
  readonly loadTimeoutMs?: number;
  /** Threads inside the runtime, for tests: the execution document of everybody else says 1. */
  readonly threads?: number;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** At most the runner's own limit. */
  readonly maxOutputBytes?: number;
}

interface Run {
  readonly input: Uint8Array<ArrayBuffer>;
  readonly maxOutputBytes: number;
  readonly signal: AbortSignal | undefined;
  thread: RunnerThread | undefined;
  resolve(output: Uint8Array): void;
  reject(error: unknown): void;
}

interface RunnerParts {
  readonly model: Uint8Array;
  readonly sha256: Uint8Array;
  readonly runtime: RuntimeBinary;
}

const DEFAULTS = {
  workers: 1,
  maxModelBytes: 256 * 2 ** 20,
  maxInputBytes: DEFAULT_MAX_TENSOR_BYTES,
  maxOutputBytes: DEFAULT_MAX_TENSOR_BYTES,
  maxMemoryBytes: 2 ** 30,
  maxQueued: 1024,
  runTimeoutMs: 60_000,
  loadTimeoutMs: 60_000,
  threads: 1,
} as const satisfies Required<ModelRunnerOptions>;
/** A run that nobody waits for any more may go on for this long before its thread is given up. */
const ABORT_GRACE_MS = 2_000;

/** Runs one model on worker threads. Same model, same input: same bytes. Threads keep the process alive until `close()`. */
export class ModelRunner {
  readonly sha256: Uint8Array;
  readonly #options: Required<ModelRunnerOptions>;
  readonly #model: Uint8Array;
  readonly #runtime: RuntimeBinary;
  readonly #threads: RunnerThread[] = [];
  readonly #queue: Run[] = [];
  #loaded: LoadedModel | undefined;
  #isClosed = false;

  private constructor(options: Required<ModelRunnerOptions>, { model, sha256, runtime }: RunnerParts) {
    this.#options = options;
    this.#model = model;
    this.sha256 = sha256;
    this.#runtime = runtime;
  }

  /** @throws ExecutionError MODEL_INVALID, MODEL_TOO_LARGE; RUN_FAILED if the runtime is missing */
  static async load(file: string | Uint8Array, options: ModelRunnerOptions = {}): Promise<ModelRunner> {
    const all = { ...DEFAULTS, ...options };
    const bytes = typeof file === 'string' ? await readModel(file, all.maxModelBytes) : file;
    refuseLarge(bytes.length, all.maxModelBytes);
    // Before anything is waited for: the caller may change its bytes meanwhile.
    const model = new Uint8Array(new SharedArrayBuffer(bytes.length));
    model.set(bytes);
    const sha256 = new Uint8Array(createHash('sha256').update(bytes).digest());
    const runner = new ModelRunner(all, { model, sha256, runtime: await runtimeBinary() });
    runner.#fill();
    try {
      const [loaded] = await Promise.all(runner.#threads.map((thread) => thread.loaded));
      runner.#loaded = loaded;
      return runner;
    } catch (error) {
      await runner.close();
      throw error instanceof ExecutionError && error.code === 'RUN_FAILED'
        ? new ExecutionError('MODEL_INVALID', 'the model did not load', error.data, { cause: error })
        : error;
    }
  }

  get inputs(): readonly TensorSpec[] {
    return this.#facts.inputs;
  }

  get outputs(): readonly TensorSpec[] {
    return this.#facts.outputs;
  }

  /** What a receipt of this runner says about how it ran. */
  execution(audit: Audit): Execution {
    const { runtimeVersion } = this.#facts;
    const { threads } = this.#options;
    const wasmSha256 = this.#runtime.sha256;
    const facts: ExecutionFacts = { modelSha256: this.sha256, wasmSha256, runtimeVersion, threads };
    return executionOf(facts, audit);
  }

  /** Tensors' bytes in, tensors' bytes out. @throws ExecutionError BAD_TENSOR, INPUT_TOO_LARGE, OUTPUT_TOO_LARGE, RUN_FAILED, ABORTED, BUSY, CLOSED */
  async run(input: Uint8Array, { signal, maxOutputBytes }: RunOptions = {}): Promise<Uint8Array> {
    const { maxInputBytes, maxQueued } = this.#options;
    if (this.#isClosed) throw closed();
    if (signal?.aborted === true) throw aborted(signal);
    if (input.length > maxInputBytes) {
      throw new ExecutionError('INPUT_TOO_LARGE', 'the input is over the limit', {
        bytes: input.length,
        maxInputBytes,
      });
    }
    const limit = Math.min(maxOutputBytes ?? Number.POSITIVE_INFINITY, this.#options.maxOutputBytes);
    this.#fill();
    const isFree = this.#threads.some(({ state }) => state === 'idle');
    if (!isFree && this.#queue.length >= maxQueued) {
      throw new ExecutionError('BUSY', 'too many runs wait', { maxQueued });
    }
    return await new Promise((resolve, reject) => {
      const abort = () => this.#abort(run);
      const ends = settled(resolve, reject, () => signal?.removeEventListener('abort', abort));
      // A copy: the caller may use its buffer again while this run waits. And only these bytes of it: a Buffer may be part of a larger one.
      const run: Run = { input: new Uint8Array(input), maxOutputBytes: limit, signal, thread: undefined, ...ends };
      signal?.addEventListener('abort', abort);
      this.#queue.push(run);
      this.#dispatch();
    });
  }

  /** Ends the threads; what is under way is rejected with CLOSED. Can be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const run of this.#queue.splice(0)) run.reject(closed());
    await Promise.all(this.#threads.splice(0).map((thread) => thread.stop(closed())));
  }

  get #facts(): LoadedModel {
    if (this.#loaded === undefined) throw closed(); // load() gives nobody a runner before it knows
    return this.#loaded;
  }

  /** Starts the threads that are missing. */
  #fill(): void {
    const { workers, maxMemoryBytes, threads, loadTimeoutMs, runTimeoutMs } = this.#options;
    while (!this.#isClosed && this.#threads.length < workers) {
      const setup = { model: this.#model, runtime: this.#runtime.bytes, maxMemoryBytes, threads };
      this.#threads.push(
        new RunnerThread({ setup, loadTimeoutMs, runTimeoutMs }, { onChange: (thread) => this.#changed(thread) }),
      );
    }
  }

  #changed(thread: RunnerThread): void {
    if (thread.state === 'ended') {
      const at = this.#threads.indexOf(thread);
      if (at >= 0) this.#threads.splice(at, 1);
      thread.loaded.then(
        () => this.#dispatch(),
        (error: unknown) => this.#notLoaded(error),
      );
      return;
    }
    this.#dispatch();
  }

  /** A new thread for a model that others have loaded did not start. Who waits hears of it, the next run tries again. */
  #notLoaded(cause: unknown): void {
    if (this.#threads.length > 0) return;
    const error = new ExecutionError('RUN_FAILED', 'no thread starts', { reason: 'start' }, { cause });
    for (const run of this.#queue.splice(0)) run.reject(error);
  }

  #dispatch(): void {
    if (this.#queue.length > 0) this.#fill();
    for (const thread of this.#threads.filter(({ state }) => state === 'idle')) {
      const run = this.#queue.shift();
      if (run === undefined) return;
      run.thread = thread;
      thread.run(run.input, run.maxOutputBytes).then(run.resolve, run.reject);
    }
  }

  #abort(run: Run): void {
    const at = this.#queue.indexOf(run);
    if (at >= 0) this.#queue.splice(at, 1);
    run.thread?.hurry(ABORT_GRACE_MS);
    run.reject(aborted(run.signal));
  }
}

/** Both ends of a promise, with what has to be done at either. */
function settled(
  resolve: (output: Uint8Array) => void,
  reject: (error: unknown) => void,
  atEnd: () => void,
): Pick<Run, 'resolve' | 'reject'> {
  return {
    resolve: (output) => {
      atEnd();
      resolve(output);
    },
    reject: (error) => {
      atEnd();
      reject(error);
    },
  };
}

async function readModel(path: string, maxModelBytes: number): Promise<Uint8Array> {
  try {
    refuseLarge((await stat(path)).size, maxModelBytes);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof ExecutionError) throw cause;
    throw new ExecutionError('MODEL_INVALID', 'the file cannot be read', { path }, { cause });
  }
}

function refuseLarge(bytes: number, maxModelBytes: number): void {
  if (bytes <= maxModelBytes) return;
  throw new ExecutionError('MODEL_TOO_LARGE', 'the model is over the limit', { bytes, maxModelBytes });
}

function closed(): ExecutionError {
  return new ExecutionError('CLOSED', 'the runner was closed');
}

function aborted(signal: AbortSignal | undefined): ExecutionError {
  return new ExecutionError('ABORTED', 'nobody waits for it any more', {}, { cause: signal?.reason });
}
