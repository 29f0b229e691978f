import { beforeEach, expect, it } from 'vitest';
import type { FakeClock } from '../chain/testing/fakeClock.ts';
import { memoryDb } from '../chain/testing/memoryDb.ts';
import { FORCE_SECONDS, MAX_L1_MESSAGES } from '../protocol/lane/constants.ts';
import type { L1Message } from '../protocol/lane/types.ts';
import { L1Error } from './l1Port.ts';
import type { LaneFeedPort } from './lanePort.ts';
import { FakeL1 } from './testing/fakeL1.ts';
import { DEPOSITS, startProcess, testClock } from './testing/life.ts';

const WHO = '0x00000000000000000000000000000000000000aa';

/** L1 as the feed sees it: what it holds is known only after a poll, at most `ahead` messages at a time. */
class FakeFeed implements LaneFeedPort {
  readonly onL1: L1Message[] = [];
  readAtMs = 0;
  isDown = false;
  readonly #clock: FakeClock;
  readonly #ahead: number;
  #known: L1Message[] = [];

  constructor({ clock, ahead }: { clock: FakeClock; ahead: number }) {
    this.#clock = clock;
    this.#ahead = ahead;
  }

  queue(count: number, l1Timestamp: number): void {
    for (let i = 0; i < count; i += 1) {
      const index = BigInt(this.onL1.length);
      const people = { sender: WHO, to: WHO, refundTo: WHO } as const;
      this.onL1.push({
        kind: 'deposit',
        index,
        l1Timestamp,
        ...people,
        token: 0,
        amount: 5n,
        gasLimit: 0n,
        data: '0x',
      });
    }
  }

  ready(next: bigint): readonly L1Message[] {
    return this.#known.filter(({ index }) => index >= next);
  }

  async poll(next: bigint): Promise<void> {
    if (this.isDown) throw new L1Error('UNAVAILABLE');
    this.#known = this.onL1.slice(Number(next), Number(next) + this.#ahead);
    this.readAtMs = this.#clock.nowMs();
  }
}

let clock: FakeClock;
let feed: FakeFeed;
let l1: FakeL1;

beforeEach(() => {
  clock = testClock();
  feed = new FakeFeed({ clock, ahead: 20 });
  l1 = new FakeL1();
  l1.enqueue(...DEPOSITS.slice(0, 1));
  l1.mine(2);
});

const now = (): number => Math.floor(clock.nowMs() / 1000);

async function withOpenBatch() {
  const process = await startProcess({ db: memoryDb(), l1, clock, laneFeed: feed });
  await process.sequencer.pollQueue();
  await process.sequencer.tick();
  expect(process.store.head.open).toBeDefined();
  return process;
}

it('a batch takes all messages that are overdue when it began, whatever was known of them', async () => {
  const { sequencer, store } = await withOpenBatch();
  feed.queue(3 * MAX_L1_MESSAGES + 1, now() - FORCE_SECONDS);
  feed.queue(5, now() - FORCE_SECONDS + 1);
  clock.advance(1000);
  feed.readAtMs = 0;
  await sequencer.closeBatch();
  expect(store.head.closedBatch).toBe(1);
  expect(store.head.inboxCount).toBeGreaterThanOrEqual(3n * BigInt(MAX_L1_MESSAGES) + 1n);
  const last = await store.evmBlock(store.head.block);
  expect((await store.evmBatch(1))?.output.inboxCount).toBe(last?.inboxCount);
});

it('messages that are not overdue do not hold up a batch', async () => {
  const { sequencer, store } = await withOpenBatch();
  feed.queue(5, now() - FORCE_SECONDS + 1);
  await feed.poll(0n);
  await sequencer.closeBatch();
  expect([store.head.closedBatch, store.head.inboxCount]).toEqual([1, 0n]);
});

it('a batch stays open while nobody knows which messages it must take', async () => {
  const { sequencer, store } = await withOpenBatch();
  feed.readAtMs = 0;
  feed.isDown = true;
  await sequencer.closeBatch();
  expect(store.head.closedBatch).toBe(0);
  feed.isDown = false;
  await sequencer.closeBatch();
  expect(store.head.closedBatch).toBe(1);
});

it('a clock that was set back does not keep a batch from being closed', async () => {
  const { sequencer, store } = await withOpenBatch();
  clock.advance(-3_600_000);
  feed.readAtMs = 0;
  feed.queue(1, now() - FORCE_SECONDS);
  let polls = 0;
  const { poll } = feed;
  feed.poll = async (next) => {
    polls += 1;
    if (polls > 10) throw new L1Error('UNAVAILABLE');
    return poll.call(feed, next);
  };
  await sequencer.closeBatch();
  expect([store.head.closedBatch, store.head.inboxCount]).toEqual([1, 1n]);
});
