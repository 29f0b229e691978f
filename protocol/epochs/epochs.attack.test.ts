/** What a keeper, evaluators, providers, outsiders and whoever builds blocks could try. Each case failed against an earlier rule or guards one. */
import { describe, expect, test } from 'vitest';
import { accountIndex } from '../ids.ts';
import { attest, exit, transfer } from '../testing/actors.ts';
import { type Op, Subtype } from '../types.ts';
import { encodePayout, type Weight } from './memo.ts';
import type { EpochResult } from './payout.ts';
import { ServiceLedger } from './serviceLedger.ts';
import {
  AGENT,
  agent,
  commit,
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

const STAKES = [400n, 300n, 300n];
const GOOD = w([1, 60_000], [2, 30_000]);
const ALL = { 1: GOOD, 2: GOOD, 3: GOOD };

function sum(result: EpochResult): bigint {
  return result.paid.reduce((total, [, amount]) => total + amount, 0n);
}

function paidTo(result: EpochResult, account: number): bigint {
  return result.paid.find(([to]) => to === account)?.[1] ?? 0n;
}

function payOps(result: EpochResult, payments = result.paid): Op[] {
  const memo = encodePayout({ epoch: result.epoch, resultHash: result.resultHash });
  return [
    transfer(KEEPER, SERVICE, 0n, { memo }),
    ...payments.map(([account, amount]) => transfer(SERVICE, account, amount)),
  ];
}

function participants(world: ServiceWorld, epoch: number): number[] {
  return world.ledger.participantsOf(epoch).flatMap(({ agent: index }) => (index === undefined ? [] : [index]));
}

describe('a keeper', () => {
  test.each<[string, Op]>([
    ['TRANSFER', transfer(SERVICE, KEEPER, 10_000_000n)],
    ['EXIT', exit(SERVICE, 5n, 10_000_000n)],
  ])('that empties the pool by %s just before the end owes what was promised at the start', (_, drain) => {
    const world = new ServiceWorld().begin().join(STAKES, 2);
    const begin = START;
    world.at(begin + 10, ...[1, 2, 3].map((n) => [E(n), commit(n, 0, GOOD)] as const));
    world.at(begin + EPOCH - 100, ...[1, 2, 3].map((n) => [E(n), ...reveal(n, 0, GOOD)] as const));
    world.at(begin + EPOCH - 1, [KEEPER, drain]).at(begin + EPOCH);
    const result = world.ledger.payout(0);
    expect(world.ledger.service?.pool).toBe(0n);
    expect(sum(result)).toBeGreaterThan(999_000n);
    expect(world.ledger.verify(0)).toMatchObject({ status: 'unpaid', due: sum(result), paid: 0n });
    // And nobody is promised anything more of a pool that is empty.
    world.judge(1, ALL);
    expect(world.ledger.payout(1)).toMatchObject({ emission: 0n, paid: [] });
  });

  test('that pays late does not have the same money promised twice', () => {
    const world = new ServiceWorld().begin(1_500_000n).join(STAKES, 2).judge(0, ALL).judge(1, ALL).judge(2, ALL);
    const results = [0, 1, 2].map((epoch) => world.ledger.payout(epoch));
    expect(results.map(({ emission }) => emission)).toEqual([
      1_000_000n,
      1_500_000n - sum(results[0] as EpochResult),
      1_500_000n - sum(results[0] as EpochResult) - sum(results[1] as EpochResult),
    ]);
    const due = results.reduce((total, result) => total + sum(result), 0n);
    expect(due).toBeLessThanOrEqual(1_500_000n);
    // So all of it can be paid, in any order.
    world.at(START + 3 * EPOCH + 1, ...results.reverse().map((result) => [KEEPER, ...payOps(result)] as const));
    expect([0, 1, 2].map((epoch) => world.ledger.verify(epoch).status)).toEqual(['paid', 'paid', 'paid']);
  });

  test('that pays a part, then another epoch’s due twice: each debt is settled by its own payments only', () => {
    const world = new ServiceWorld().begin(5_000_000n).join(STAKES, 2).judge(0, ALL).judge(1, ALL);
    const [first, second] = [world.ledger.payout(0), world.ledger.payout(1)];
    world.at(START + 2 * EPOCH + 1, [KEEPER, ...payOps(first)], [KEEPER, ...payOps(first)]);
    expect(world.ledger.verify(0).status).toBe('wrong');
    expect(world.ledger.state().debts).toEqual([{ epoch: 1, owed: second.paid }]);
    world.at(START + 2 * EPOCH + 2, [KEEPER, ...payOps(second, second.paid.slice(1))]);
    expect(world.ledger.verify(1).status).toBe('partial');
    expect(world.ledger.state().debts).toEqual([{ epoch: 1, owed: second.paid.slice(0, 1) }]);
  });

  test('cannot pay before it is due what an epoch comes to', () => {
    const world = new ServiceWorld().begin().join(STAKES, 2);
    const guess = [transfer(SERVICE, P(1), 5n, { memo: encodePayout({ epoch: 0, resultHash: 1n as never }) })];
    world.at(START + 5, [KEEPER, ...guess]).at(START + EPOCH);
    expect(world.ledger.payments(0)).toEqual([]);
  });

  test('that never pays: what is owed is kept for eight epochs, and survives a restart', () => {
    const world = new ServiceWorld().begin(100_000_000n).join(STAKES, 2);
    for (let epoch = 0; epoch < 10; epoch += 1) world.judge(epoch, ALL);
    expect(world.ledger.state().debts.map(({ epoch }) => epoch)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    const copy = ServiceLedger.restore(world.ledger.options, JSON.parse(JSON.stringify(world.ledger.toJson())));
    expect(copy.state().debts).toEqual(world.ledger.state().debts);
  });

  test('what an epoch promises does not depend on how many epochs a ledger keeps', () => {
    const world = new ServiceWorld({}, 1).begin(1_500_000n).join(STAKES, 2).judge(0, ALL).judge(1, ALL);
    const far = START + 40 * EPOCH;
    world.at(far, ...[1, 2, 3].map((n) => [E(n), commit(n, 40, GOOD)] as const));
    world.at(far + EPOCH - 100, ...[1, 2, 3].map((n) => [E(n), ...reveal(n, 40, GOOD)] as const)).at(far + EPOCH);
    const all = new ServiceLedger({ ...world.ledger.options, keepEpochs: 64 });
    for (const batch of world.batches) all.apply(batch);
    expect(all.payout(40)).toEqual(world.ledger.payout(40));
    expect(all.epochs).toHaveLength(41);
  });
});

describe('evaluators', () => {
  test('who agree to say nothing share nothing', () => {
    const world = new ServiceWorld().begin().join(STAKES, 2).judge(0, { 1: [], 2: [], 3: [] });
    const result = world.ledger.payout(0);
    expect(result.reveals.size).toBe(3);
    expect(result.paid).toEqual([]);
  });

  test('one who reveals while most of the stake is silent is not paid by stake', () => {
    const world = new ServiceWorld().begin().join([100n, 5_000n, 5_000n], 2).judge(0, { 1: GOOD });
    expect(world.ledger.payout(0).paid).toEqual([]);
  });

  test('an epoch in which nobody reveals changes no bonds, however many pass', () => {
    const world = new ServiceWorld().begin().join(STAKES, 2).judge(0, ALL);
    const { newBonds } = world.ledger.payout(0);
    expect(newBonds.length).toBeGreaterThan(0);
    world.at(START + 100_000 * EPOCH, [E(1), commit(1, 100_000, GOOD)]);
    expect(world.ledger.currentEpoch).toBe(100_000);
    expect(world.ledger.payout(99_999)).toMatchObject({ bonds: newBonds, newBonds, paid: [] });
    expect(world.ledger.state().open?.bonds).toEqual(newBonds);
  });
});

describe('agents', () => {
  test('that came first keep nobody out for ever: of who earns nothing each epoch draws others', () => {
    // Five squatters with the first indices, room for two.
    const world = new ServiceWorld({ maxProviders: 2 }).begin().join(STAKES, 5);
    world.at(START - 200, [P(6), agent(6)]);
    const seen = Array.from({ length: 16 }, (_, epoch) => {
      world.at(START + epoch * EPOCH);
      return participants(world, epoch).map((index) => index - AGENT(0));
    });
    expect(seen.every((places) => places.length === 2)).toBe(true);
    expect(new Set(seen.flat())).toEqual(new Set([1, 2, 3, 4, 5, 6]));
  });

  test('that earn keep their places while the others are drawn', () => {
    const world = new ServiceWorld({ maxProviders: 2 }).begin().join(STAKES, 5);
    const first = participants(world, 0)[0] ?? 0;
    const own: Weight[] = [[accountIndex(first), 60_000]];
    world.judge(0, { 1: own, 2: own, 3: own });
    const seen = Array.from({ length: 12 }, (_, i) => i + 1).map((epoch) => {
      world.at(START + epoch * EPOCH);
      return participants(world, epoch).map((index) => index - AGENT(0));
    });
    // Nobody judged since: the last one that earned something stays.
    expect(seen.every((places) => places.includes(first - AGENT(0)))).toBe(true);
    expect(new Set(seen.flat())).toEqual(new Set([1, 2, 3, 4, 5]));
    const copy = ServiceLedger.restore(world.ledger.options, JSON.parse(JSON.stringify(world.ledger.toJson())));
    expect(copy.participantsOf(20)).toEqual(world.ledger.participantsOf(20));
  });

  test('who would take part in the next epoch is told as it will be', () => {
    const world = new ServiceWorld({ maxProviders: 2 }).begin().join(STAKES, 5);
    world.at(START);
    const four: Weight[] = [[accountIndex(participants(world, 0)[1] ?? 0), 60_000]];
    world.at(START + 10, ...[1, 2, 3].map((n) => [E(n), commit(n, 0, four)] as const));
    world.at(START + EPOCH - 100, ...[1, 2, 3].map((n) => [E(n), ...reveal(n, 0, four)] as const));
    const told = world.ledger.participantsOf(1);
    world.at(START + EPOCH);
    expect(world.ledger.participants).toEqual(told);
  });

  test('an owner whose first agent changes just before the start spoils no reveal', () => {
    const world = new ServiceWorld().begin().join(STAKES, 2);
    const told = participants(world, 0);
    // Whoever builds blocks chooses the index.
    world.at(START - 1, [P(2), agent(2, 150)]).judge(0, ALL);
    expect(told).toContain(AGENT(2));
    expect(world.ledger.payout(0).participants.find(({ account }) => account === P(2))?.agent).toBe(150);
    expect(world.ledger.payout(0).reveals.size).toBe(3);
    expect(paidTo(world.ledger.payout(0), P(1))).toBeGreaterThan(0n);
    expect(paidTo(world.ledger.payout(0), P(2))).toBe(0n);
  });

  test('of other services, or called a service, are none of this one', () => {
    const world = new ServiceWorld().begin().join(STAKES, 1);
    world.at(START - 100, [P(2), attest(P(2), 401, { subtype: Subtype.SERVICE })]);
    world.at(START - 99, [P(3), attest(P(3), 402, { parent: 401, subtype: Subtype.AGENT })]);
    world.at(START);
    expect(participants(world, 0)).toEqual([AGENT(1)]);
  });

  test('that are the keeper’s are paid like others, and only by what others say', () => {
    const world = new ServiceWorld().begin().join(STAKES, 1);
    world.at(START - 100, [KEEPER, agent(51, AGENT(51), KEEPER)]);
    const both: Weight[] = [
      [AGENT(1), 60_000],
      [AGENT(51), 60_000],
    ];
    world.judge(0, { 1: both, 2: both, 3: both });
    const result = world.ledger.payout(0);
    expect(paidTo(result, KEEPER)).toBe(paidTo(result, P(1)));
  });
});
