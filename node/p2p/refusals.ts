import type { Clock } from '../../chain/clock.ts';
import type { Logger } from '../../chain/logger.ts';
import { BoundedMap } from './boundedMap.ts';
import { RateBucket } from './rateBucket.ts';
import type { NetworkMetrics } from './types.ts';

/** Peers and reasons that are told apart; beyond, only the metrics count. */
const CAPACITY = 2_048;
/** Lines in the log, whoever they are about. */
const LINES = { perSecond: 2, burst: 50 };

/**
 * What was refused, for the log: the first time for each peer and reason, then when the count reaches 10, 100, 1,000 … Whoever sends
 * rubbish fills neither the log nor the memory.
 */
export class Refusals {
  readonly #log: Logger;
  readonly #metrics: NetworkMetrics;
  readonly #lines: RateBucket;
  readonly #counts = new BoundedMap<number>(CAPACITY);
  #suppressed = 0;

  constructor(deps: { log: Logger; metrics: NetworkMetrics; clock: Clock }) {
    this.#log = deps.log;
    this.#metrics = deps.metrics;
    this.#lines = new RateBucket(LINES, deps);
  }

  /** @param peer its id, or its address where that is all there is */
  note(peer: string, reason: string): void {
    this.#metrics.refused(reason);
    const key = `${peer} ${reason}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (!isPowerOfTen(count)) return;
    if (!this.#lines.take()) {
      this.#suppressed += 1;
      return;
    }
    this.#log.warn({ peer, reason, count, linesLeftOut: this.#suppressed }, 'refused');
    this.#suppressed = 0;
  }
}

function isPowerOfTen(count: number): boolean {
  return Number.isInteger(Math.log10(count));
}
