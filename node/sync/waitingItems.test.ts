import { describe, expect, it } from 'vitest';
import type { ChainItem } from '../../chain/wire/types.ts';
import { WaitingItems } from './waitingItems.ts';

// Only the members that are looked at.
const block = (number: number) =>
  ({ kind: 'block', block: { number: BigInt(number) }, signature: new Uint8Array() }) as unknown as ChainItem;
const close = (number: number, lastBlock: number) =>
  ({
    kind: 'close',
    close: { number, lastBlock: BigInt(lastBlock) },
    signature: new Uint8Array(),
  }) as unknown as ChainItem;

describe('WaitingItems', () => {
  it('gives the close of the head’s batch before the next block', () => {
    const waiting = new WaitingItems({ maxItems: 10, maxBytes: 1_000 });
    const [five, six, end] = [block(5), block(6), close(2, 4)];
    for (const item of [six, five, end]) waiting.add(item, 10);
    expect(waiting.takeNext({ block: 4n, closedBatch: 1 })).toBe(end);
    expect(waiting.takeNext({ block: 4n, closedBatch: 2 })).toBe(five);
    expect(waiting.takeNext({ block: 5n, closedBatch: 2 })).toBe(six);
    expect(waiting.takeNext({ block: 6n, closedBatch: 2 })).toBeUndefined();
  });

  it('holds a close back until its last block is there', () => {
    const waiting = new WaitingItems({ maxItems: 10, maxBytes: 1_000 });
    waiting.add(close(2, 9), 10);
    expect(waiting.takeNext({ block: 8n, closedBatch: 1 })).toBeUndefined();
    expect(waiting.takeNext({ block: 9n, closedBatch: 1 })).toBeDefined();
  });

  it('forgets what lies behind the head', () => {
    const waiting = new WaitingItems({ maxItems: 10, maxBytes: 1_000 });
    for (const item of [block(3), block(4), close(1, 3)]) waiting.add(item, 10);
    expect(waiting.takeNext({ block: 7n, closedBatch: 3 })).toBeUndefined();
    expect(waiting.size).toBe(0);
  });

  it('keeps to its limits, and loses what is farthest ahead first', () => {
    const waiting = new WaitingItems({ maxItems: 3, maxBytes: 100 });
    for (let number = 1; number <= 1_000; number += 1) waiting.add(block(number), 1);
    expect(waiting.size).toBe(3);
    expect(waiting.takeNext({ block: 0n, closedBatch: 0 })).toBeDefined();
    waiting.add(block(2_000), 1_000_000);
    expect(waiting.size).toBe(2);
    for (let number = 1; number <= 50; number += 1) waiting.add(close(number, 5_000), 60);
    expect(waiting.size).toBeLessThanOrEqual(3);
  });
});
