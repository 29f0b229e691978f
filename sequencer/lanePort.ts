import type { L1Message } from '../protocol/lane/types.ts';

/** Confirmed messages of the EVM lane's contract on L1, read ahead, so that building a block never waits for L1. */
export interface LaneFeedPort {
  /** When L1 was last read to the end of what is kept ready, in milliseconds since 1970; 0: never. */
  readonly readAtMs: number;
  /** Messages from `next` on, in order. */
  ready(next: bigint): readonly L1Message[];
  /** Reads what is new from `next` on. @throws L1Error */
  poll(next: bigint): Promise<void>;
  /** L1 was reorganised, or the chain went back: everything is read again, and `readAtMs` is 0 until then. */
  forget?(): void;
}

/** For chains without a contract on L1 for the EVM lane: nothing ever comes. */
export const NO_LANE_FEED: LaneFeedPort = {
  readAtMs: Number.POSITIVE_INFINITY,
  ready: () => [],
  poll: async () => undefined,
};
