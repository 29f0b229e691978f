import { describe, expect, it } from 'vitest';
import { type Earner, type Judge, paymentOf, summaryOf, whyEarned, whyJudged } from './epochStory.ts';
import { weightTable } from './weightTable.ts';

const earner = (account: number, more: Partial<Earner> = {}): Earner => ({
  account,
  agent: account + 100,
  consensus: 0,
  rank: 0,
  incentive: 0,
  due: '0',
  paid: '0',
  ...more,
});

const judge = (account: number, weights: readonly (readonly [number, number])[], more: Partial<Judge> = {}): Judge => ({
  account,
  stake: '100',
  hasRevealed: weights.length > 0,
  weights: weights.map(([provider, weight]) => ({ provider, weight })),
  clipped: [],
  dividend: 0,
  due: '0',
  paid: '0',
  ...more,
});

const judges = [
  judge(
    1,
    [
      [10, 0.7],
      [11, 0.3],
    ],
    { stake: '300', dividend: 0.6, due: '60' },
  ),
  judge(
    2,
    [
      [10, 0.4],
      [12, 0.6],
    ],
    { clipped: [{ provider: 12, weight: 0.6 }], due: '20' },
  ),
  judge(3, [], { stake: '600' }),
];

describe('why a provider earned what it earned', () => {
  const over = { state: 'paid', judges } as const;

  it('by who stood behind it, with which part of all stake, silent stake included', () => {
    expect(whyEarned(over, earner(10, { consensus: 0.4, incentive: 0.8 }))).toEqual({
      kind: 'earned',
      judges: 2,
      stake: 0.4,
      clipped: 0,
    });
  });

  it('tells who was cut', () => {
    expect(whyEarned(over, earner(12, { consensus: 0.1, incentive: 0.2 }))).toMatchObject({ clipped: 1, judges: 1 });
  });

  it('nothing: nobody weighed it, too little stake did, or it is too little to be counted', () => {
    expect(whyEarned(over, earner(99))).toEqual({ kind: 'nobody' });
    expect(whyEarned(over, earner(11))).toEqual({ kind: 'unsupported', judges: 1, stake: 0.3 });
    expect(whyEarned(over, earner(11, { consensus: 0.00002 }))).toEqual({ kind: 'small' });
  });

  it('is not said before the epoch is over, whatever the figures are', () => {
    expect(whyEarned({ ...over, state: 'open' }, earner(10, { incentive: 1 }))).toEqual({ kind: 'open' });
  });

  it('an epoch without stake divides by nothing', () => {
    const lonely = { state: 'paid', judges: [judge(1, [[10, 1]], { stake: '0' })] } as const;
    expect(whyEarned(lonely, earner(10))).toEqual({ kind: 'unsupported', judges: 1, stake: 0 });
  });
});

describe('why an evaluator earned what it earned', () => {
  it('by dividends, and what was cut', () => {
    expect(whyJudged({ state: 'paid' }, judges[0] as Judge)).toEqual({ kind: 'earned', clipped: 0 });
    expect(whyJudged({ state: 'paid' }, judges[1] as Judge)).toEqual({ kind: 'nothing', clipped: 0.6 });
  });

  it('silent, ignored, or not over', () => {
    expect(whyJudged({ state: 'unpaid' }, judges[2] as Judge)).toEqual({ kind: 'silent' });
    expect(whyJudged({ state: 'open' }, judges[2] as Judge)).toEqual({ kind: 'open' });
    expect(whyJudged({ state: 'open' }, judge(4, [], { ignored: 'LATE' }))).toEqual({
      kind: 'ignored',
      reason: 'LATE',
    });
  });
});

describe('an epoch in short', () => {
  it('who revealed, with how much of the stake, and what goes to whom', () => {
    expect(summaryOf({ judges, earners: [earner(10, { due: '75' }), earner(11, { due: '5' })] })).toEqual({
      revealed: 2,
      judges: 3,
      stake: 0.4,
      toProviders: 80n,
      toEvaluators: 80n,
    });
  });

  it('compares what was paid with what is due, to the last base unit', () => {
    const huge = '123456789012345678901234567890';
    expect(paymentOf({ due: huge, paid: huge }, false)).toEqual({ payment: 'exact', difference: 0n });
    expect(paymentOf({ due: huge, paid: '123456789012345678901234567889' }, false)).toEqual({
      payment: 'missing',
      difference: 1n,
    });
    expect(paymentOf({ due: '0', paid: '7' }, false)).toEqual({ payment: 'excess', difference: 7n });
    expect(paymentOf({ due: '0', paid: '0' }, false).payment).toBe('nothing');
    expect(paymentOf({ due: '0', paid: '0' }, true).payment).toBe('notDue');
  });
});

describe('the table of weights', () => {
  it('has the providers with most incentive, then those with most weight', () => {
    const { columns, rows } = weightTable({
      judges,
      earners: [earner(11), earner(10, { incentive: 0.9, consensus: 0.4 }), earner(12), earner(13)],
    });
    expect(columns.map(({ account }) => account)).toEqual([10, 12, 11]);
    // largest stake first; who revealed nothing has no row
    expect(rows.map(({ judge: { account } }) => account)).toEqual([1, 2]);
    expect(rows[1]?.cells).toEqual([
      { weight: 0.4, clipped: 0, heat: 4 },
      { weight: 0.6, clipped: 0.6, heat: 6 },
      { weight: 0, clipped: 0, heat: 0 },
    ]);
  });

  it('is bounded both ways, and says so', () => {
    const many = Array.from({ length: 60 }, (_, i) => i);
    const table = weightTable({
      judges: many.map((i) =>
        judge(
          1_000 + i,
          many.map((j) => [j, 1 / 60] as const),
          { stake: `${i}` },
        ),
      ),
      earners: many.map((i) => earner(i)),
    });
    expect(table.columns).toHaveLength(12);
    expect(table.rows).toHaveLength(24);
    expect(table).toMatchObject({ areColumnsCut: true, areRowsCut: true });
    expect(table.rows[0]?.judge.account).toBe(1_059);
  });
});
