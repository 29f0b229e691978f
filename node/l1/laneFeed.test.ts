import { describe, expect, it } from 'vitest';
import { systemClock } from '../../chain/clock.ts';
import type { L1Message } from '../../protocol/lane/types.ts';
import { LaneFeed, type LaneFeedOptions } from './laneFeed.ts';

/** L1 as the feed sees it: blocks with messages, whose top can be replaced. */
class FakeLane {
  blocks: L1Message[][] = [[]];
  isDown = false;
  /** As of which block the last logs were asked for. */
  readTo = -1n;
  reads = 0;

  mine(...names: string[]): void {
    const messages = names.map((name, i): L1Message => {
      const index = BigInt(this.blocks.flat().length + i);
      return { kind: 'token', index, l1Timestamp: this.blocks.length, token: 1, name, symbol: name, decimals: 18 };
    });
    this.blocks.push(messages);
  }

  /** Takes blocks off the top. */
  reorg(depth: number): void {
    this.blocks.splice(this.blocks.length - depth);
  }

  async getBlockNumber(): Promise<bigint> {
    if (this.isDown) throw new TypeError('fetch failed');
    return BigInt(this.blocks.length - 1);
  }

  async messageCount({ blockNumber }: { blockNumber?: bigint }): Promise<bigint> {
    return BigInt(this.#upTo(blockNumber).length);
  }

  async messages(from: bigint, to: bigint, { toBlock }: { toBlock?: bigint }): Promise<L1Message[]> {
    this.readTo = toBlock ?? -1n;
    this.reads += 1;
    return this.#upTo(toBlock).filter(({ index }) => index >= from && index < to);
  }

  #upTo(block = BigInt(this.blocks.length - 1)): L1Message[] {
    return this.blocks.slice(0, Number(block) + 1).flat();
  }
}

function feedOf(lane: FakeLane, options: Partial<LaneFeedOptions> = {}): LaneFeed {
  return new LaneFeed({ deployedAt: 0n, ...options }, { lane, l1: lane, clock: systemClock });
}

function names(messages: readonly L1Message[]): string[] {
  return messages.map((message) => (message.kind === 'token' ? message.name : ''));
}

describe('LaneFeed', () => {
  it('hands out messages once they are buried deep enough', async () => {
    const lane = new FakeLane();
    const feed = feedOf(lane);
    lane.mine('a', 'b');
    lane.mine();
    await feed.poll(0n);
    expect(feed.ready(0n)).toEqual([]);
    lane.mine('c');
    await feed.poll(0n);
    expect(names(feed.ready(0n))).toEqual(['a', 'b']);
    expect(lane.readTo).toBe(1n);
    expect(names(feed.ready(1n))).toEqual(['b']);
  });

  it('is not moved by a reorg above the buried block', async () => {
    const lane = new FakeLane();
    const feed = feedOf(lane);
    lane.mine('a');
    lane.mine('b');
    lane.mine('c');
    await feed.poll(0n);
    lane.reorg(2);
    lane.mine('x');
    lane.mine('y');
    await feed.poll(0n);
    expect(names(feed.ready(0n))).toEqual(['a']);
    lane.mine();
    lane.mine();
    await feed.poll(0n);
    expect(names(feed.ready(0n))).toEqual(['a', 'x', 'y']);
  });

  it('forgets what a deeper reorg took away', async () => {
    const lane = new FakeLane();
    const feed = feedOf(lane, { confirmations: 0 });
    lane.mine('a', 'b');
    await feed.poll(0n);
    lane.reorg(1);
    lane.mine('x');
    await feed.poll(0n);
    expect(names(feed.ready(0n))).toEqual(['x']);
  });

  it('keeps at most maxMessages and reads on as they are taken', async () => {
    const lane = new FakeLane();
    const feed = feedOf(lane, { confirmations: 0, maxMessages: 3 });
    lane.mine('a', 'b', 'c', 'd', 'e');
    await feed.poll(0n);
    expect(names(feed.ready(0n))).toEqual(['a', 'b', 'c']);
    await feed.poll(2n);
    expect(names(feed.ready(2n))).toEqual(['c', 'd', 'e']);
    const { reads } = lane;
    await feed.poll(2n);
    expect(lane.reads).toBe(reads);
  });

  it('starts anywhere, as after a restart, and gives nothing else than what is asked for', async () => {
    const lane = new FakeLane();
    lane.mine('a', 'b', 'c');
    const feed = feedOf(lane, { confirmations: 0 });
    await feed.poll(2n);
    expect(names(feed.ready(2n))).toEqual(['c']);
    expect(feed.ready(1n)).toEqual([]);
    await feed.poll(1n);
    expect(names(feed.ready(1n))).toEqual(['b', 'c']);
    expect(feed.ready(9n)).toEqual([]);
  });

  it('stops at a gap, and reads again later', async () => {
    const lane = new FakeLane();
    lane.mine('a', 'b', 'c');
    const feed = feedOf(lane, { confirmations: 0 });
    const [, [, lost] = []] = lane.blocks;
    lane.blocks[1] = lane.blocks[1]?.filter((message) => message !== lost) ?? [];
    await feed.poll(0n);
    expect(names(feed.ready(0n))).toEqual(['a']);
    if (lost !== undefined) lane.blocks[1]?.splice(1, 0, lost);
    await feed.poll(0n);
    expect(names(feed.ready(0n))).toEqual(['a', 'b', 'c']);
  });

  it('does not ask a contract that is not there yet', async () => {
    const lane = new FakeLane();
    lane.mine('a');
    const feed = feedOf(lane, { deployedAt: 1n, confirmations: 1 });
    await feed.poll(0n);
    expect(lane.reads).toBe(0);
    lane.mine();
    await feed.poll(0n);
    expect(names(feed.ready(0n))).toEqual(['a']);
  });

  it('L1 away → UNAVAILABLE; what is held stays', async () => {
    const lane = new FakeLane();
    lane.mine('a');
    const feed = feedOf(lane, { confirmations: 0 });
    await feed.poll(0n);
    lane.isDown = true;
    await expect(feed.poll(0n)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(names(feed.ready(0n))).toEqual(['a']);
  });

  it('forgets everything when L1 was reorganised, what is on its way too', async () => {
    const lane = new FakeLane();
    lane.mine('a', 'b');
    const feed = feedOf(lane, { confirmations: 0 });
    await feed.poll(0n);
    feed.forget();
    expect(feed.ready(0n)).toEqual([]);
    expect(feed.readAtMs).toBe(0);
    const polling = feed.poll(0n);
    feed.forget();
    await polling;
    expect(feed.ready(0n)).toEqual([]);
    expect(feed.readAtMs).toBe(0);
    await feed.poll(0n);
    expect(names(feed.ready(0n))).toEqual(['a', 'b']);
  });
});
