import { describe, expect, it } from 'vitest';
import { FakeClock } from '../chain/testing/fakeClock.ts';
import { ACCOUNT_LIMIT, accountIndex } from '../protocol/ids.ts';
import { SHAPES } from '../protocol/shapes.ts';
import { actor, exit, register, signed, transfer } from '../protocol/testing/actors.ts';
import { expectCode } from '../protocol/testing/expectCode.ts';
import { Heap } from './heap.ts';
import { IndexAllocator } from './indexAllocator.ts';
import { QueueFeed } from './queueFeed.ts';
import { FakeL1 } from './testing/fakeL1.ts';
import { depositNew } from './testing/life.ts';
import { Timetable } from './timetable.ts';
import { fitsEmptyBatch, txBytes, txCost } from './txCost.ts';

const ALICE = actor(2);

describe('IndexAllocator', () => {
  it('gives the lowest free indices from 1 on, and the same again while they are free', () => {
    const live = new Set<number>([1, 2, 4]);
    const indices = new IndexAllocator({ isLive: (index) => live.has(index) });
    expect(indices.free(3)).toEqual([3, 5, 6]);
    expect(indices.free(1)).toEqual([3]);
    live.add(3);
    expect(indices.free(1)).toEqual([5]);
  });

  it('fills assigned indices in order and leaves everything else', () => {
    const indices = new IndexAllocator({ isLive: (index) => index === 1 || index === 2 });
    const ops = [register(2, 0, actor(5), 1n), transfer(2, 1, 1n), register(2, 0, actor(6), 1n)];
    const tx = signed(ALICE, { signer: 2, nonce: 0, ops });
    expect(indices.assign(tx).ops.map((op) => op.to)).toEqual([3, 1, 4]);
    const plain = signed(ALICE, { signer: 2, nonce: 0, ops: [transfer(2, 1, 1n)] });
    expect(indices.assign(plain)).toBe(plain);
  });

  it('says when the tree is full', () => {
    const indices = new IndexAllocator({ isLive: (index) => index !== ACCOUNT_LIMIT - 1 });
    expect(indices.free(1)).toEqual([ACCOUNT_LIMIT - 1]);
    expectCode('INDEX_OUT_OF_RANGE', () => indices.free(2));
  });
});

describe('Timetable', () => {
  const table = new Timetable({
    blockTimeMs: 1000,
    batchTimeMs: 5000,
    l1WaitMs: 300,
    resubmitAfterMs: 10,
    backoffMs: 2,
    maxBackoffMs: 20,
  });

  it('builds blocks in a rhythm, without catching up and whatever the clock does', () => {
    expect(table.untilNextBlockMs(0, 400)).toBe(600);
    expect(table.untilNextBlockMs(0, 7000)).toBe(0);
    expect(table.untilNextBlockMs(50_000, 0)).toBe(1000);
  });

  it('never lets time run backwards', () => {
    expect(table.blockTimestamp(9_999, 5)).toBe(9);
    expect(table.blockTimestamp(9_999, 12)).toBe(12);
  });

  it('closes a batch when its time is up', () => {
    expect(table.isBatchDue(10, 14_999)).toBe(false);
    expect(table.isBatchDue(10, 15_000)).toBe(true);
    expect(table.isQueueDue(100, 399)).toBe(false);
    expect(table.isQueueDue(100, 400)).toBe(true);
  });

  it('backs off twice as long each time, up to a limit', () => {
    expect([1, 2, 3, 4, 5, 100].map((n) => table.backoffMs(n))).toEqual([2, 4, 8, 16, 20, 20]);
    expect(table.isResubmitDue(5, 14)).toBe(false);
    expect(table.isResubmitDue(5, 15)).toBe(true);
  });
});

describe('QueueFeed', () => {
  const items = [1, 2, 3, 4].map((n) => depositNew(actor(n), BigInt(n)));

  it('hands out items once they are buried deep enough', async () => {
    const l1 = new FakeL1();
    const feed = new QueueFeed({ l1Confirmations: 2 }, { l1, clock: new FakeClock() });
    l1.enqueue(...items);
    l1.mine(2);
    await feed.poll(0n);
    expect(feed.ready(0n)).toEqual([]);
    l1.mine();
    await feed.poll(0n);
    expect(feed.ready(0n).map(({ item }) => item)).toEqual(items);
    expect(feed.ready(3n).map(({ queueIndex }) => queueIndex)).toEqual([3n]);
  });

  it('keeps at most maxItems and reads on as they are taken', async () => {
    const l1 = new FakeL1();
    const clock = new FakeClock();
    const feed = new QueueFeed({ l1Confirmations: 0, maxItems: 3 }, { l1, clock });
    l1.enqueue(...items);
    l1.mine();
    await feed.poll(0n);
    expect(feed.ready(0n)).toHaveLength(3);
    clock.advance(5);
    await feed.poll(2n);
    expect(feed.ready(2n).map(({ queueIndex }) => queueIndex)).toEqual([2n, 3n]);
    expect(feed.waitingSinceMs(3n)).toBe(clock.nowMs());
    expect(feed.waitingSinceMs(4n)).toBeUndefined();
  });
});

describe('what a transaction needs', () => {
  it('counts bytes and money', () => {
    const tx = signed(ALICE, { signer: 2, nonce: 0, ops: [transfer(2, 1, 5n, { fee: 1n }), exit(2, 9n, 3n, 2n)] });
    expect(txBytes(tx)).toBe(110 + 30 + 30 + 32);
    expect(txCost(tx)).toBe(11n);
  });

  it('knows what an empty small batch (N 8, A 5, E 2) holds', () => {
    const { small } = SHAPES;
    const fits = (ops: ReturnType<typeof transfer>[]): boolean =>
      fitsEmptyBatch({ signer: accountIndex(2), nonce: 0, validUntil: 0, ops }, small);
    const payAll = (count: number, fee = 0n) =>
      Array.from({ length: count }, (_, i) => transfer(2, 10 + i, 1n, { fee }));
    expect(fits(payAll(4))).toBe(true);
    expect(fits(payAll(5))).toBe(false);
    expect(fits(payAll(4, 1n))).toBe(false);
    expect(fits(payAll(3, 1n))).toBe(true);
    expect(fits(Array.from({ length: 4 }, () => register(2, 0, actor(9), 1n)))).toBe(true);
    expect(fits(Array.from({ length: 5 }, () => register(2, 0, actor(9), 1n)))).toBe(false);
    expect(fits(Array.from({ length: 3 }, () => exit(2, 1n, 1n)))).toBe(false);
    expect(fits(Array.from({ length: 8 }, () => transfer(2, 3, 1n)))).toBe(true);
    expect(fits(Array.from({ length: 9 }, () => transfer(2, 3, 1n)))).toBe(false);
  });
});

describe('Heap', () => {
  it('gives back what was put in, in order', () => {
    const heap = new Heap<number>((x, y) => x < y);
    const values = [5, 3, 8, 1, 9, 2, 2, 7, 0, 4];
    for (const value of values) heap.push(value);
    expect(heap.peek()).toBe(0);
    expect(values.map(() => heap.pop())).toEqual([...values].sort((x, y) => x - y));
    expect(heap.pop()).toBeUndefined();
  });
});
