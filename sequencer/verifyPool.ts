import { tsWorker } from '../circuits/build/tsWorker.ts';
import type { SignedMessage } from '../protocol/crypto/eddsa.ts';
import { verifyMany } from '../protocol/crypto/eddsa.ts';
import { SequencerError } from './errors.ts';
import { WorkerThreads } from './workerThreads.ts';

/** A thread gets its share of a request in several portions, so that a slow one does not hold up the rest. */
const PORTIONS = 4;
const MAX_PORTION = 64;

interface Job {
  readonly items: readonly SignedMessage[];
  resolve(verdicts: boolean[]): void;
  reject(error: unknown): void;
}

/**
 * Verifies signatures on worker threads. Verdicts are those of `verify`; a thread that dies is replaced and its portion
 * is verified here, so callers never see it. Threads keep the process alive until `stop()`.
 */
export class VerifyPool {
  readonly #threadCount: number;
  readonly #threads: WorkerThreads<Job, boolean[]>;
  readonly #queue: Job[] = [];
  #isStopped = false;

  constructor(options: { readonly threads: number }) {
    this.#threadCount = Math.max(1, Math.floor(options.threads));
    this.#threads = new WorkerThreads(
      { count: this.#threadCount },
      {
        startThread: () => tsWorker(new URL('./verifyWorker.ts', import.meta.url), undefined),
        onAnswer: (job, verdicts) => {
          job?.resolve(verdicts);
          this.#dispatch();
        },
        onDeath: (job) => {
          if (job !== undefined) verifyHere(job);
          this.#dispatch();
        },
      },
    );
    this.#threads.fill();
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
    for (const job of [...this.#threads.jobs, ...this.#queue.splice(0)]) job.reject(new SequencerError('STOPPED'));
    await this.#threads.stop();
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
    if (this.#queue.length > 0) this.#threads.fill();
    for (const thread of this.#threads.idle) {
      const job = this.#queue.shift();
      if (job === undefined) return;
      this.#threads.give(thread, job, job.items);
    }
  }
}

function verifyHere(job: Job): void {
  try {
    job.resolve(verifyMany(job.items));
  } catch (error) {
    job.reject(error);
  }
}
