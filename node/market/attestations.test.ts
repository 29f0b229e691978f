import { describe, expect, it } from 'vitest';
import { accountIndex } from '../../protocol/ids.ts';
import { Subtype } from '../../protocol/types.ts';
import type { Market } from './market.ts';
import { expectReason } from './testing/expectReason.ts';
import { MarketWorld } from './testing/marketWorld.ts';

const indices = async (market: Market, query: Partial<Parameters<Market['attestations']>[0]> = {}) =>
  (await market.attestations({ limit: 25, ...query })).items.map(({ index }) => index);

/** Models 21, 22 (made from 21) of owner 5, agent 23 of owner 6, data set 24. */
function world(): MarketWorld {
  return new MarketWorld()
    .owner(5)
    .owner(6)
    .attestation(24, { owner: 5, subtype: Subtype.DATASET })
    .attestation(21, { owner: 5, parent: 24 })
    .attestation(23, { owner: 6, subtype: Subtype.AGENT })
    .attestation(22, { owner: 5, parent: 21 });
}

describe('attestations', () => {
  it('are listed newest first, by kind and owner', async () => {
    const market = await world().market();
    expect(await indices(market)).toEqual([22, 23, 21, 24]);
    expect(await indices(market, { kind: 'model' })).toEqual([22, 21]);
    expect(await indices(market, { owner: accountIndex(6) })).toEqual([23]);
    expect(await indices(market, { kind: 'model', owner: accountIndex(6) })).toEqual([]);
  });

  it('tell of children, channels and what claims settled', async () => {
    const chain = world()
      .channel(31, { payer: 6, provider: 5, model: 21 })
      .channel(32, { payer: 6, provider: 5, model: 21 });
    const market = await chain.claim(31).claim(31).claim(32).market();
    const { items } = await market.attestations({ kind: 'model', limit: 25 });
    expect(items.map(({ children, channels, settled }) => ({ children, channels, settled }))).toEqual([
      { children: 0, channels: 0, settled: { claims: 0, paid: 0n, royalties: 0n } },
      { children: 1, channels: 2, settled: { claims: 3, paid: 300n, royalties: 18n } },
    ]);
  });

  it('keep up with blocks', async () => {
    const chain = world().channel(31, { payer: 6, provider: 5, model: 21 });
    const market = await chain.market();
    await indices(market);
    chain.claim(31).attestation(40, { owner: 6 });
    expect(await indices(market, { limit: 2 })).toEqual([40, 22]);
    const [model] = (await market.attestations({ kind: 'model', owner: accountIndex(5), limit: 25 })).items.slice(-1);
    expect(model?.settled.claims).toBe(1);
  });

  it('count a block once that came while the store was read', async () => {
    const chain = world().channel(31, { payer: 6, provider: 5, model: 21 });
    const market = await chain.market();
    // The reading is under way: these are in the store, and told.
    chain.claim(31).claim(31);
    const { items } = await market.attestations({ kind: 'model', limit: 25 });
    expect(items.at(-1)?.settled.claims).toBe(2);
  });

  it('go on behind a cursor, whatever comes meanwhile', async () => {
    const chain = world();
    const market = await chain.market();
    const first = await market.attestations({ limit: 2 });
    expect(first.items.map(({ index }) => index)).toEqual([22, 23]);
    chain.attestation(50, { owner: 5 });
    const second = await market.attestations({ limit: 2, before: first.next });
    expect(second.items.map(({ index }) => index)).toEqual([21, 24]);
    expect(second.next).toBeUndefined();
  });

  it('a cursor of nothing is refused', async () => {
    const market = await world().market();
    for (const before of ['', '1.2', 'x.0.0', '1.0.0.0', '-1.0.0', `${'9'.repeat(16)}.0.0`]) {
      await expectReason('INVALID_PARAMS', indices(market, { before }));
    }
  });

  it('forget what blocks that were taken back made and settled', async () => {
    const chain = world().channel(31, { payer: 6, provider: 5, model: 21 }).claim(31);
    const market = await chain.market();
    const { block } = chain;
    const first = await market.attestations({ limit: 1 });
    chain.claim(31).attestation(60, { owner: 6 });
    expect(await indices(market, { limit: 1 })).toEqual([60]);
    chain.rollback(block);
    expect(await indices(market)).toEqual([22, 23, 21, 24]);
    const { items } = await market.attestations({ kind: 'model', limit: 25 });
    expect(items.at(-1)?.settled.claims).toBe(1);
    // What comes after it counts, under the same numbers.
    chain.claim(31);
    expect((await market.attestations({ kind: 'model', limit: 25 })).items.at(-1)?.settled.claims).toBe(2);
    expect(await indices(market, { before: first.next })).toEqual([23, 21, 24]);
  });

  it('a second rollback while the first is read leaves nothing of it', async () => {
    const chain = world().channel(31, { payer: 6, provider: 5, model: 21 });
    const market = await chain.market();
    const { block } = chain;
    chain.claim(31).rollback(block).claim(31).claim(31).rollback(block);
    expect((await market.attestations({ kind: 'model', limit: 25 })).items.at(-1)?.settled.claims).toBe(0);
  });

  it('older than a snapshot are listed last, without what made them', async () => {
    const chain = world();
    chain.hasBase = true;
    chain.origins.delete(accountIndex(22));
    const market = await chain.market();
    expect(await indices(market)).toEqual([23, 21, 24, 22]);
    const { items, next } = await market.attestations({ limit: 3 });
    expect(items[0]?.created?.block).toBe(3n);
    const rest = await market.attestations({ limit: 3, before: next });
    expect(rest.items.map(({ index, created }) => [index, created])).toEqual([[22, undefined]]);
  });
});
