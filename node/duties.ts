import type { Hex } from '../protocol/lane/types.ts';
import type { DutiesPort } from '../sequencer/sequencerTypes.ts';
import type { Config } from './config/config.ts';
import type { FollowStatus } from './sync/l1Follower.ts';
import type { Leadership } from './validator/leadership.ts';

export interface DutiesDeps {
  readonly leadership: Pick<Leadership, 'isOurTurn' | 'isOpen' | 'proposerAt'>;
  /** The node's L1 account. */
  readonly own: Hex | undefined;
  readonly sync: () => FollowStatus;
}

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
    if (!sync().isSynced) return false;
    return this.#isTurn(Math.floor(nowMs / 1000));
  }

  mayPublish(): boolean {
    const { enabled, fallback } = this.#settings;
    return this.#deps.own !== undefined && (enabled || fallback);
  }

  /** Whether what this node closes or follows is to be proven here. */
  proves(nowMs: number): boolean {
    return this.mayPublish() && this.#isTurn(Math.floor(nowMs / 1000));
  }

  #isTurn(nowSeconds: number): boolean {
    const { leadership, own } = this.#deps;
    const { enabled, fallback } = this.#settings;
    if (own === undefined) return false;
    if (!leadership.isOpen) return enabled && leadership.isOurTurn(nowSeconds);
    // The open path is for everybody; those who are staked take turns, so that they do not get in each other's way.
    if (!fallback && !enabled) return false;
    const proposer = leadership.proposerAt(nowSeconds);
    return proposer === undefined || proposer === own || leadership.isOurTurn(nowSeconds);
  }
}
