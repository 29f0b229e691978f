import type { TransferListItem, Worker } from 'node:worker_threads';

export interface WorkerThread<Job> {
  readonly worker: Worker;
  job: Job | undefined;
}

export interface WorkerThreadsDeps<Job, Answer> {
  readonly startThread: () => Worker;
  /** The thread is free again. */
  readonly onAnswer: (job: Job | undefined, answer: Answer) => void;
  /** A thread died; `job` is what it had. A new one is started by `fill`. */
  readonly onDeath: (job: Job | undefined) => void;
}

/** Up to a number of worker threads with a job each at most. They keep the process alive until `stop()`. */
export class WorkerThreads<Job, Answer> {
  readonly #count: number;
  readonly #deps: WorkerThreadsDeps<Job, Answer>;
  readonly #threads: WorkerThread<Job>[] = [];

  constructor(options: { readonly count: number }, deps: WorkerThreadsDeps<Job, Answer>) {
    this.#count = options.count;
    this.#deps = deps;
  }

  /** Starts the threads that are missing. */
  fill(): void {
    while (this.#threads.length < this.#count) this.#start();
  }

  get idle(): readonly WorkerThread<Job>[] {
    return this.#threads.filter(({ job }) => job === undefined);
  }

  /** What is under way. */
  get jobs(): readonly Job[] {
    return this.#threads.flatMap(({ job }) => (job === undefined ? [] : [job]));
  }

  give(thread: WorkerThread<Job>, job: Job, message: unknown, transfer: readonly TransferListItem[] = []): void {
    thread.job = job;
    thread.worker.postMessage(message, transfer);
  }

  /** Ends the threads; nobody hears of their jobs any more. Can be called twice. */
  async stop(): Promise<void> {
    await Promise.all(this.#threads.splice(0).map(({ worker }) => worker.terminate()));
  }

  #start(): void {
    const worker = this.#deps.startThread();
    const thread: WorkerThread<Job> = { worker, job: undefined };
    this.#threads.push(thread);
    worker.on('message', (answer: Answer) => {
      const { job } = thread;
      thread.job = undefined;
      this.#deps.onAnswer(job, answer);
    });
    // 'exit' follows every 'error'; without a listener an 'error' would end the process.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      const at = this.#threads.indexOf(thread);
      if (at < 0) return;
      this.#threads.splice(at, 1);
      this.#deps.onDeath(thread.job);
    });
  }
}
