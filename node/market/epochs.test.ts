import { describe, expect, it } from 'vitest';
import { wordHex } from '../../protocol/bytes.ts';
import { serviceDocumentText } from '../../protocol/epochs/serviceDocument.ts';
import {
  AGENT,
  commit,
  DOCUMENT,
  E,
  EPOCH,
  KEEPER,
  P,
  reveal,
  SERVICE,
  ServiceWorld,
  STAKE,
  START,
  w,
  wallet,
} from '../../protocol/epochs/testing/serviceWorld.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { open } from '../../protocol/testing/actors.ts';
import { Subtype } from '../../protocol/types.ts';
import type { Market } from './market.ts';
import { expectReason } from './testing/expectReason.ts';
import type { MarketWorld } from './testing/marketWorld.ts';
import { chainOf, closeMore, payOps, summariesOf } from './testing/serviceChain.ts';

const STAKES = [400n, 300n, 300n];
const SCORES = w([1, 60_000], [2, 30_000]);

function judged(): ServiceWorld {
  return new ServiceWorld().begin().join(STAKES, 3).judge(0, { 1: SCORES, 2: SCORES, 3: SCORES });
}

async function opened(world: ServiceWorld): Promise<{ chain: MarketWorld; market: Market }> {
  const chain = chainOf(world);
  const market = await chain.market();
  await market.publish(SERVICE, serviceDocumentText(world.document));
  await summariesOf(market);
  return { chain, market };
}

describe('epochs of a service', () => {
  it('are told newest first, with what is due', async () => {
    const world = judged();
    const { market } = await opened(world);
    const due = world.ledger.payout(0).paid.reduce((sum, [, amount]) => sum + amount, 0n);
    const counts = { providers: 3, evaluators: 3 };
    expect(await market.epochs(SERVICE, 25)).toEqual([
      { epoch: 1, from: START + EPOCH, to: START + 2 * EPOCH, state: 'open', due: 0n, paid: 0n, ...counts },
      { epoch: 0, from: START, to: START + EPOCH, state: 'unpaid', due, paid: 0n, ...counts },
    ]);
    expect(await market.epochs(SERVICE, 1)).toHaveLength(1);
    expect((await market.services())[0]?.currentEpoch).toBe(1);
    expect(await market.epoch(SERVICE, 7)).toBeUndefined();
  });

  it('wait for the proof of the batch that paid them', async () => {
    const world = judged();
    const { chain, market } = await opened(world);
    const state = async () => (await summariesOf(market)).find(({ epoch }) => epoch === 0)?.state;
    world.at(START + EPOCH + 5, payOps(world.ledger.payout(0)));
    closeMore(chain, world);
    await expect.poll(state).toBe('waiting');
    chain.proven = world.batches.length;
    expect(await state()).toBe('paid');
  });

  it.each([
    ['less', 'unpaid', -1n],
    ['more', 'wrong', 1n],
  ] as const)('that a keeper pays %s than is due for are %s', async (_, state, difference) => {
    const world = judged();
    world.at(
      START + EPOCH + 5,
      payOps(world.ledger.payout(0), (amount) => amount + difference),
    );
    const { market } = await opened(world);
    const [, over] = await market.epochs(SERVICE, 25);
    expect(over?.state).toBe(state);
    expect(over?.paid).toBe((over?.due ?? 0n) + 5n * difference);
  });

  it('that a keeper says to pay by another result are wrong', async () => {
    const world = judged();
    world.at(START + EPOCH + 5, payOps({ ...world.ledger.payout(0), resultHash: world.ledger.options.domain }));
    const { market } = await opened(world);
    expect((await market.epochs(SERVICE, 25))[1]?.state).toBe('wrong');
  });
});

