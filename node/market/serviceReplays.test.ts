import { describe, expect, it, vi } from 'vitest';
import { type ServiceDocument, serviceDocumentText } from '../../protocol/epochs/serviceDocument.ts';
import {
  AGENT,
  DOCUMENT,
  EPOCH,
  KEEPER,
  P,
  SERVICE,
  ServiceWorld,
  START,
  w,
} from '../../protocol/epochs/testing/serviceWorld.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { type AccountIndex, Subtype } from '../../protocol/types.ts';
import { ReplayEngine } from './replayEngine.ts';
import { MAX_FOLLOWED } from './serviceReplays.ts';
import { expectReason } from './testing/expectReason.ts';
import { inlinePort, type MarketWorld } from './testing/marketWorld.ts';
import { chainOf, closeMore, commitmentTo, payOps, summariesOf } from './testing/serviceChain.ts';

const STAKES = [400n, 300n, 300n];
const [SCORES, OTHERS] = [w([1, 60_000], [2, 30_000]), w([2, 9])];
const TEXT = serviceDocumentText(DOCUMENT);

const begun = (): ServiceWorld => new ServiceWorld().begin().join(STAKES, 3);
const all = (scores: typeof SCORES) => ({ 1: scores, 2: scores, 3: scores });

/** Batches are read one by one, when `next` is called. */
function slowly(chain: MarketWorld): { next: () => void } {
  const waiting: (() => void)[] = [];
  chain.beforeRead = () => new Promise((resolve) => waiting.push(resolve));
  return { next: () => waiting.shift()?.() };
}

/** Another service at `index`, which no batch attests: it has epochs without anybody. */
function another(chain: MarketWorld, index: number): { index: AccountIndex; text: string } {
  const document: ServiceDocument = { ...DOCUMENT, name: `service ${index}` };
  const text = serviceDocumentText(document);
  chain.attestation(index, { owner: KEEPER, subtype: Subtype.SERVICE, artefact: commitmentTo(text) });
  return { index: accountIndex(index), text };
}

describe('a service that is replayed', () => {
  it('says how far it is', async () => {
    const world = begun().judge(0, all(SCORES));
    const chain = chainOf(world);
    const market = await chain.market();
    const { next } = slowly(chain);
    await market.publish(SERVICE, TEXT);
    const of = world.batches.length;
    expect(await expectReason('SERVICE_REPLAYING', market.epochs(SERVICE, 5))).toEqual({ batch: 0, of });
    expect(await expectReason('SERVICE_REPLAYING', market.epoch(SERVICE, 0))).toEqual({ batch: 0, of });
    await vi.waitFor(async () => {
      next();
      expect(await expectReason('SERVICE_REPLAYING', market.epochs(SERVICE, 5))).toMatchObject({ batch: 2 });
    });
    chain.beforeRead = async () => undefined;
    next();
    expect(await vi.waitFor(() => market.epochs(SERVICE, 5), { timeout: 10_000 })).toHaveLength(2);
  });

  it('is followed from the start once its document is known', async () => {
    const chain = chainOf(begun().judge(0, all(SCORES)));
    await (await chain.market()).publish(SERVICE, TEXT);
    const engine = new ReplayEngine();
    await chain.market({ replays: inlinePort(engine) });
    await expect.poll(() => engine.summaries(SERVICE, 5, 0)?.length).toBe(2);
  });

  it('keeps up with batches as they close', async () => {
    const world = begun();
    const chain = chainOf(world);
    const market = await chain.market();
    await market.publish(SERVICE, TEXT);
    await summariesOf(market);
    for (const epoch of [0, 1, 2]) {
      world.judge(epoch, all(SCORES));
      closeMore(chain, world);
      await expect.poll(async () => (await market.epochs(SERVICE, 1))[0]?.epoch).toBe(epoch + 1);
    }
    expect((await market.epochs(SERVICE, 25)).map(({ epoch }) => epoch)).toEqual([3, 2, 1, 0]);
  });

  it('answers the same on a thread of its own', async () => {
    const world = begun().judge(0, all(SCORES));
    world.at(START + EPOCH + 5, payOps(world.ledger.payout(0)));
    const chain = chainOf(world);
    const here = await chain.market();
    await here.publish(SERVICE, TEXT);
    await summariesOf(here);
    const there = await chain.market({}, { isThreaded: true });
    try {
      expect(await summariesOf(there)).toEqual(await here.epochs(SERVICE, 200));
      expect(await there.epoch(SERVICE, 0)).toEqual(await here.epoch(SERVICE, 0));
      expect(await there.epoch(SERVICE, 9)).toBeUndefined();
    } finally {
      await there.stop();
    }
    await expectReason('STOPPED', there.epochs(SERVICE, 5));
  }, 60_000);
});

