import { describe, expect, it } from 'vitest';
import { accountIndex } from '../../protocol/ids.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { createLedgerClient } from '../../sdk/client.ts';
import { type Market, openMarket, PRICE } from './testing/market.ts';

const input = (n: number) => new Uint8Array([n]);
const OPTIONS = { maxPrice: PRICE };

/** The ledger goes back, and the consumer's channel was never opened there. */
function undo(market: Market, index: number): void {
  const { node } = market;
  const known = node.request.bind(node);
  node.request = async (method, params) => {
    const [wanted] = params;
    if (method === 'engram_getChannel' && Number(wanted) === index) return known(method, [accountIndex(9_999)]);
    return known(method, params);
  };
}

describe('after a rollback of the ledger', () => {
  it('one channel that is gone does not keep the others from being taken back', async () => {
    const market = await openMarket(2);
    const consumer = await market.consumer();
    for (const n of [0, 1]) await consumer.infer(input(n), { ...OPTIONS, endpoint: `memory:${n}` });
    const [gone, there] = await consumer.channels();
    if (gone === undefined || there === undefined) throw new RangeError('no channels');
    market.node.advance(3 * 86_400);
    undo(market, gone.index);
    expect(await consumer.reclaim()).toEqual([there.index]);
  });

  it('a channel that is gone does not end the dealings with its provider', async () => {
    const market = await openMarket();
    const before = await market.consumer();
    await before.infer(input(1), OPTIONS);
    const [gone] = await before.channels();
    if (gone === undefined) throw new RangeError('no channel');
    undo(market, gone.index);
    // another process: nothing is in memory
    const consumer = await market.consumer();
    expect((await consumer.infer(input(2), OPTIONS)).receipt.channel).not.toBe(gone.index);
  });

  it('a voucher for one provider is worth nothing to another whose channel got its number', async () => {
    const market = await openMarket(2);
    const consumer = await market.consumer();
    for (const n of [0, 1]) await consumer.infer(input(n), { ...OPTIONS, endpoint: `memory:${n}` });
    const [one, two] = await consumer.channels();
    if (one === undefined || two === undefined) throw new RangeError('no channels');
    const client = createLedgerClient({
      ...{ chain: market.node.chain, transport: market.node.transport(), pollingIntervalMs: 1 },
      account: ledgerAccount(actor(1)),
    });
    const [a, b] = [await client.getChannel(one.index), await client.getChannel(two.index)];
    expect(a.voucherKey).not.toEqual(b.voucherKey);
  });
});
