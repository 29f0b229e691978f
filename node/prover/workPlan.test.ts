import { describe, expect, it } from 'vitest';
import { nextBatch, type WorkState } from './workPlan.ts';

const ALL = { offset: 0, of: 1 };
const state = (parts: Partial<WorkState> & { taken?: readonly number[] } = {}): WorkState => ({
  committed: 10,
  proven: 2,
  waitedMs: 0,
  isTaken: (batch) => parts.taken?.includes(batch) ?? false,
  ...parts,
});
const options = { share: ALL, takeoverMs: 1_000, window: 4 };

describe('the next batch to prove', () => {
  it('is the oldest that is not taken', () => {
    expect(nextBatch(state(), options)).toBe(3);
    expect(nextBatch(state({ taken: [3, 4] }), options)).toBe(5);
  });

  it('is none when all are proven, or taken, or too far ahead', () => {
    expect(nextBatch(state({ proven: 10 }), options)).toBeUndefined();
    expect(nextBatch(state({ committed: 4, taken: [3, 4] }), options)).toBeUndefined();
    expect(nextBatch(state({ taken: [3, 4, 5, 6] }), options)).toBeUndefined();
  });

  it('is one’s own', () => {
    expect([0, 1, 2].map((offset) => nextBatch(state(), { ...options, share: { offset, of: 3 } }))).toEqual([3, 4, 5]);
  });

  it('is the one that everybody waits for, once it waits too long', () => {
    const mine = { ...options, share: { offset: 0, of: 2 } };
    expect(nextBatch(state({ waitedMs: 999 }), mine)).toBe(4);
    expect(nextBatch(state({ waitedMs: 1_000 }), mine)).toBe(3);
    expect(nextBatch(state({ waitedMs: 1_000, taken: [3] }), mine)).toBe(4);
  });

  it('is always somebody’s: no batch belongs to nobody or to two', () => {
    for (const of of [1, 2, 3, 5]) {
      for (let proven = 0; proven < 20; proven += 1) {
        const owners = Array.from({ length: of }, (_, offset) =>
          nextBatch(state({ proven, committed: proven + 1 }), { ...options, share: { offset, of } }),
        ).filter((batch) => batch !== undefined);
        expect(owners).toEqual([proven + 1]);
      }
    }
  });
});
