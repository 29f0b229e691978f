import type { Clock } from './clock.ts';

/** A loop's sleep that others can cut short. A call that comes while the loop is busy makes the next sleep return at once. */
export class Pause {
  readonly #clock: Clock;
  #sleeping: AbortController | undefined;
  #isWoken = false;

  constructor(deps: { clock: Clock }) {
    this.#clock = deps.clock;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const sleeping = new AbortController();
    if (this.#isWoken || signal.aborted) sleeping.abort();
    this.#sleeping = sleeping;
    const end = (): void => sleeping.abort();
    signal.addEventListener('abort', end, { once: true });
    await this.#clock.sleep(ms, sleeping.signal);
    signal.removeEventListener('abort', end);
    this.#sleeping = undefined;
    this.#isWoken = false;
  }

  wake(): void {
    this.#isWoken = true;
    this.#sleeping?.abort();
  }
}
