import type { Clock } from '../../chain/clock.ts';
import type { Fault } from './types.ts';

/** At this a peer is banned. */
export const BAN_SCORE = -100;
/** What each fault costs. A second invalid one within the memory of the first reaches BAN_SCORE whatever has decayed. */
const COST: Readonly<Record<Fault | 'flood', number>> = { invalid: 60, useless: 5, slow: 10, flood: 0.05 };
const HALF_LIFE_MS = 600_000;
const INVALID_MEMORY_MS = 3_600_000;
/** Peers that are remembered; the one whose last fault is the oldest is forgotten first. */
const CAPACITY = 4_096;

interface Record_ {
  score: number;
  seenMs: number;
  invalidMs: number | undefined;
}

/** What peers have done wrong. Faults are forgotten by half every ten minutes; peers that leave keep theirs. */
export class PeerScores {
  readonly #clock: Clock;
  readonly #records = new Map<string, Record_>();

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
    const record: Record_ = {
      score: (old === undefined ? 0 : this.#decayed(old)) - COST[fault],
      seenMs: now,
      invalidMs: old?.invalidMs,
    };
    if (fault === 'invalid') {
      const isSecond = record.invalidMs !== undefined && now - record.invalidMs < INVALID_MEMORY_MS;
      if (isSecond) record.score = Math.min(record.score, BAN_SCORE);
      record.invalidMs = now;
    }
    // Set anew, so that the map's order is that of the last fault.
    this.#records.delete(peer);
    this.#records.set(peer, record);
    if (this.#records.size > CAPACITY) {
      for (const oldest of this.#records.keys()) {
        this.#records.delete(oldest);
        break;
      }
    }
    return record.score;
  }

  /** A ban pays for everything: the peer begins anew after it. */
  forget(peer: string): void {
    this.#records.delete(peer);
  }

  #decayed(record: Record_): number {
    const ageMs = Math.max(0, this.#clock.nowMs() - record.seenMs);
    return record.score * 0.5 ** (ageMs / HALF_LIFE_MS);
  }
}
