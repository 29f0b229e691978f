import { describe, expect, test } from 'vitest';
import { transfer } from '../testing/actors.ts';
import type { Field, Op } from '../types.ts';
import { encodePayout, type Weight } from './memo.ts';
import type { EpochResult } from './payout.ts';
import {
  AGENT,
  agent,
  commit,
  DOCUMENT,
  E,
  EPOCH,
  KEEPER,
  P,
  reveal,
  SERVICE,
  ServiceWorld,
  START,
  w,
} from './testing/serviceWorld.ts';
import { type PayoutTransaction, verifyPayout } from './verifyPayout.ts';

function paidTo(result: EpochResult, account: number): bigint {
  return result.paid.find(([to]) => to === account)?.[1] ?? 0n;
}

function sum(result: EpochResult): bigint {
  return result.paid.reduce((total, [, amount]) => total + amount, 0n);
}

/** What the keeper's bundle for a result is; `change` lets it pay something else. */
function payOps(result: EpochResult, change: (paid: [number, bigint][]) => [number, bigint][] = (paid) => paid): Op[] {
  const memo = encodePayout({ epoch: result.epoch, resultHash: result.resultHash });
  const payments = change(result.paid.map(([account, amount]) => [account, amount]));
  return [
    transfer(KEEPER, SERVICE, 0n, { memo }),
    ...payments.map(([account, amount]) => transfer(SERVICE, account, amount)),
  ];
}

