/** Time is injected everywhere above protocol/, so that tests move it by hand. */
export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Resolves after `ms`, or as soon as `signal` aborts (it never rejects: the caller looks at its signal). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
    }),
};

/** A clock that can be set forward, for development networks. What sleeps is not woken: pauses are of real time. */
export class ShiftableClock implements Clock {
  readonly #base: Clock;
  #aheadMs: number;

  constructor(base: Clock, aheadMs = 0) {
    this.#base = base;
    this.#aheadMs = aheadMs;
  }

  nowMs(): number {
    return this.#base.nowMs() + this.#aheadMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#base.sleep(ms, signal);
  }

  /** @param ms not negative: time never goes back */
  advance(ms: number): void {
    this.#aheadMs += Math.max(0, ms);
  }
}
