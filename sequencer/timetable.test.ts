import { describe, expect, it } from 'vitest';
import { Timetable } from './timetable.ts';

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
    expect(table.isBatchDue(10, 0, 14_999)).toBe(false);
    expect(table.isBatchDue(10, 3, 15_000)).toBe(true);
    expect(table.isQueueDue(100, 399)).toBe(false);
    expect(table.isQueueDue(100, 400)).toBe(true);
  });

  it('lets batches grow while proofs are behind', () => {
    expect(table.isBatchDue(10, 4, 19_999)).toBe(false);
    expect(table.isBatchDue(10, 7, 20_000)).toBe(true);
    expect(table.isBatchDue(10, 8, 24_999)).toBe(false);
  });

  it('backs off twice as long each time, up to a limit', () => {
    expect([1, 2, 3, 4, 5, 100].map((n) => table.backoffMs(n))).toEqual([2, 4, 8, 16, 20, 20]);
    expect(table.isResubmitDue(5, 14)).toBe(false);
    expect(table.isResubmitDue(5, 15)).toBe(true);
  });
});
