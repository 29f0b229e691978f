import type { Worker } from 'node:worker_threads';
import { tsWorker } from '../../circuits/build/tsWorker.ts';
import { ExecutionError } from './executionError.ts';
import type { LoadedModel, Refusal, WorkerAnswer, WorkerSetup } from './workerMessages.ts';

/** loading → idle ⇄ busy → ended. A thread that hung, crashed or was stopped is ended and never comes back. */
export type ThreadState = 'loading' | 'idle' | 'busy' | 'ended';

export interface RunnerThreadOptions {
  readonly setup: WorkerSetup;
  readonly loadTimeoutMs: number;
  readonly runTimeoutMs: number;
}

export interface RunnerThreadDeps {
  /** Its state changed to idle or ended; called after whoever waits was told. */
  readonly onChange: (thread: RunnerThread) => void;
}

interface Waiting {
  resolve(value: LoadedModel | Uint8Array): void;
  reject(error: ExecutionError): void;
}

/** One worker thread with one model. Keeps the process alive until it ends. */
export class RunnerThread {
  /** @throws ExecutionError MODEL_INVALID, RUN_FAILED, CLOSED */
  readonly loaded: Promise<LoadedModel>;
  readonly #options: RunnerThreadOptions;
  readonly #deps: RunnerThreadDeps;
  readonly #worker: Worker;
  #state: ThreadState = 'loading';
  #waiting: Waiting | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RunnerThreadOptions, deps: RunnerThreadDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#worker = tsWorker(new URL('./modelWorker.ts', import.meta.url), options.setup);
    this.#worker.on('message', (answer: WorkerAnswer) => this.#hear(answer));
    this.#worker.on('error', (cause) => this.#end(failure('crash', { cause })));
    this.#worker.on('exit', () => this.#end(failure('crash')));
    this.loaded = this.#wait(options.loadTimeoutMs) as Promise<LoadedModel>; // the first answer of a thread
    this.loaded.catch(() => undefined); // a thread that replaces another has nobody who waits for it
  }

  get state(): ThreadState {
    return this.#state;
  }

  /** The input is given away. @throws ExecutionError */
  run(input: Uint8Array<ArrayBuffer>, maxOutputBytes: number): Promise<Uint8Array> {
    this.#state = 'busy';
    const output = this.#wait(this.#options.runTimeoutMs) as Promise<Uint8Array>; // what a run is answered with
    this.#worker.postMessage({ input, maxOutputBytes }, [input.buffer]);
    return output;
  }

  /** Nobody wants the answer any more: the run has this long to end by itself. A new thread costs more than most runs. */
  hurry(ms: number): void {
    if (this.#state === 'busy') this.#setTimer(Math.min(ms, this.#options.runTimeoutMs));
  }

  async stop(error: ExecutionError): Promise<void> {
    this.#end(error);
    await this.#worker.terminate();
  }

  #wait(timeoutMs: number): Promise<LoadedModel | Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#setTimer(timeoutMs);
    });
  }

  #setTimer(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(failure('timeout', {}, ms)), ms);
  }

  #hear(answer: WorkerAnswer): void {
    if (this.#state === 'ended') return;
    if (answer.kind === 'broken' || (answer.kind === 'refused' && this.#state === 'loading')) {
      this.#end(errorOf(answer.refusal));
      return;
    }
    clearTimeout(this.#timer);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#state = 'idle';
    if (answer.kind === 'refused') waiting?.reject(errorOf(answer.refusal));
    else waiting?.resolve(answer.kind === 'loaded' ? answer.loaded : answer.output);
    this.#deps.onChange(this);
  }

  #end(error: ExecutionError): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    clearTimeout(this.#timer);
    void this.#worker.terminate();
    this.#waiting?.reject(error);
    this.#waiting = undefined;
    this.#deps.onChange(this);
  }
}

function errorOf({ code, message, data }: Refusal): ExecutionError {
  return new ExecutionError(code, message, data);
}

function failure(reason: 'crash' | 'timeout', options: ErrorOptions = {}, ms?: number): ExecutionError {
  const message = reason === 'timeout' ? 'the model did not come to an end' : 'the thread of the model died';
  return new ExecutionError('RUN_FAILED', message, { reason, ...(ms !== undefined && { ms }) }, options);
}