describe('when batches are taken back', () => {
  /** Batches of another branch, from the same beginning. */
  function branches(common: number) {
    const [one, two] = [begun(), begun()];
    one.judge(0, all(SCORES));
    two.judge(0, all(OTHERS));
    const gone = one.batches.slice(common).map(({ number }) => number);
    return { one, two, gone };
  }

  it('epochs are those of the other branch, and nothing is told of the first one meanwhile', async () => {
    const world = begun();
    const { one, two, gone } = branches(world.batches.length);
    const chain = chainOf(one);
    const market = await chain.market();
    await market.publish(SERVICE, TEXT);
    await summariesOf(market);
    const before = await market.epoch(SERVICE, 0);
    chain.batches = chainOf(two).batches;
    chain.events.tell('rolledBack', { toBlock: 1n, blocks: 1, batches: gone, reason: 'test' });
    await expectReason('SERVICE_REPLAYING', market.epochs(SERVICE, 5));
    await summariesOf(market);
    const after = await market.epoch(SERVICE, 0);
    expect(after?.resultHash).not.toBe(before?.resultHash);
    const chainTwo = chainOf(two);
    const fresh = await chainTwo.market();
    await fresh.publish(SERVICE, TEXT);
    await summariesOf(fresh);
    expect(after).toEqual(await fresh.epoch(SERVICE, 0));
  });

  it('that nobody told of, the ledger’s roots tell', async () => {
    const world = begun();
    const { one, two } = branches(world.batches.length);
    const chain = chainOf(one);
    const market = await chain.market();
    await market.publish(SERVICE, TEXT);
    await summariesOf(market);
    two.judge(1, all(OTHERS));
    closeMore(chain, two);
    await expect.poll(async () => (await summariesOf(market))[0]?.epoch).toBe(2);
    const due = two.ledger.payout(0).paid.reduce((sum, [, amount]) => sum + amount, 0n);
    const [first] = (await market.epochs(SERVICE, 25)).slice(-1);
    expect(first).toMatchObject({ epoch: 0, due });
  });

  it('a score stays if the epoch it is of stays', async () => {
    const world = begun().judge(0, all(SCORES));
    world.at(START + EPOCH + 5);
    const chain = chainOf(world)
      .owner(P(1))
      .attestation(AGENT(1), { owner: P(1), subtype: Subtype.AGENT, parent: SERVICE });
    const market = await chain
      .channel(601, { payer: P(2), provider: P(1) })
      .claim(601)
      .market();
    await market.publish(SERVICE, TEXT);
    const score = async () => {
      await summariesOf(market);
      return (await market.providers({ service: SERVICE }))[0]?.score;
    };
    expect(await score()).toMatchObject({ epoch: 0, rank: 1 });
    const last = world.batches.length;
    for (const gone of [last, last]) {
      chain.events.tell('rolledBack', { toBlock: chain.block, blocks: 1, batches: [gone], reason: 'test' });
      expect(await score()).toMatchObject({ epoch: 0, rank: 1 });
    }
    // The batch that ended it.
    chain.batches = chain.batches.slice(0, -2);
    const batches = [last - 1, last];
    chain.events.tell('rolledBack', { toBlock: chain.block, blocks: 1, batches, reason: 'test' });
    expect(await score()).toBeUndefined();
  });

  it('while one of them is read, it is not taken', async () => {
    const world = begun();
    const { one, two, gone } = branches(world.batches.length);
    const chain = chainOf(one);
    const market = await chain.market();
    let isBack = false;
    chain.beforeRead = async () => {
      if (isBack || chain.batches.length !== one.batches.length) return;
      isBack = true;
      const taken = chain.batches;
      chain.batches = taken.slice(0, world.batches.length);
      chain.events.tell('rolledBack', { toBlock: 1n, blocks: 1, batches: gone, reason: 'test' });
    };
    await market.publish(SERVICE, TEXT);
    await expect.poll(() => isBack).toBe(true);
    chain.batches = chainOf(two).batches;
    chain.tellClosed();
    await expect.poll(async () => (await summariesOf(market)).length).toBe(2);
    const due = two.ledger.payout(0).paid.reduce((sum, [, amount]) => sum + amount, 0n);
    expect((await market.epochs(SERVICE, 25))[1]?.due).toBe(due);
  });

  it('a long chain goes back to a place near, with the same result', async () => {
    const world = begun().judge(0, all(SCORES));
    for (let i = 0; i < 65; i += 1) world.at(START + EPOCH + 5 + i);
    const chain = chainOf(world);
    const engine = new ReplayEngine();
    const market = await chain.market({ replays: inlinePort(engine) });
    await market.publish(SERVICE, TEXT);
    await summariesOf(market);
    const before = await market.epoch(SERVICE, 0);
    const last = world.batches.length;
    const again = await engine.goBack(last - 2);
    expect(again[0]?.batch).toBe(64);
    expect(await market.epoch(SERVICE, 0)).toEqual(before);
  });
});

describe('more services than are followed at once', () => {
  async function many(count: number) {
    const chain = chainOf(begun());
    const market = await chain.market();
    const services = Array.from({ length: count }, (_, i) => another(chain, 700 + i));
    for (const { index, text } of services) await market.publish(index, text);
    return { chain, market, services: services.map(({ index }) => index) };
  }

  it('the one asked for longest ago gives way, and is replayed when it is asked for again', async () => {
    const { chain, market, services } = await many(MAX_FOLLOWED + 1);
    const [first, ...others] = services as [AccountIndex, ...AccountIndex[]];
    await summariesOf(market, first);
    for (const service of others.slice(0, -1)) await summariesOf(market, service);
    const { next } = slowly(chain);
    const newest = others.at(-1) as AccountIndex;
    await expectReason('SERVICE_REPLAYING', market.epochs(newest, 5));
    // The others are still there, and the first one is not.
    await market.epochs(others[0] as AccountIndex, 5);
    chain.beforeRead = async () => undefined;
    next();
    await summariesOf(market, newest);
    await summariesOf(market, first);
  });

  it('those that are still replayed do not give way: whoever asks for many keeps nobody from ever being told', async () => {
    const chain = chainOf(begun());
    const market = await chain.market();
    const { next } = slowly(chain);
    const services = Array.from({ length: MAX_FOLLOWED + 2 }, (_, i) => another(chain, 700 + i));
    for (const { index, text } of services) await market.publish(index, text);
    for (const { index } of services) await expectReason('SERVICE_REPLAYING', market.epochs(index, 5));
    chain.beforeRead = async () => undefined;
    next();
    const told: (readonly unknown[])[] = [];
    for (const { index } of services) told.push(await summariesOf(market, index));
    expect(told).toHaveLength(services.length);
  });
});
