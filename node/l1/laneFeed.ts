import type { Clock } from '../../chain/clock.ts';
import type { L1Message } from '../../protocol/lane/types.ts';
import type { LaneFeedPort } from '../../sequencer/lanePort.ts';
import { l1Error } from './errors.ts';

export interface LaneFeedOptions {
  /** L1 block of the contract's deployment: it has no messages before. */
  readonly deployedAt: bigint;
  /** How many L1 blocks bury a message before it may enter an L2 block; deeper reorgs than this invalidate L2 blocks. Default 2. */
  readonly confirmations?: number;
  /** Messages kept ready, of at most about 5 KB each. Default 256. */
  readonly maxMessages?: number;
}

/** What the feed needs of `EvmLaneReader` and of L1. */
export interface LaneFeedDependencies {
  readonly lane: {
    messageCount(at: { blockNumber?: bigint }): Promise<bigint>;
    messages(from: bigint, to: bigint, at: { toBlock?: bigint }): Promise<readonly L1Message[]>;
  };
  readonly l1: { getBlockNumber(): Promise<bigint> };
  readonly clock: Pick<Clock, 'nowMs'>;
}

/**
 * Confirmed messages of `EvmLane`, read ahead, so that building a block never waits for L1. Holds nothing that L1 could not give
 * again. Everything is read as of one buried block: a reorg above it cannot show.
 */
export class LaneFeed implements LaneFeedPort {
  readonly #options: Required<LaneFeedOptions>;
  readonly #deps: LaneFeedDependencies;
  #messages: L1Message[] = [];
  #readAtMs = 0;
  /** Counts how often everything was forgotten. */
  #generation = 0;

  constructor(options: LaneFeedOptions, deps: LaneFeedDependencies) {
    this.#options = { confirmations: 2, maxMessages: 256, ...options };
    this.#deps = deps;
  }

  get readAtMs(): number {
    return this.#readAtMs;
  }

  /** Reads what is new from `next` on. @throws L1Error */
  async poll(next: bigint): Promise<void> {
    const beganMs = this.#deps.clock.nowMs();
    const generation = this.#generation;
    try {
      await this.#read(next);
      if (generation === this.#generation) this.#readAtMs = beganMs;
    } catch (error) {
      throw l1Error(error);
    }
  }

  /** L1 was reorganised, or the chain went back: everything is read again. */
  forget(): void {
    this.#messages = [];
    this.#readAtMs = 0;
    this.#generation += 1;
  }

  /** Messages from `next` on, in order. */
  ready(next: bigint): readonly L1Message[] {
    this.#forgetBelow(next);
    return this.#messages;
  }

  async #read(next: bigint): Promise<void> {
    const { deployedAt, confirmations, maxMessages } = this.#options;
    const { lane, l1 } = this.#deps;
    const generation = this.#generation;
    this.#forgetBelow(next);
    const buried = (await l1.getBlockNumber()) - BigInt(confirmations);
    if (buried < deployedAt) return;
    const count = await lane.messageCount({ blockNumber: buried });
    // Fewer than are held: L1 went back further than ever expected. What is held may be gone; it is read again.
    if (count < next + BigInt(this.#messages.length)) this.#messages = [];
    const from = next + BigInt(this.#messages.length);
    const room = from + BigInt(maxMessages - this.#messages.length);
    const to = count < room ? count : room;
    if (to <= from) return;
    const found = await lane.messages(from, to, { toBlock: buried });
    // Asked before all was forgotten: they may be of a chain that is no more.
    if (generation !== this.#generation) return;
    for (const message of found) {
      // Out of order would mean that the node answered from another chain than a moment ago: stop, and read again at the next poll.
      if (message.index !== next + BigInt(this.#messages.length)) break;
      this.#messages.push(message);
    }
  }

  /** What is held always starts at the message that is asked for, or is nothing. */
  #forgetBelow(next: bigint): void {
    const kept = this.#messages.filter(({ index }) => index >= next);
    this.#messages = kept[0]?.index === next ? kept : [];
  }
}
