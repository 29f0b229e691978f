import type { Clock } from '../../chain/clock.ts';
import { BoundedMap } from './boundedMap.ts';
import type { Fault } from './types.ts';

/** At this a peer is banned. */
export const BAN_SCORE = -100;
/** What each fault costs. A second invalid one within the memory of the first reaches BAN_SCORE whatever has decayed. */
const COST: Readonly<Record<Fault | 'flood', number>> = { invalid: 60, useless: 5, slow: 10, flood: 0.05 };
const HALF_LIFE_MS = 600_000;
const INVALID_MEMORY_MS = 3_600_000;
/** Peers whose faults are remembered. */
const CAPACITY = 4_096;

interface FaultRecord {
  score: number;
  seenMs: number;
  invalidMs: number | undefined;
}

/** What peers have done wrong. Faults are forgotten by half every ten minutes; peers that leave keep theirs. */
export class PeerScores {
  readonly #clock: Clock;
  readonly #records = new BoundedMap<FaultRecord>(CAPACITY);

  constructor(deps: { clock: Clock }) {
    this.#clock = deps.clock;
  }

  get(peer: string): number {
    const record = this.#records.get(peer);
    return record === undefined ? 0 : this.#decayed(record);
  }

  /** The score after this fault. */
  add(peer: string, fault: Fault | 'flood'): number {
    const now = this.#clock.nowMs();
    const old = this.#records.get(peer);
    const record: FaultRecord = {
      score: (old === undefined ? 0 : this.#decayed(old)) - COST[fault],
      seenMs: now,
      invalidMs: old?.invalidMs,
    };
    if (fault === 'invalid') {
      const isSecond = record.invalidMs !== undefined && now - record.invalidMs < INVALID_MEMORY_MS;
      if (isSecond) record.score = Math.min(record.score, BAN_SCORE);
      record.invalidMs = now;
    }
    this.#records.set(peer, record);
    return record.score;
  }

  /** A ban pays for everything: the peer begins anew after it. */
  forget(peer: string): void {
    this.#records.delete(peer);
  }

  #decayed(record: FaultRecord): number {
    const ageMs = Math.max(0, this.#clock.nowMs() - record.seenMs);
    return record.score * 0.5 ** (ageMs / HALF_LIFE_MS);
  }
}
