import { describe, expect, it } from 'vitest';
import { type Bucket, bucketsIn, marketPoints, statsTokens, totalsOf } from './marketStats.ts';

const bucket = (start: number, more: Partial<Bucket> = {}): Bucket => ({
  start,
  blocks: 1,
  ledgerTxs: 1,
  evmTxs: 0,
  evmGasUsed: '0',
  ops: {},
  l1Ops: 0,
  inference: [],
  fees: [],
  evmFees: '0',
  batches: 0,
  proofs: { count: 0, seconds: 0 },
  ...more,
});

const buckets = [
  bucket(0, {
    inference: [
      { token: 0, claims: 2, paid: '1500000000000000000', royalties: '500000000000000000' },
      { token: 3, claims: 9, paid: '7', royalties: '1' },
    ],
    fees: [{ token: 0, amount: '250000000000000000' }],
    proofs: { count: 2, seconds: 30 },
  }),
  bucket(3_600),
  bucket(7_200, {
    inference: [{ token: 0, claims: 1, paid: '1', royalties: '0' }],
    proofs: { count: 1, seconds: 6 },
  }),
];

describe('the figures of the market', () => {
  it('are sums of one token, exact to the base unit', () => {
    expect(totalsOf(buckets, 0)).toEqual({
      claims: 3,
      paid: 1_500_000_000_000_000_001n,
      royalties: 500_000_000_000_000_000n,
      proofSeconds: 12,
    });
    expect(totalsOf(buckets, 3)).toMatchObject({ claims: 9, paid: 7n, royalties: 1n });
    expect(totalsOf([], 0)).toEqual({ claims: 0, paid: 0n, royalties: 0n });
  });

  it('are drawn in whole tokens; a time without a proof is a gap, one without a block a zero', () => {
    const range = { interval: 3_600, count: 4, now: 7_300 };
    const [first, , last] = buckets;
    const known = [first, last].filter((one) => one !== undefined);
    const points = marketPoints(known, { token: 0, decimals: 18, ...range });
    expect(points.map(({ at, values }) => ({ at, ...values }))).toEqual([
      { at: -3_600, claims: 0, paid: 0, royalties: 0, fees: 0 },
      { at: 0, claims: 2, paid: 1.5, royalties: 0.5, fees: 0.25, proving: 15 },
      { at: 3_600, claims: 0, paid: 0, royalties: 0, fees: 0 },
      { at: 7_200, claims: 1, paid: 1e-18, royalties: 0, fees: 0, proving: 6 },
    ]);
  });

  it('are those of the range, though the node lists older intervals when few had blocks', () => {
    const range = { interval: 3_600, count: 2, now: 7_300 };
    expect(bucketsIn(buckets, range).map(({ start }) => start)).toEqual([3_600, 7_200]);
    expect(bucketsIn(buckets, { ...range, now: 99 * 3_600 })).toEqual([]);
    // the node's clock is ahead
    expect(bucketsIn(buckets, { ...range, now: 0 }).map(({ start }) => start)).toEqual([3_600, 7_200]);
  });

  it('name the tokens there are', () => {
    expect(statsTokens(buckets)).toEqual([0, 3]);
  });
});
