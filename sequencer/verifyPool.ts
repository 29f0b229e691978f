import type { Worker } from 'node:worker_threads';
import { tsWorker } from '../circuits/build/tsWorker.ts';
import type { SignedMessage } from '../protocol/crypto/eddsa.ts';
import { verifyMany } from '../protocol/crypto/eddsa.ts';
import { SequencerError } from './errors.ts';

/** A thread gets its share of a request in several portions, so that a slow one does not hold up the rest. */
const PORTIONS = 4;
const MAX_PORTION = 64;

interface Job {
  readonly items: readonly SignedMessage[];
  resolve(verdicts: boolean[]): void;
  reject(error: unknown): void;
}

interface Thread {
  readonly worker: Worker;
  job: Job | undefined;
}

/**
 * Verifies signatures on worker threads. Verdicts are those of `verify`; a thread that dies is replaced and its portion
 * is verified here, so callers never see it. Threads keep the process alive until `stop()`.
 */
export class VerifyPool {
  readonly #threadCount: number;
  readonly #threads: Thread[] = [];
  readonly #queue: Job[] = [];
  #isStopped = false;

  constructor(options: { readonly threads: number }) {
    this.#threadCount = Math.max(1, Math.floor(options.threads));
    while (this.#threads.length < this.#threadCount) this.#start();
  }

  /** Verdicts in the order of the items. @throws SequencerError STOPPED */
  async verifyMany(items: readonly SignedMessage[]): Promise<boolean[]> {
    const portion = Math.min(MAX_PORTION, Math.max(1, Math.ceil(items.length / (PORTIONS * this.#threadCount))));
    const parts: Promise<boolean[]>[] = [];
    for (let from = 0; from < items.length; from += portion)
      parts.push(this.#submit(items.slice(from, from + portion)));
    return (await Promise.all(parts)).flat();
  }

  /** Ends the threads; what is under way is rejected with STOPPED. Can be called twice. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const jobs = this.#threads.flatMap(({ job }) => job ?? []).concat(this.#queue.splice(0));
    for (const job of jobs) job.reject(new SequencerError('STOPPED'));
    await Promise.all(this.#threads.splice(0).map(({ worker }) => worker.terminate()));
  }

  #submit(items: readonly SignedMessage[]): Promise<boolean[]> {
    return new Promise((resolve, reject) => {
      if (this.#isStopped) {
        reject(new SequencerError('STOPPED'));
        return;
      }
      this.#queue.push({ items, resolve, reject });
      this.#dispatch();
    });
  }

  #dispatch(): void {
    while (this.#queue.length > 0 && this.#threads.length < this.#threadCount) this.#start();
    for (const thread of this.#threads) {
      if (thread.job !== undefined) continue;
      const job = this.#queue.shift();
      if (job === undefined) return;
      thread.job = job;
      thread.worker.postMessage(job.items);
    }
  }

  #start(): void {
    const worker = tsWorker(new URL('./verifyWorker.ts', import.meta.url), undefined);
    const thread: Thread = { worker, job: undefined };
    this.#threads.push(thread);
    worker.on('message', (verdicts: boolean[]) => {
      thread.job?.resolve(verdicts);
      thread.job = undefined;
      this.#dispatch();
    });
    // 'exit' follows every 'error'; without a listener an 'error' would end the process.
    worker.on('error', () => undefined);
    worker.on('exit', () => this.#replace(thread));
  }

  #replace(thread: Thread): void {
    const at = this.#threads.indexOf(thread);
    if (at < 0) return;
    this.#threads.splice(at, 1);
    const { job } = thread;
    thread.job = undefined;
    try {
      if (job !== undefined) job.resolve(verifyMany(job.items));
    } catch (error) {
      job?.reject(error);
    }
    this.#dispatch();
  }
}
