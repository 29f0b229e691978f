import { describe, expect, it } from 'vitest';
import { FakeClock } from '../chain/testing/fakeClock.ts';
import { actor } from '../protocol/testing/actors.ts';
import { QueueFeed } from './queueFeed.ts';
import { FakeL1 } from './testing/fakeL1.ts';
import { depositNew } from './testing/life.ts';

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
