import type { Clock } from '../chain/clock.ts';
import type { L1Port, L1QueueItem } from './l1Port.ts';

export interface QueueFeedOptions {
  /** How many L1 blocks bury an item before it may enter an L2 block; deeper reorgs than this invalidate L2 blocks. Default 2. */
  readonly l1Confirmations?: number;
  /** Items kept ready. Default 256. */
  readonly maxItems?: number;
}

/**
 * Confirmed items of L1's queue, read ahead, so that building a block never waits for L1. Holds nothing that L1 and the chain
 * store could not give again.
 */
export class QueueFeed {
  readonly #confirmations: number;
  readonly #maxItems: number;
  readonly #l1: Pick<L1Port, 'state' | 'queueItems'>;
  readonly #clock: Clock;
  #generation = 0;
  #items: { readonly item: L1QueueItem; readonly seenAtMs: number }[] = [];

  constructor(options: QueueFeedOptions, deps: { l1: Pick<L1Port, 'state' | 'queueItems'>; clock: Clock }) {
    this.#confirmations = options.l1Confirmations ?? 2;
    this.#maxItems = options.maxItems ?? 256;
    this.#l1 = deps.l1;
    this.#clock = deps.clock;
  }

  /** Reads what is new from `next` on. @throws L1Error */
  async poll(next: bigint): Promise<void> {
    this.#forgetBelow(next);
    const generation = this.#generation;
    const from = next + BigInt(this.#items.length);
    const room = this.#maxItems - this.#items.length;
    const { queueTail } = await this.#l1.state({ confirmations: this.#confirmations });
    const to = queueTail < from + BigInt(room) ? queueTail : from + BigInt(room);
    if (to <= from) return;
    const seenAtMs = this.#clock.nowMs();
    const items = await this.#l1.queueItems(from, to);
    // Asked before all was forgotten: it may be of a queue that is no more.
    if (generation !== this.#generation) return;
    for (const item of items) {
      // Out of order would mean that the queue changed between two reads: stop, and read again at the next poll.
      if (item.queueIndex !== next + BigInt(this.#items.length)) break;
      this.#items.push({ item, seenAtMs });
    }
  }

  /** Items from `next` on, in queue order. */
  ready(next: bigint): readonly L1QueueItem[] {
    this.#forgetBelow(next);
    return this.#items.map(({ item }) => item);
  }

  /** Since when the item `next` waits; undefined if it is not there. */
  waitingSinceMs(next: bigint): number | undefined {
    this.#forgetBelow(next);
    return this.#items[0]?.seenAtMs;
  }

  /** L1 was reorganised, or the chain went back: everything is read again. */
  forget(): void {
    this.#items = [];
    this.#generation += 1;
  }

  /** What is held always starts at the item that is asked for, or is nothing. */
  #forgetBelow(next: bigint): void {
    while (this.#items[0] !== undefined && this.#items[0].item.queueIndex < next) this.#items.shift();
    if (this.#items[0] !== undefined && this.#items[0].item.queueIndex !== next) this.#items = [];
  }
}
