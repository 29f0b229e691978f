import type { Hex } from '../protocol/lane/types.ts';
import type { DutiesPort } from '../sequencer/sequencerTypes.ts';
import type { Config } from './config/config.ts';
import type { FollowStatus } from './sync/l1Follower.ts';
import type { Leadership } from './validator/leadership.ts';

export interface DutiesDeps {
  readonly leadership: Pick<Leadership, 'isOurTurn' | 'isOurSeat' | 'isOpen' | 'isRotating' | 'leaderAt' | 'seat'>;
  /** The node's L1 account. */
  readonly own: Hex | undefined;
  readonly sync: () => Pick<FollowStatus, 'isSynced'>;
  /** Of the newest block, in seconds: the next one is not older, and it is its time that a turn is judged by. */
  readonly headTimestamp: () => number;
  /** Since when something waits for a block, in milliseconds since 1970; undefined: nothing does. */
  readonly waitingSinceMs: () => number | undefined;
}

/** A chain on which nothing waits is idle, not abandoned: who stands by gives the holder of the seat this long. */
const PATIENCE_MS = 10_000;

/** What this node may do now: it follows from its settings, from L1, and from whether it is in step with it. */
export class Duties implements DutiesPort {
  readonly #settings: Pick<Config['sequencer'], 'enabled' | 'fallback'>;
  readonly #deps: DutiesDeps;

  constructor(settings: Pick<Config['sequencer'], 'enabled' | 'fallback'>, deps: DutiesDeps) {
    this.#settings = settings;
    this.#deps = deps;
  }

  mayBuild(nowMs: number): boolean {
    const { sync } = this.#deps;
    // On a batch that cannot be proven nothing can stand; what L1 has and we do not must come first.
    if (!sync().isSynced || !this.#isTurn(nowMs)) return false;
    return !this.#isStandingBy || this.#isAbandoned(nowMs);
  }

  mayPublish(): boolean {
    const { enabled, fallback } = this.#settings;
    return this.#deps.own !== undefined && (enabled || fallback);
  }

  /** Whether what this node closes or follows is to be proven here. */
  proves(nowMs: number): boolean {
    return this.mayPublish() && this.#isTurn(nowMs);
  }

  #isTurn(nowMs: number): boolean {
    const { leadership, own } = this.#deps;
    const { enabled, fallback } = this.#settings;
    // The leader before may have had a clock that is ahead, or lied: a block of ours with its time would be refused by everybody.
    const nowSeconds = Math.max(Math.floor(nowMs / 1000), this.#deps.headTimestamp());
    if (own === undefined) return false;
    if (enabled && leadership.isOurTurn(nowSeconds)) return true;
    // The open path is for everybody; those who are staked take turns, so that they do not get in each other's way.
    if (!fallback || !leadership.isOpen) return false;
    const leader = leadership.leaderAt(nowSeconds);
    return leader === undefined || leader === own;
  }

  /** The seat is somebody else's, who may only be quiet. */
  get #isStandingBy(): boolean {
    const { leadership } = this.#deps;
    // Where the seat rotates, it is the leader's.
    const isOthers = leadership.seat !== undefined && !leadership.isOurSeat && !leadership.isRotating;
    return leadership.isOpen && isOthers;
  }

  #isAbandoned(nowMs: number): boolean {
    const since = this.#deps.waitingSinceMs();
    return since !== undefined && nowMs - since >= PATIENCE_MS;
  }
}
