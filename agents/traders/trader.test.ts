import { describe, expect, it } from 'vitest';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { prefixedHex } from '../../protocol/bytes.ts';
import { field } from '../../protocol/field.ts';
import { actor } from '../../protocol/testing/actors.ts';
import type { AccountIndex } from '../../protocol/types.ts';
import { Subtype } from '../../protocol/types.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { ConsumerStore } from '../consumer/consumerStore.ts';
import type { Reexecutor } from '../consumer/reexecution.ts';
import { SellerDesk } from '../dialogue/sellerDesk.ts';
import { announce } from '../discovery/announce.ts';
import { registerAgent } from '../discovery/registerAgent.ts';
import { Shop, type Ware } from './shop.ts';
import { Trader } from './trader.ts';
import { channelsOf, World } from './world.ts';

const FUNDS = 1_000_000n;
const [PRICE, CHEAP] = [100n, 50n];
const runner: Reexecutor = {
  sha256: new Uint8Array(32).fill(1),
  execution: () => ({ word: field(5n) }),
  run: async (input) => input.map((byte) => byte + 1),
};
const INPUTS = [1, 2, 3].map((byte) => Uint8Array.of(byte));

class LyingShop extends Shop {
  lie: (ware: Ware, input: Uint8Array) => Promise<Uint8Array> = (ware, input) => super.answer(ware, input);

  protected override answer(ware: Ware, input: Uint8Array): Promise<Uint8Array> {
    return this.lie(ware, input);
  }
}

async function open() {
  const world = new World();
  const buyer = ledgerAccount(actor(1));
  const payer = world.node.deposit(buyer, FUNDS) as AccountIndex; // of the node's own list
  const client = world.clientOf(buyer);
  const { index: model } = await client.attest({ sha256: runner.sha256, subtype: Subtype.MODEL });
  const { index: agent } = await registerAgent(client, { account: buyer, name: 'buyer' });
  const sell = async (n: number, price: bigint, announced = price) => {
    const account = ledgerAccount(actor(n));
    const provider = world.node.deposit(account, 0n) as AccountIndex; // as above
    const own = world.clientOf(account);
    const { index } = await registerAgent(own, { account, name: `seller ${n}` });
    const wares = [{ capability: 'add', model, token: 0, price, runner }];
    const shop = new LyingShop({ provider, wares }, { client: own, account, now: world.now });
    const desk = new SellerDesk({ agent: index }, { client: own, account, seller: shop, now: world.now });
    const endpoint = `http://s${n}.example`;
    const capability = {
      execution: field(5n),
      model,
      name: 'add',
      price: announced,
      token: 0,
      sha256: prefixedHex(runner.sha256),
    };
    const document = { agent: index, owner: provider, name: `seller ${n}`, endpoint, capabilities: [capability] };
    await announce(own, { account, document });
    return {
      shop,
      desk,
      endpoint,
      provider,
      listen: (at: Pick<SellerDesk, 'handle'> = desk) => world.listen(endpoint, at),
    };
  };
  let threads = 0;
  const trader = new Trader(
    { agent, payer, maxPrice: PRICE, checkShare: 0, explore: 0 },
    {
      ...{ client, account: buyer, store: await ConsumerStore.open(memoryDb()), clock: world.clock },
      transport: (endpoint) => world.transport(endpoint),
      random: () => 0.5,
      newThread: () => {
        threads += 1;
        return new Uint8Array(32).fill(threads);
      },
    },
  );
  return { world, trader, sell, want: { model, runner }, payer };
}

const outputs = INPUTS.map(([byte = 0]) => Uint8Array.of(byte + 1));

describe('a trader', () => {
  it('passes over who is not there and who wants more than was announced, and remembers', async () => {
    const { trader, sell, want } = await open();
    const dead = await sell(10, CHEAP);
    const dearer = await sell(11, PRICE + 1n, CHEAP);
    dearer.listen();
    const honest = await sell(12, PRICE);
    honest.listen();
    expect(await trader.buy(want, INPUTS)).toMatchObject({ seller: honest.provider, outputs, price: PRICE });
    const scores = await trader.scores();
    expect(scores.find(({ provider }) => provider === dead.provider)).toMatchObject({ failed: 1, spent: 0n });
    expect(scores.find(({ provider }) => provider === honest.provider)).toMatchObject({ answered: 3, checked: 1 });
  });

  it('loses one price to a seller that vanishes with a voucher', async () => {
    const { world, trader, sell, want, payer } = await open();
    const seller = await sell(10, PRICE);
    let answers = 0;
    seller.listen({
      handle: async (json) => {
        const reply = await seller.desk.handle(json);
        if (JSON.stringify(json).includes('"WORK"')) answers += 1;
        if (answers > 1) throw new RangeError('gone, with the voucher');
        return reply;
      },
    });
    const bought = await trader.buy(want, INPUTS);
    expect(bought).toMatchObject({ fault: 'REFUSED', outputs: outputs.slice(0, 1) });
    await seller.shop.claim();
    world.advance(3 * 86_400);
    await trader.reclaim();
    // one answer came, one did not
    expect(world.node.account(payer)?.balance).toBe(FUNDS - 2n * PRICE);
    expect(channelsOf(world.node).map(({ balance }) => balance)).toEqual([0n]);
  });

  it('catches a wrong answer by the seller’s own signature and never asks it again', async () => {
    const { trader, sell, want } = await open();
    const cheat = await sell(10, CHEAP);
    cheat.shop.lie = async () => Uint8Array.of(0);
    cheat.listen();
    const honest = await sell(11, PRICE);
    honest.listen();
    expect(await trader.buy(want, INPUTS)).toMatchObject({
      seller: cheat.provider,
      fault: 'OUTPUT_MISMATCH',
      outputs: [],
    });
    expect(await trader.buy(want, INPUTS)).toMatchObject({ seller: honest.provider, outputs });
    const scores = await trader.scores();
    expect(scores.find(({ provider }) => provider === cheat.provider)?.excluded).toBe('OUTPUT_MISMATCH');
  });

  it('buys nothing where nobody sells at its price', async () => {
    const { trader, sell, want } = await open();
    (await sell(10, PRICE + 1n)).listen();
    expect(await trader.buy(want, INPUTS)).toBeUndefined();
  });
});