describe('what an epoch pays', () => {
  const stakes = [400n, 300n, 300n];

  test('providers by what evaluators agree on, evaluators for having agreed; rounding stays in the pool', () => {
    const world = new ServiceWorld().begin().join(stakes, 3);
    const scores = w([1, 60_000], [2, 30_000]);
    world.judge(0, { 1: scores, 2: scores, 3: scores });
    const result = world.ledger.payout(0);
    expect(paidTo(result, P(1))).toBeGreaterThan(paidTo(result, P(2)));
    expect(paidTo(result, P(2))).toBeGreaterThan(0n);
    expect(paidTo(result, P(3))).toBe(0n);
    expect(paidTo(result, E(1))).toBeGreaterThan(paidTo(result, E(2)));
    expect(sum(result)).toBeLessThanOrEqual(DOCUMENT.emission);
    expect(sum(result)).toBeGreaterThan(DOCUMENT.emission - 20n);
    expect(result.left).toBe(10_000_000n - sum(result));
    expect(result.yuma.incentive.slice(0, 3)).toEqual([0, 0, 0]);
  });

  test('never more than the pool held at the start', () => {
    const world = new ServiceWorld().begin(900n).join(stakes, 2);
    world.at(START - 5, [P(1), transfer(P(1), SERVICE, 50n)]);
    world.judge(0, { 1: w([1, 9]), 2: w([1, 9]), 3: w([1, 9]) });
    const result = world.ledger.payout(0);
    expect(result.emission).toBe(950n);
    expect(sum(result)).toBeLessThanOrEqual(950n);
  });

  test('money that comes with the first batch of an epoch is for the next one', () => {
    const world = new ServiceWorld().begin(900n).join(stakes, 2);
    world.at(START, [P(1), transfer(P(1), SERVICE, 50n)]);
    world.at(START + 2 * EPOCH);
    expect(world.ledger.payout(0).pool).toBe(900n);
    expect(world.ledger.payout(1).pool).toBe(950n);
  });

  test('who commits and does not reveal earns nothing, whatever its bonds', () => {
    const world = new ServiceWorld().begin().join(stakes, 2);
    const scores = w([1, 60_000], [2, 60_000]);
    world.judge(0, { 1: scores, 2: scores, 3: scores });
    expect(paidTo(world.ledger.payout(0), E(3))).toBeGreaterThan(0n);
    const begin = START + EPOCH;
    world.at(begin + 10, ...[1, 2, 3].map((n) => [E(n), commit(n, 1, scores)] as const));
    world.at(begin + EPOCH - 100, ...[1, 2].map((n) => [E(n), ...reveal(n, 1, scores)] as const));
    world.at(begin + EPOCH);
    const result = world.ledger.payout(1);
    expect(paidTo(result, E(1))).toBeGreaterThan(0n);
    expect(paidTo(result, E(3))).toBe(0n);
    expect(result.yuma.dividends[2]).toBeGreaterThan(0);
  });

  test('if nobody reveals, nobody is paid: stake alone earns nothing', () => {
    const world = new ServiceWorld()
      .begin()
      .join(stakes, 2)
      .at(START + EPOCH);
    const result = world.ledger.payout(0);
    expect(result.yuma.emission.some((amount) => amount > 0n)).toBe(true);
    expect(result.paid).toEqual([]);
    expect(result.left).toBe(10_000_000n);
  });

  test('nobody takes part: nothing, with a hash all the same', () => {
    const world = new ServiceWorld().begin().at(START + EPOCH);
    const result = world.ledger.payout(0);
    expect([result.participants, result.paid, result.newBonds]).toEqual([[], [], []]);
    expect(result.resultHash).toBeGreaterThan(0n);
  });

  test('bonds are carried over by account, though uids move', () => {
    const world = new ServiceWorld().begin().join(
      [0n, 500n, 500n].map((x) => x + 100n),
      2,
    );
    const scores = w([1, 60_000], [2, 20_000]);
    world.judge(0, { 2: scores, 3: scores });
    const first = world.ledger.payout(0);
    // Someone with a lower index joins: every uid behind it moves.
    world.at(START + EPOCH + 5, [P(3), transfer(P(3), SERVICE, 1n)]);
    world.judge(1, { 2: scores, 3: scores });
    const second = world.ledger.payout(1);
    expect(second.bonds).toEqual(first.newBonds);
    expect(first.newBonds.map(([evaluator]) => evaluator)).toEqual([E(2), E(3)]);
    expect(new Map(first.newBonds).get(E(2))?.map(([provider]) => provider)).toEqual([P(1), P(2)]);
  });

  test('an evaluator that is a provider, too, cannot raise itself', () => {
    const world = new ServiceWorld().begin().join([...stakes], 1);
    world.at(START - 100, [E(1), agent(51, AGENT(51), E(1))]);
    const own: Weight = [AGENT(51), 65_535];
    world.judge(0, { 1: [own], 2: w([1, 60_000]), 3: w([1, 60_000]) });
    const result = world.ledger.payout(0);
    expect(result.participants[0]).toMatchObject({ account: E(1), isEvaluator: true, isProvider: true });
    expect(result.yuma.incentive[0]).toBe(0);
    expect(paidTo(result, E(1))).toBe(0n);
  });

  test('40 % who collude give their provider nothing; 60 % would', () => {
    const honest = w([1, 65_535]);
    const collusion = w([2, 65_535]);
    const play = (stakes: readonly bigint[]) => {
      const world = new ServiceWorld().begin().join(stakes, 2);
      world.judge(0, { 1: honest, 2: honest, 3: collusion, 4: collusion });
      return world.ledger.payout(0);
    };
    const minority = play([300n, 300n, 200n, 200n]);
    expect(paidTo(minority, P(2))).toBe(0n);
    expect(paidTo(minority, E(3))).toBe(0n);
    expect(paidTo(minority, P(1))).toBeGreaterThan(0n);
    const majority = play([200n, 200n, 300n, 300n]);
    expect(paidTo(majority, P(1))).toBe(0n);
    expect(paidTo(majority, P(2))).toBeGreaterThan(0n);
  });

  test('who copies the weights of the epoch before earns less than who judges, once quality moves', () => {
    const world = new ServiceWorld().begin(50_000_000n).join([300n, 300n, 300n, 300n], 4);
    const seen = [w([1, 65_535], [2, 1]), w([2, 65_535], [3, 1]), w([3, 65_535], [4, 1]), w([1, 1], [4, 65_535])];
    let [copier, honest] = [0n, 0n];
    for (const [epoch, now] of seen.entries()) {
      world.judge(epoch, { 1: now, 2: now, 3: now, ...(epoch > 0 && { 4: seen[epoch - 1] ?? [] }) });
      if (epoch === 0) continue;
      copier += paidTo(world.ledger.payout(epoch), E(4));
      honest += paidTo(world.ledger.payout(epoch), E(1));
    }
    expect(copier * 2n).toBeLessThan(honest);
  });
});

