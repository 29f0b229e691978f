import { ProviderError } from './providerError.ts';

/** How many requests run, and how many wait; whoever finds no place is told when to come again. */
export class Gate {
  readonly #concurrency: number;
  readonly #queue: number;
  readonly #nowMs: () => number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  /** Moving average of a run. */
  #runMs = 50;

  constructor(
    limits: { readonly concurrency: number; readonly queue: number },
    deps: { readonly nowMs: () => number },
  ) {
    this.#concurrency = limits.concurrency;
    this.#queue = limits.queue;
    this.#nowMs = deps.nowMs;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Nobody waits and there is a free place: what free calls need, so that they never hold up who pays. */
  get isIdle(): boolean {
    return this.#running < this.#concurrency;
  }

  /** @throws ProviderError BUSY */
  check(): void {
    if (this.#running < this.#concurrency || this.#waiting.length < this.#queue) return;
    const retryAfter = Math.max(1, Math.ceil((this.#waiting.length * this.#runMs) / this.#concurrency / 1000));
    throw new ProviderError('BUSY', 'all places are taken', { retryAfter });
  }

  /** Runs `work` when a place is free. The place in the queue is taken before anything is awaited. @throws ProviderError BUSY; as `work` */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.check();
    if (this.#running >= this.#concurrency) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    const start = this.#nowMs();
    try {
      return await work();
    } finally {
      this.#runMs += (this.#nowMs() - start - this.#runMs) / 16;
      // Whoever waits takes the place over: nobody can come between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
