import type { Clock } from '../chain/clock.ts';
import { nextBaseFee } from '../chain/evm/fees.ts';
import type { Sequencer } from '../sequencer/sequencer.ts';

/** Since when something waits for a block that does not come: what tells a sequencer that is gone from one that has nothing to do. */
export class Waiting {
  readonly #clock: Pick<Clock, 'nowMs'>;
  #sequencer: Sequencer | undefined;
  #sinceMs: number | undefined;

  constructor(deps: { readonly clock: Pick<Clock, 'nowMs'> }) {
    this.#clock = deps.clock;
  }

  watch(sequencer: Sequencer): void {
    this.#sequencer = sequencer;
    // Somebody else builds. A block of our own does not end our turn.
    let own: bigint | undefined;
    sequencer.events.on('built', ({ number }) => {
      own = number;
    });
    sequencer.events.on('block', ({ number }) => {
      if (number !== own) this.#sinceMs = undefined;
    });
  }

  /** Milliseconds since 1970; undefined: nothing waits. Counted from the first time it is asked while something does. */
  get sinceMs(): number | undefined {
    if (this.#isNothingThere) this.#sinceMs = undefined;
    else this.#sinceMs ??= this.#clock.nowMs();
    return this.#sinceMs;
  }

  get #isNothingThere(): boolean {
    if (this.#sequencer === undefined) return true;
    const { mempool, evmPool, lane, isL1Waiting } = this.#sequencer;
    return mempool.size === 0 && !evmPool.hasPending(nextBaseFee(lane.head)) && !isL1Waiting;
  }
}
