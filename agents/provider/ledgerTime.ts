import type { Clock } from '../../chain/clock.ts';

/**
 * The ledger's clock, by which channels expire: this computer's, moved by what the node last said it was. While the node is away it goes
 * on by itself.
 */
export class LedgerTime {
  readonly #clock: Clock;
  #offset = 0;

  constructor(deps: { readonly clock: Clock }) {
    this.#clock = deps.clock;
  }

  /** @param time seconds, as the node says */
  set(time: number): void {
    this.#offset = time - Math.floor(this.#clock.nowMs() / 1000);
  }

  /** Seconds. */
  now(): number {
    return Math.floor(this.#clock.nowMs() / 1000) + this.#offset;
  }
}
