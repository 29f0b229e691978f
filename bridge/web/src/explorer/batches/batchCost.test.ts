import { describe, expect, it } from 'vitest';
import { fillOf, gasPerOperation, shareOf } from './batchCost.ts';

const cost = (gasUsed: string, batches: number) =>
  ({ transaction: '0x1', block: '1', gasUsed, gasPrice: '3', batches }) as const;
const counts = { l1Ops: 1, ledgerTxs: 2, ops: 6, exits: 0, evmTxs: 3 };

describe('shareOf', () => {
  it('spreads a transaction over its batches', () =>
    expect(shareOf(cost('300000', 3))).toEqual({ gas: 100_000n, wei: 300_000n }));
  it('does not divide by what a node makes up', () => {
    expect(shareOf(cost('10', 0)).gas).toBe(10n);
    expect(shareOf(cost('10', -2.5)).gas).toBe(10n);
  });
});

describe('gasPerOperation', () => {
  it('is of both transactions, over everything that the batch holds', () => {
    expect(gasPerOperation({ counts, commit: cost('100000', 1), prove: cost('600000', 2) })).toBe(40_000n);
  });
  it('is not told before both are there, nor for an empty batch', () => {
    expect(gasPerOperation({ counts, commit: cost('100000', 1) })).toBeUndefined();
    const none = { l1Ops: 0, ledgerTxs: 0, ops: 0, exits: 0, evmTxs: 0 };
    expect(gasPerOperation({ counts: none, commit: cost('1', 1), prove: cost('1', 1) })).toBeUndefined();
  });
});

describe('fillOf', () => {
  it.each([
    [{ l1Ops: 2, ops: 8 }, 0.75],
    [{ l1Ops: 1, ops: 8 }, 1],
    [{ l1Ops: 0, ops: 0 }, 0],
  ])('%j', (room, fill) => expect(fillOf({ counts, room })).toBe(fill));
});
