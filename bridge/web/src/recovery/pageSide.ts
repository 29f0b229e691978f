import type { Address, PublicClient } from 'viem';
import { RecoveryError } from './errors.ts';
import { refusalOf } from './l1Answers.ts';
import { type Calls, L1_METHODS, type Method, type ToPage, type ToWorker } from './messages.ts';
import type { CoreOptions } from './recoveryCore.ts';
import type { EscapeProof, LedgerOptions, ProveOptions, RecoveredLedger, Recovery } from './types.ts';

/** The parts of a `Worker` used here. */
export interface WorkerLike {
  postMessage(message: ToWorker): void;
  addEventListener(type: 'message', listener: (event: { readonly data: ToPage }) => void): void;
  addEventListener(type: 'error' | 'messageerror', listener: (event: { readonly message?: string }) => void): void;
  terminate(): void;
}

interface Dependencies {
  readonly options: CoreOptions;
  readonly l1: PublicClient;
  startWorker(): WorkerLike;
  /** Default 60,000. */
  readonly l1TimeoutMs?: number;
}

/** A wallet may never answer; calls take turns, so one question without an answer would hold up all later ones. */
const L1_TIMEOUT_MS = 60_000;

interface Pending {
  resolve(result: RecoveredLedger | EscapeProof): void;
  reject(error: RecoveryError): void;
  onProgress(progress: Calls[Method]['progress']): void;
}

interface CallOptions {
  readonly signal?: AbortSignal;
  onProgress?(progress: Calls[Method]['progress']): void;
}

type Call = { [M in Method]: { readonly method: M; readonly argument: Calls[M]['argument'] } }[Method];

/** The page's half: starts the worker, asks L1 for it, keeps count of calls. */
export class PageSide implements Recovery {
  readonly #deps: Dependencies;
  readonly #pending = new Map<number, Pending>();
  #worker: WorkerLike | undefined;
  #lastCall = 0;
  #isStopped = false;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  ledger(owner: Address, options: LedgerOptions = {}): Promise<RecoveredLedger> {
    // The casts: the worker answers a call with what the method gives (workerSide.ts).
    return this.#call({ method: 'ledger', argument: owner }, options as CallOptions) as Promise<RecoveredLedger>;
  }

  prove(index: number, options: ProveOptions = {}): Promise<EscapeProof> {
    return this.#call({ method: 'prove', argument: index }, options as CallOptions) as Promise<EscapeProof>;
  }

  stop(): void {
    this.#isStopped = true;
    this.#end(new RecoveryError('STOPPED'));
  }

  #call(call: Call, { signal, onProgress }: CallOptions): Promise<RecoveredLedger | EscapeProof> {
    return new Promise((resolve, reject) => {
      if (this.#isStopped) throw new RecoveryError('STOPPED');
      if (signal?.aborted) throw new RecoveryError('ABORTED');
      this.#lastCall += 1;
      const id = this.#lastCall;
      const worker = this.#started();
      // A proof cannot be stopped half-way: the worker goes on for a second or two, its result is dropped.
      const onAbort = (): void => {
        worker.postMessage({ type: 'abort', id });
        this.#take(id)?.reject(new RecoveryError('ABORTED'));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const settled = (): void => signal?.removeEventListener('abort', onAbort);
      this.#pending.set(id, {
        resolve: (result) => {
          settled();
          resolve(result);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
        onProgress: (progress) => onProgress?.(progress),
      });
      worker.postMessage({ type: 'call', id, ...call });
    });
  }

  #started(): WorkerLike {
    if (this.#worker !== undefined) return this.#worker;
    const worker = this.#deps.startWorker();
    this.#worker = worker;
    worker.addEventListener('message', ({ data }) => {
      if (this.#worker === worker) this.#onMessage(data, worker);
    });
    const onError = ({ message }: { readonly message?: string }): void => {
      // Its script did not load, or it ran out of memory. The next call begins with a new one.
      if (this.#worker === worker)
        this.#end(new RecoveryError('WORKER_FAILED', { message: (message ?? '').slice(0, 200) }));
    };
    worker.addEventListener('error', onError);
    worker.addEventListener('messageerror', onError);
    worker.postMessage({ type: 'open', options: this.#deps.options });
    return worker;
  }

  #onMessage(message: ToPage, worker: WorkerLike): void {
    switch (message.type) {
      case 'progress':
        this.#pending.get(message.id)?.onProgress(message.progress);
        return;
      case 'done':
        this.#take(message.id)?.resolve(message.result);
        return;
      case 'failed':
        this.#take(message.id)?.reject(new RecoveryError(message.error.code, message.error.data));
        return;
      case 'l1':
        void this.#askL1(message, worker);
    }
  }

  async #askL1({ id, method, params }: Extract<ToPage, { type: 'l1' }>, worker: WorkerLike): Promise<void> {
    let answer: ToWorker;
    try {
      if (!L1_METHODS.includes(method)) throw new RecoveryError('INTERNAL', { method });
      // The cast: viem types each method by itself, and these were made by viem in the worker.
      const request = { method, params } as Parameters<PublicClient['request']>[0];
      const limit = this.#deps.l1TimeoutMs ?? L1_TIMEOUT_MS;
      answer = { type: 'l1Answer', id, result: await within(limit, this.#deps.l1.request(request)) };
    } catch (error) {
      answer = { type: 'l1Refusal', id, refusal: refusalOf(error) };
    }
    if (this.#worker === worker) worker.postMessage(answer);
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #end(error: RecoveryError): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(error);
  }
}

/** @throws RecoveryError L1_UNREACHABLE */
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RecoveryError('L1_UNREACHABLE', { milliseconds })), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
