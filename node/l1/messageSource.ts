import type { EvmLaneEvent } from '../../bridge/client/evmLaneEvents.ts';
import type { L1Message } from '../../protocol/lane/types.ts';

export interface MessageSourceOptions {
  /** L1 block of the contract's deployment. */
  readonly deployedAt: bigint;
  /** Index of the first message that is wanted. */
  readonly next: bigint;
}

/** The part of `EvmLaneReader` that is used. */
interface LaneEvents {
  readEvents(fromBlock: bigint, toBlock: bigint): Promise<readonly EvmLaneEvent[]>;
}

/**
 * The messages of `EvmLane` for a derivation: read forwards, each L1 block once, and exactly up to the block of a commit, because a
 * message of the same block may be taken and one of a later block may not.
 */
export class MessageSource {
  readonly #lane: LaneEvents;
  #nextBlock: bigint;
  #waiting: L1Message[] = [];
  #next: bigint;

  constructor({ deployedAt, next }: MessageSourceOptions, deps: { lane: LaneEvents }) {
    this.#lane = deps.lane;
    this.#nextBlock = deployedAt;
    this.#next = next;
  }

  /** Messages from `next` on that L1 had with this block. `next` never falls. @throws BridgeError */
  async upTo(l1Block: bigint, next: bigint): Promise<readonly L1Message[]> {
    if (l1Block >= this.#nextBlock) {
      const events = await this.#lane.readEvents(this.#nextBlock, l1Block);
      this.#nextBlock = l1Block + 1n;
      for (const event of events) if (event.type === 'message') this.#waiting.push(event.message);
    }
    this.#next = next > this.#next ? next : this.#next;
    this.#waiting = this.#waiting.filter(({ index }) => index >= this.#next);
    return this.#waiting;
  }
}
