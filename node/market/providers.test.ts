import { describe, expect, it } from 'vitest';
import { prefixedHex } from '../../protocol/bytes.ts';
import { field } from '../../protocol/field.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { Subtype } from '../../protocol/types.ts';
import type { Market, MarketDeps } from './market.ts';
import { expectReason } from './testing/expectReason.ts';
import { FILE, MarketWorld } from './testing/marketWorld.ts';

const MODEL = accountIndex(21);
const SERVICE = accountIndex(40);
const HOUR = 3_600;

const capability = (changes: { model?: number; sha256?: `0x${string}`; price?: bigint; token?: number } = {}) => {
  const { model = MODEL, sha256 = prefixedHex(FILE), price = 7n, token = 0 } = changes;
  return { execution: field(0n), model: accountIndex(model), name: 'digits', price, sha256, token };
};
const of = (agent: number, owner: number) => ({
  ...{ agent: accountIndex(agent), owner: accountIndex(owner), service: accountIndex(0), capabilities: [capability()] },
  ...{ name: `agent ${agent}`, endpoint: `http://agent${agent}.example/`, peer: '' },
});

/** Model 21; service 40 of keeper 1; agents 51 … 53 of owners 5 … 7, the first of the service; consumer 9. */
function world(): MarketWorld {
  const chain = new MarketWorld();
  for (const owner of [1, 5, 6, 7, 9]) chain.owner(owner);
  return chain
    .attestation(MODEL, { owner: 1 })
    .attestation(SERVICE, { owner: 1, subtype: Subtype.SERVICE })
    .attestation(51, { owner: 5, subtype: Subtype.AGENT, parent: SERVICE })
    .attestation(52, { owner: 6, subtype: Subtype.AGENT })
    .attestation(53, { owner: 7, subtype: Subtype.AGENT });
}

const owners = async (market: Market, filter: Parameters<Market['providers']>[0] = {}) =>
  (await market.providers(filter)).map(({ owner }) => owner);

describe('providers', () => {
  it('are what was announced joined with what was settled', async () => {
    const chain = world().channel(61, { payer: 9, provider: 5, model: MODEL }).channel(62, { payer: 6, provider: 5 });
    const since = chain.now;
    chain.claim(61);
    chain.clock.advance(2 * HOUR * 1_000);
    chain.claim(61).claim(62);
    await chain.announce({ ...of(51, 5), peer: '/dns4/agent.example/tcp/1' }, 5);
    const [view, ...others] = await (await chain.market()).providers({});
    expect(others).toEqual([]);
    expect(view).toMatchObject({
      ...{ agent: 51, owner: 5, name: 'agent 51', service: SERVICE, announcedUntil: chain.now + HOUR },
      endpoints: ['http://agent51.example/', '/dns4/agent.example/tcp/1'],
      models: [{ model: MODEL, token: 0, price: 7n }],
      settled: { claims: 3, channels: 2, payers: 2, earned: [{ token: 0, amount: 270n }], since, last: chain.now },
    });
    expect(view?.uptime).toMatchObject({ active: 2, of: 48 });
    expect(view?.uptime.hours.slice(-3)).toEqual([true, false, true]);
    expect(view?.score).toBeUndefined();
  });

  it('come active ones first, then those announced alone, then those with claims alone', async () => {
    const chain = world()
      .channel(61, { payer: 9, provider: 7 })
      .channel(62, { payer: 9, provider: 9 })
      .claim(61)
      .claim(62);
    for (const [agent, owner] of [
      [51, 5],
      [52, 6],
      [53, 7],
    ] as const)
      await chain.announce(of(agent, owner), owner);
    expect(await owners(await chain.market())).toEqual([7, 5, 6, 9]);
  });

  it('of a model are those that announce it and those that settled for it', async () => {
    const chain = world()
      .channel(61, { payer: 9, provider: 7, model: MODEL })
      .channel(62, { payer: 9, provider: 6 })
      .claim(61)
      .claim(62);
    await chain.announce(of(51, 5), 5);
    const market = await chain.market();
    expect(await owners(market, { model: MODEL })).toEqual([5, 7]);
    expect(await owners(market, { model: accountIndex(22) })).toEqual([]);
  });

  it('of a service are those whose agents the ledger has under it', async () => {
    const chain = world()
      .channel(61, { payer: 9, provider: 5 })
      .channel(62, { payer: 9, provider: 6 })
      .claim(61)
      .claim(62);
    const market = await chain.market();
    // Agent 52 says that it works for the service; the ledger says otherwise.
    expect(await chain.announce({ ...of(52, 6), service: SERVICE }, 6)).toBe('NEW');
    expect(await owners(market, { service: SERVICE })).toEqual([5]);
    expect((await market.providers({})).map(({ owner, service }) => [owner, service])).toEqual([
      [6, undefined],
      [5, SERVICE],
    ]);
    await expectReason('UNKNOWN_SERVICE', market.providers({ service: MODEL }));
  });

  it('are one an owner, whatever number of agents it has', async () => {
    const chain = world()
      .attestation(54, { owner: 5, subtype: Subtype.AGENT })
      .channel(61, { payer: 9, provider: 5 })
      .claim(61);
    await chain.announce(of(51, 5), 5);
    await chain.announce({ ...of(54, 5), capabilities: [capability(), capability({ price: 9n })] }, 5);
    const views = await (await chain.market()).providers({});
    expect(
      views.map(({ agent, endpoints, models }) => [agent, endpoints.length, models.map(({ price }) => price)]),
    ).toEqual([[51, 2, [7n, 9n]]]);
  });

  it('hours are of the last two days only', async () => {
    const chain = world().channel(61, { payer: 9, provider: 5 });
    for (let i = 0; i < 200; i += 1) {
      chain.claim(61);
      chain.clock.advance(HOUR * 1_000);
    }
    const market = await chain.market();
    const uptime = async () => (await market.providers({}))[0]?.uptime;
    expect((await uptime())?.active).toBe(47);
    chain.clock.advance(100 * HOUR * 1_000);
    expect(await uptime()).toEqual({ hours: Array.from({ length: 48 }, () => false), active: 0, of: 48 });
  });
});