describe('what the keeper paid', () => {
  const over = () => {
    const world = new ServiceWorld().begin().join([400n, 300n, 300n], 3);
    const scores = w([1, 60_000], [2, 30_000]);
    world.judge(0, { 1: scores, 2: scores, 3: scores });
    return world;
  };

  test('nothing yet, then everything', () => {
    const world = over();
    expect(world.ledger.verify(0)).toMatchObject({ status: 'unpaid', paid: 0n });
    const result = world.ledger.payout(0);
    world.at(START + EPOCH + 5, [KEEPER, ...payOps(result)]);
    expect(world.ledger.verify(0)).toEqual({
      epoch: 0,
      status: 'paid',
      due: sum(result),
      paid: sum(result),
      differences: [],
      otherResults: [],
    });
    expect(world.balance(P(1))).toBe(100_000n + paidTo(result, P(1)));
  });

  test('a part of it, then the rest in another transaction', () => {
    const world = over();
    const result = world.ledger.payout(0);
    world.at(START + EPOCH + 5, [KEEPER, ...payOps(result, (paid) => paid.slice(0, 2))]);
    expect(world.ledger.verify(0)).toMatchObject({ status: 'partial' });
    world.at(START + 3 * EPOCH, [KEEPER, ...payOps(result, (paid) => paid.slice(2))]);
    expect(world.ledger.verify(0).status).toBe('paid');
  });

  test('other amounts, somebody else, or twice: it is told who', () => {
    const world = over();
    const result = world.ledger.payout(0);
    const [[first, amount] = [0, 0n], [second, other] = [0, 0n]] = result.paid;
    world.at(START + EPOCH + 5, [
      KEEPER,
      ...payOps(result, ([a, b, ...rest]) => [
        [a?.[0] ?? 0, (a?.[1] ?? 0n) + 1n],
        [b?.[0] ?? 0, (b?.[1] ?? 0n) - 1n],
        [P(8), 3n],
        ...rest,
      ]),
    ]);
    const verdict = world.ledger.verify(0);
    expect(verdict.status).toBe('wrong');
    expect(verdict.differences).toEqual([
      { account: first, due: amount, paid: amount + 1n },
      { account: second, due: other, paid: other - 1n },
      { account: P(8), due: 0n, paid: 3n },
    ]);
    world.at(START + EPOCH + 6, [KEEPER, ...payOps(result)]);
    expect(world.ledger.verify(0).differences).toHaveLength(result.paid.length + 1);
  });

  test('another result named', () => {
    const world = over();
    const result = world.ledger.payout(0);
    world.at(START + EPOCH + 5, [KEEPER, ...payOps({ ...result, resultHash: 7n as Field })]);
    expect(world.ledger.verify(0)).toMatchObject({
      status: 'wrong',
      differences: [],
      otherResults: [{ position: 0, resultHash: 7n }],
    });
  });

  test('transactions for other epochs do not count', () => {
    const { paid, resultHash } = over().ledger.payout(0);
    const other: PayoutTransaction = { epoch: 1, batch: 9, position: 0, part: 0, parts: 1, resultHash, payments: paid };
    expect(verifyPayout({ epoch: 0, paid, resultHash }, [other]).status).toBe('unpaid');
    expect(verifyPayout({ epoch: 3, paid: [], resultHash }, []).status).toBe('paid');
  });

  test('whoever replays the same batches has the same result', () => {
    const [one, two] = [over().ledger.payout(0), over().ledger.payout(0)];
    expect(one.resultHash).toBe(two.resultHash);
    expect(one).toEqual(two);
  });
});