describe('an epoch', () => {
  it('says who earned what, and why', async () => {
    const world = judged();
    const result = world.ledger.payout(0);
    const { market } = await opened(world);
    const view = await market.epoch(SERVICE, 0);
    const due = new Map(result.paid);
    expect(view).toMatchObject({ service: SERVICE, token: 0, resultHash: wordHex(result.resultHash), state: 'unpaid' });
    expect(view?.earners.map(({ account, agent, due: amount }) => [account, agent, amount])).toEqual([
      [P(1), AGENT(1), due.get(P(1))],
      [P(2), AGENT(2), due.get(P(2))],
      [P(3), AGENT(3), 0n],
    ]);
    expect(view?.earners.reduce((sum, { incentive }) => sum + incentive, 0)).toBeCloseTo(1, 3);
    expect(view?.judges.map(({ account, stake: amount, hasRevealed }) => [account, amount, hasRevealed])).toEqual([
      [E(1), 400n, true],
      [E(2), 300n, true],
      [E(3), 300n, true],
    ]);
    expect(view?.judges[0]?.weights).toEqual([
      { provider: P(1), weight: 2 / 3 },
      { provider: P(2), weight: 1 / 3 },
    ]);
    expect(view?.judges.flatMap(({ clipped }) => clipped)).toEqual([]);
    const all = [...(view?.earners ?? []), ...(view?.judges ?? [])];
    expect(all.reduce((sum, one) => sum + one.due, 0n)).toBe(view?.due);
  });

  it('shows what too little stake supported as clipped', async () => {
    const world = new ServiceWorld().begin().join(STAKES, 3);
    world.judge(0, { 1: w([1, 60_000]), 2: w([1, 60_000]), 3: w([1, 1], [3, 65_535]) });
    const { market } = await opened(world);
    const view = await market.epoch(SERVICE, 0);
    const friend = view?.judges.find(({ account }) => account === E(3));
    expect(friend?.clipped.map(({ provider }) => provider)).toEqual([P(3)]);
    expect(friend?.clipped[0]?.weight).toBeCloseTo(1, 3);
    // 700 of 1,000 staked give all they have; what is left of it is everything.
    const first = view?.earners.find(({ account }) => account === P(1));
    expect([first?.rank, first?.incentive]).toEqual([expect.closeTo(0.7, 3), expect.closeTo(1, 3)]);
    expect(view?.earners.find(({ account }) => account === P(3))).toMatchObject({ consensus: 0, due: 0n });
    expect(view?.judges.find(({ account }) => account === E(1))?.clipped).toEqual([]);
  });

  it('says why a judge’s scores did not count', async () => {
    const world = new ServiceWorld().begin().join(STAKES, 3);
    world.at(START + 10, ...[1, 2].map((n) => [E(n), commit(n, 0, SCORES)] as const));
    // The second one reveals something else than it committed to, the third committed to nothing.
    world.at(
      START + EPOCH - 100,
      [E(1), ...reveal(1, 0, SCORES)],
      [E(2), ...reveal(2, 0, w([1, 9]))],
      [E(3), ...reveal(3, 0, SCORES)],
    );
    world.at(START + EPOCH);
    const { market } = await opened(world);
    const judges = (await market.epoch(SERVICE, 0))?.judges ?? [];
    expect(judges.map(({ hasRevealed, ignored, weights }) => [hasRevealed, ignored, weights.length])).toEqual([
      [true, undefined, 2],
      [false, 'OTHER_SCORES', 0],
      [false, 'NO_COMMITMENT', 0],
    ]);
  });

  it('of somebody who provides and evaluates has both shares, together what is due', async () => {
    const world = new ServiceWorld().begin().join(STAKES, 2);
    const terms = { provider: KEEPER, model: SERVICE, voucherKey: wallet(4), amount: 200n, expiry: START + 9 * EPOCH };
    world.at(START - 200, [P(1), open(P(1), STAKE(4), terms)]);
    world.judge(0, { 1: SCORES, 2: SCORES, 3: SCORES });
    world.at(START + EPOCH + 5, payOps(world.ledger.payout(0)));
    const { market } = await opened(world);
    const view = await market.epoch(SERVICE, 0);
    const all = [...(view?.earners ?? []), ...(view?.judges ?? [])];
    expect(view?.judges.some(({ account }) => account === P(1))).toBe(true);
    expect(all.filter(({ account }) => account === P(1)).map(({ due, paid }) => due === paid)).toEqual([true, true]);
    expect(all.reduce((sum, one) => sum + one.due, 0n)).toBe(view?.due);
    expect(all.reduce((sum, one) => sum + one.paid, 0n)).toBe(view?.paid);
  });

  it('that is open shows who takes part and what was revealed so far, and pays nothing', async () => {
    const world = new ServiceWorld().begin().join(STAKES, 3);
    world.at(START + 10, ...[1, 2, 3].map((n) => [E(n), commit(n, 0, SCORES)] as const));
    world.at(START + EPOCH - 100, [E(1), ...reveal(1, 0, SCORES)]);
    const { market } = await opened(world);
    const view = await market.epoch(SERVICE, 0);
    expect(view).toMatchObject({ state: 'open', due: 0n, paid: 0n, epoch: 0 });
    expect(view?.resultHash).toBeUndefined();
    expect(view?.earners.map(({ account, due }) => [account, due])).toEqual([1, 2, 3].map((n) => [P(n), 0n]));
    expect(view?.judges.map(({ hasRevealed, weights }) => [hasRevealed, weights.length])).toEqual([
      [true, 2],
      [false, 0],
      [false, 0],
    ]);
  });
});

describe('a provider’s score', () => {
  it('is its incentive in the last epoch that is over, and its place', async () => {
    const world = judged();
    const { chain, market } = await opened(world);
    for (const n of [1, 2, 3]) {
      const channel = 600 + n;
      chain.owner(P(n)).attestation(AGENT(n), { owner: P(n), subtype: Subtype.AGENT, parent: SERVICE });
      chain.channel(channel, { payer: E(1), provider: P(n) }).claim(channel);
    }
    const views = await market.providers({ service: SERVICE });
    const scores = new Map(views.map(({ owner, score }) => [owner, score]));
    expect(scores.get(P(1))).toMatchObject({ epoch: 0, rank: 1, among: 3 });
    expect(scores.get(P(2))).toMatchObject({ epoch: 0, rank: 2, among: 3 });
    expect(scores.get(P(3))).toEqual({ epoch: 0, rank: 3, among: 3, incentive: 0 });
    expect(scores.get(P(1))?.incentive).toBeCloseTo(2 / 3, 2);
  });
});

describe('whoever asks', () => {
  it('for what is no service, or has no document, is told so', async () => {
    const chain = chainOf(judged());
    const market = await chain.market();
    await expectReason('UNKNOWN_SERVICE', market.epochs(accountIndex(1), 5));
    await expectReason('UNKNOWN_SERVICE', market.epoch(accountIndex(5_000), 0));
    await expectReason('UNKNOWN_DOCUMENT', market.epochs(SERVICE, 5));
    await expectReason('UNKNOWN_DOCUMENT', market.epoch(SERVICE, 0));
  });

  it('a node that began with a snapshot is told that batches are missing', async () => {
    const chain = chainOf(judged());
    chain.hasBase = true;
    const market = await chain.market();
    await market.publish(SERVICE, serviceDocumentText(DOCUMENT));
    await expectReason('BATCHES_MISSING', market.epochs(SERVICE, 5));
  });
});