describe('whoever wants to be taken for another', () => {
  it('signs for somebody else’s agent: is not there', async () => {
    const chain = world();
    expect(await chain.announce(of(51, 5), 6)).toBe('BAD_SIGNATURE');
    expect(await owners(await chain.market())).toEqual([]);
  });

  it('announces its own agent as another owner’s: is not there', async () => {
    const chain = world().channel(61, { payer: 9, provider: 5 }).claim(61);
    expect(await chain.announce({ ...of(52, 5), name: 'the best' }, 6)).toBe('NOT_OWNER');
    expect(await chain.announce({ ...of(52, 6), name: 'the best' }, 6)).toBe('NEW');
    const views = await (await chain.market()).providers({});
    // Each has what it settled itself, and nobody's name but its own.
    expect(views.map(({ owner, name, settled }) => [owner, name, settled.claims])).toEqual([
      [6, 'the best', 0],
      [5, undefined, 1],
    ]);
  });

  it('serves a file that the ledger attests as no model, or as another: the model is left out', async () => {
    const chain = world();
    const other = capability({ sha256: `0x${'11'.repeat(32)}` });
    await chain.announce(
      { ...of(51, 5), capabilities: [other, capability({ model: SERVICE }), capability({ model: 99 })] },
      5,
    );
    const market = await chain.market();
    expect((await market.providers({}))[0]?.models).toEqual([]);
    expect(await owners(market, { model: MODEL })).toEqual([]);
  });

  it('an announcement that ended no longer counts, at once', async () => {
    const chain = world();
    await chain.announce({ ...of(51, 5), expiry: chain.now + 1 }, 5);
    const market = await chain.market();
    expect(await owners(market)).toEqual([5]);
    chain.clock.advance(1_000);
    expect(await owners(market)).toEqual([]);
  });

  it('an agent whose account was taken back is gone, and so is what it settled', async () => {
    const chain = world();
    const { block } = chain;
    chain.attestation(55, { owner: 6, subtype: Subtype.AGENT }).channel(61, { payer: 9, provider: 7 }).claim(61);
    await chain.announce(of(55, 6), 6);
    const market = await chain.market();
    expect(await owners(market)).toEqual([6, 7]);
    chain.rollback(block);
    expect(await owners(market)).toEqual([]);
  });

  it('pays itself: it shows as one payer, whatever the sum', async () => {
    const chain = world().channel(61, { payer: 5, provider: 5 });
    for (let i = 0; i < 20; i += 1) chain.claim(61);
    const [view] = await (await chain.market()).providers({});
    expect(view?.settled).toMatchObject({ claims: 20, channels: 1, payers: 1 });
  });
});

describe('a crowd of announced agents', () => {
  it('shuts nobody out who settled claims', async () => {
    const chain = world().attestation(5_000, { owner: 7, subtype: Subtype.AGENT });
    await chain.announce(of(5_000, 7), 7);
    const [last] = await (await chain.announcements()).list({ limit: 1 });
    const crowd = Array.from({ length: 3_000 }, (_, i) => ({ announcement: of(1_000 + i, 9) }));
    const list = async ({ agent, after = 0, limit }: { agent?: number; after?: number; limit: number }) =>
      [...crowd, ...(last ? [last] : [])]
        .filter(({ announcement }) => (agent === undefined ? announcement.agent > after : announcement.agent === agent))
        .slice(0, limit);
    const announcements = { list } as unknown as MarketDeps['announcements']; // what of an announcement is read here
    const market = await chain.market({ announcements });
    expect(await owners(market)).toEqual([]);
    chain.channel(61, { payer: 9, provider: 7 }).claim(61);
    chain.clock.advance(3_000);
    expect((await market.providers({})).map(({ agent }) => agent)).toEqual([5_000]);
  });
});
