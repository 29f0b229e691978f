import type { Clock } from '../../chain/clock.ts';

/** Lets `perSecond` units through a second, and up to `burst` at once after a pause. */
export class RateBucket {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #clock: Clock;
  #tokens: number;
  #seenMs: number;

  constructor(rate: { perSecond: number; burst: number }, deps: { clock: Clock }) {
    this.#perMs = rate.perSecond / 1_000;
    this.#burst = rate.burst;
    this.#clock = deps.clock;
    this.#tokens = rate.burst;
    this.#seenMs = deps.clock.nowMs();
  }

  /** Takes `units` if that many are there; a unit larger than the burst is let through when the bucket is full. */
  take(units = 1): boolean {
    this.#refill();
    if (this.#tokens < Math.min(units, this.#burst)) return false;
    this.#tokens -= units;
    return true;
  }

  /** Takes `units` in advance and says how long to wait until they are there. */
  waitMs(units: number): number {
    this.#refill();
    this.#tokens -= units;
    return this.#tokens >= 0 ? 0 : Math.ceil(-this.#tokens / this.#perMs);
  }

  #refill(): void {
    const now = this.#clock.nowMs();
    // A clock set back gives nothing, and takes nothing.
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, now - this.#seenMs) * this.#perMs);
    this.#seenMs = now;
  }
}
