/** Lets `perMinute` actions through a minute, and at once as many as a minute allows; refuses what is above. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #capacity: number;
  readonly #nowMs: () => number;
  #tokens: number;
  #seenMs: number;

  constructor(perMinute: number, nowMs: () => number = () => performance.now()) {
    this.#perMs = perMinute / 60_000;
    this.#capacity = perMinute;
    this.#tokens = perMinute;
    this.#nowMs = nowMs;
    this.#seenMs = nowMs();
  }

  take(): boolean {
    const now = this.#nowMs();
    this.#tokens = Math.min(this.#capacity, this.#tokens + (now - this.#seenMs) * this.#perMs);
    this.#seenMs = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
