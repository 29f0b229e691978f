import type { Clock } from '../../../chain/clock.ts';

/** A clock a test moves; nobody sleeps by it. */
export class ManualClock implements Clock {
  #nowMs = 1_000_000;

  nowMs(): number {
    return this.#nowMs;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }

  async sleep(): Promise<void> {}
}
