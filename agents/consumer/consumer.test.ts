import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { hexToBytes } from '../../protocol/bytes.ts';
import { field } from '../../protocol/field.ts';
import { decodeVoucher } from '../../protocol/receipts/receiptCodec.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { jsonReply, lost } from './testing/fakeProvider.ts';
import { endpointOf, FUNDS, type Market, openMarket, PRICE } from './testing/market.ts';

const input = (...bytes: number[]) => new Uint8Array(bytes);
const first = ({ providers }: Market) => {
  const [provider] = providers;
  if (provider === undefined) throw new RangeError('no provider');
  return provider;
};
const OPTIONS = { maxPrice: PRICE };

describe('a consumer', () => {
  it('buys answers one after the other on one channel', async () => {
    const market = await openMarket();
    const consumer = await market.consumer();
    for (let n = 0; n < 5; n += 1) {
      const answer = await consumer.infer(input(n), { ...OPTIONS, model: market.model });
      expect(answer).toMatchObject({ output: input(n + 1), price: PRICE, check: 'unchecked', failures: [] });
      expect(answer.receipt.sequence).toBe(n);
    }
    expect(await consumer.atRisk()).toBe(0n);
    expect(await consumer.channels()).toHaveLength(1);
    expect(await consumer.scores()).toMatchObject([{ answered: 5, failed: 0, spent: 5n * PRICE }]);
    const { answer, ...bytes } = await consumer.evidence((await consumer.channels())[0]?.index ?? 0, 3);
    expect(bytes).toEqual({ input: input(3), output: input(4) });
    expect(answer?.receipt.sequence).toBe(3);

    await consumer.acknowledge();
    const [served] = first(market).channels.values();
    await served?.claim();
    expect(market.node.account(first(market).options.provider)?.balance).toBe(5n * PRICE);
  });

  it('opens another channel when one is used up or ends soon, and gets the rest back', async () => {
    const market = await openMarket();
    const consumer = await market.consumer({ deposit: 2n * PRICE, channelSeconds: 3_600 });
    for (let n = 0; n < 3; n += 1) await consumer.infer(input(n), OPTIONS);
    expect((await consumer.channels()).map(({ state }) => state)).toEqual(['left', 'open']);
    expect(await consumer.reclaim()).toEqual([]);
    market.node.advance(3_600 - 30);
    await consumer.infer(input(9), OPTIONS);
    expect((await consumer.channels()).map(({ state }) => state)).toEqual(['left', 'left', 'open']);
    market.node.advance(86_400 + 7_200);
    expect(await consumer.reclaim()).toHaveLength(3);
    expect((await consumer.channels()).map(({ state }) => state)).toEqual(['closed', 'closed', 'closed']);
    expect(market.node.account(market.payer)?.balance).toBe(FUNDS);
  });

  it('forgets old answers of closed channels, but not what a report is about', async () => {
    const market = await openMarket(2);
    const [cheat, honest] = market.providers;
    if (cheat === undefined || honest === undefined) throw new RangeError();
    cheat.options.price = 50n;
    cheat.model = () => input(0);
    const consumer = await market.consumer();
    for (let n = 0; n < 2; n += 1) await consumer.infer(input(n), { ...OPTIONS, runner: market.runner });
    const [report] = await consumer.reports();
    const kept = (await consumer.channels()).find(({ provider }) => provider === honest.options.provider)?.index ?? 0;
    expect(await consumer.forget({ olderThanSeconds: 0 })).toBe(0);
    market.node.advance(3 * 86_400);
    await consumer.reclaim();
    expect(await consumer.forget({ olderThanSeconds: 30 * 86_400 })).toBe(0);
    expect(await consumer.forget({ olderThanSeconds: 3_600 })).toBe(2);
    expect(await consumer.evidence(kept, 0)).toEqual({ answer: undefined, input: undefined, output: undefined });
    expect((await consumer.evidence(report?.channel ?? 0, 0)).output).toEqual(input(0));
    expect(await consumer.scores()).toHaveLength(2);
  });

  it('serialises requests to one provider', async () => {
    const market = await openMarket();
    const consumer = await market.consumer();
    const answers = await Promise.all([1, 2, 3, 4].map((n) => consumer.infer(input(n), OPTIONS)));
    expect(answers.map(({ output }) => output[0])).toEqual([2, 3, 4, 5]);
    expect(await consumer.channels()).toHaveLength(1);
  });

  it('asks the cheapest, and goes on to the next where one fails', async () => {
    const market = await openMarket(3);
    const [a, b, c] = market.providers;
    if (a === undefined || b === undefined || c === undefined) throw new RangeError();
    [a.options.price, b.options.price, c.options.price] = [90n, 80n, 101n];
    b.between = lost;
    const consumer = await market.consumer();
    const answer = await consumer.infer(input(1), OPTIONS);
    expect(answer).toMatchObject({ price: 90n, failures: [{ endpoint: endpointOf(1), code: 'UNREACHABLE' }] });
    expect(c.calls).toEqual([]);
    a.between = lost;
    await expect(consumer.infer(input(1), { maxPrice: 70n })).rejects.toMatchObject({ code: 'NO_PROVIDER' });
  });

  it('is not kept from its answer by a crowd of dead ones that look cheap', async () => {
    const market = await openMarket(8);
    for (const dead of market.providers.slice(0, 7)) {
      dead.options.price = 1n;
      dead.between = lost;
    }
    const consumer = await market.consumer();
    const answer = await consumer.infer(input(1), OPTIONS);
    expect(answer.endpoint).toBe(endpointOf(7));
    expect(answer.failures).toHaveLength(7);
    // they rest now
    expect((await consumer.infer(input(2), OPTIONS)).failures).toEqual([]);
    expect(await consumer.atRisk()).toBe(0n);
  });

  it('pays as many for one answer as it may, and no more', async () => {
    const market = await openMarket(5);
    for (const provider of market.providers) {
      provider.between = (call, answer) => (call.path === '/v1/info' ? answer(call) : lost());
    }
    const consumer = await market.consumer({ retries: 0 });
    await expect(consumer.infer(input(1), OPTIONS)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(await consumer.atRisk()).toBe(3n * PRICE);
  });

  it('keeps its books after a restart', async () => {
    const market = await openMarket();
    const consumer = await market.consumer();
    await consumer.infer(input(1), OPTIONS);
    await consumer.close();
    const again = await market.consumer();
    expect((await again.infer(input(2), OPTIONS)).receipt.sequence).toBe(1);
  });
});

describe('a store', () => {
  it('is used by one process at a time', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'engram-consumer-'));
    const market = await openMarket();
    const consumer = await market.consumer({}, { store: folder });
    await expect(market.consumer({}, { store: folder })).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await consumer.infer(input(1), OPTIONS);
    await consumer.close();
    const again = await market.consumer({}, { store: folder });
    expect((await again.infer(input(2), OPTIONS)).receipt.sequence).toBe(1);
    await again.close();
    await rm(folder, { recursive: true });
  });

  it('is not taken for another account’s', async () => {
    const market = await openMarket();
    await (await market.consumer()).close();
    const stranger = ledgerAccount(actor(3));
    market.node.deposit(stranger, FUNDS);
    await expect(market.consumer({}, { account: stranger })).rejects.toMatchObject({ code: 'BAD_STORE' });
  });
});

describe('a provider that lies before it is paid', () => {
  const refusedWith = async (change: (market: Market) => void, code: string, options = {}) => {
    const market = await openMarket();
    const consumer = await market.consumer();
    change(market);
    await expect(
      consumer.infer(input(1), { ...OPTIONS, endpoint: endpointOf(0), model: market.model, ...options }),
    ).rejects.toMatchObject({ code });
    expect(await consumer.channels()).toEqual([]);
    await consumer.close();
  };
  const saying = (change: object) => (market: Market) => {
    const provider = first(market);
    provider.between = async (call, answer) =>
      call.path === '/v1/info' ? jsonReply({ ...provider.info(), ...change }) : answer(call);
  };

  it('gets nothing, whatever it lies about', async () => {
    await refusedWith(saying({ domain: '5' }), 'WRONG_PROVIDER');
    await refusedWith(saying({ token: 1 }), 'WRONG_PROVIDER');
    await refusedWith(saying({ price: String(PRICE + 1n) }), 'PRICE_TOO_HIGH');
    await refusedWith(saying({ minimumDeposit: String(FUNDS) }), 'TERMS_REFUSED');
    await refusedWith(saying({ minimumSeconds: 10 ** 8 }), 'TERMS_REFUSED');
    await refusedWith(
      saying({ limits: { inputBytes: 0, outputBytes: 1, concurrency: 1, queue: 1 } }),
      'INPUT_TOO_LARGE',
    );
    await refusedWith(saying({}), 'MODEL_CHANGED', { sha256: new Uint8Array(32) });
    await refusedWith(saying({}), 'MODEL_CHANGED', { model: 1 });
  });

  it('is not paid for a file that the ledger does not attest', async () => {
    await refusedWith((market) => {
      const provider = first(market);
      Object.assign(provider.options, { modelSha256: new Uint8Array(32).fill(2) });
    }, 'MODEL_CHANGED');
  });

  it('does not keep others from being asked: accounts that are not there, deposits that nobody has', async () => {
    const lies = [{ model: { index: 4_000, sha256: `0x${'01'.repeat(32)}` } }, { provider: 4_001 }];
    for (const lie of lies) {
      const market = await openMarket(2);
      const [cheap] = market.providers;
      if (cheap === undefined) throw new RangeError();
      cheap.options.price = 10n;
      saying({ ...lie, price: '10' })(market);
      const discover = async () =>
        market.offerings().map(({ endpoint, price }, n) => ({
          endpoint,
          price,
          provider: n === 0 && 'provider' in lie ? lie.provider : (market.providers[n]?.options.provider ?? 0),
        }));
      const consumer = await market.consumer({}, { discover });
      const answer = await consumer.infer(input(1), { ...OPTIONS, sha256: market.runner.sha256 });
      expect(answer).toMatchObject({ endpoint: endpointOf(1), failures: [{ code: 'NOT_FOUND' }] });
    }
    const rich = await openMarket(2);
    saying({ minimumDeposit: String(2n * FUNDS), price: '10' })(rich);
    const consumer = await rich.consumer({ maxDeposit: 3n * FUNDS });
    const answer = await consumer.infer(input(1), OPTIONS);
    expect(answer).toMatchObject({ endpoint: endpointOf(1), failures: [{ code: 'INSUFFICIENT_BALANCE' }] });
  });

  it('is held to what it announced: account and execution', async () => {
    const market = await openMarket();
    const [offering] = market.offerings();
    if (offering === undefined) throw new RangeError();
    const of = async (change: object, code: string) => {
      const consumer = await market.consumer(
        {},
        { store: memoryDb(), discover: async () => [{ ...offering, ...change }] },
      );
      await expect(consumer.infer(input(1), OPTIONS)).rejects.toMatchObject({ code });
    };
    await of({ provider: market.payer }, 'WRONG_PROVIDER');
    await of({ execution: field(7n) }, 'MODEL_CHANGED');
  });
});

describe('an answer that does not come', () => {
  it('costs one price at most: a provider that vanishes with a voucher', async () => {
    const market = await openMarket();
    const provider = first(market);
    const consumer = await market.consumer();
    await consumer.infer(input(1), OPTIONS);
    provider.between = async (call, answer) => {
      if (call.path === '/v1/info') return answer(call);
      if (call.path !== '/v1/infer') return lost();
      const voucher = decodeVoucher(hexToBytes(call.headers['engram-voucher'] ?? ''));
      provider.channels.get(voucher.channel)?.accept(voucher, { price: PRICE });
      return lost();
    };
    await expect(consumer.infer(input(2), OPTIONS)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect(consumer.infer(input(3), OPTIONS)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(await consumer.atRisk()).toBe(PRICE);
    const [served] = provider.channels.values();
    await served?.claim();
    // one answer was given: it was paid for two
    expect(market.node.account(provider.options.provider)?.balance).toBe(2n * PRICE);
    const [{ index = 0 } = {}] = await consumer.channels();
    market.node.advance(3 * 86_400);
    await consumer.reclaim();
    expect(market.node.account(index)?.balance).toBe(0n);
    expect(market.node.account(market.payer)?.balance).toBe(FUNDS - 2n * PRICE);
    expect(await consumer.scores()).toMatchObject([{ answered: 1, failed: 2, excluded: undefined }]);
  });

  it('is had by the same voucher again, and the model runs once', async () => {
    const market = await openMarket();
    const provider = first(market);
    let isLost = false;
    provider.between = async (call, answer) => {
      const given = await answer(call);
      if (call.path !== '/v1/infer' || isLost) return given;
      isLost = true;
      return lost();
    };
    const consumer = await market.consumer();
    expect((await consumer.infer(input(1), OPTIONS)).output).toEqual(input(2));
    expect(provider.runs).toBe(1);
    expect(provider.calls.filter((call) => call.endsWith('/v1/infer'))).toHaveLength(2);
  });

  it('is had from the provider’s book', async () => {
    const market = await openMarket();
    const provider = first(market);
    provider.between = async (call, answer) => {
      const given = await answer(call);
      return call.path === '/v1/infer' ? lost() : given;
    };
    const consumer = await market.consumer();
    const answer = await consumer.infer(input(1), OPTIONS);
    expect(answer.output).toEqual(input(2));
    expect(provider.calls.at(-1)).toBe(`GET /v1/channels/${answer.channel}`);
    expect(await consumer.atRisk()).toBe(0n);
  });

  it('is waited for while the provider is busy', async () => {
    const market = await openMarket();
    let busy = 2;
    first(market).between = async (call, answer) =>
      call.path === '/v1/infer' && busy-- > 0 ? jsonReply({ code: 'BUSY' }, 429) : answer(call);
    const consumer = await market.consumer();
    expect((await consumer.infer(input(1), OPTIONS)).output).toEqual(input(2));
  });

  it('leaves the channel usable when the provider refuses the input: the same voucher pays for the next', async () => {
    const market = await openMarket();
    const consumer = await market.consumer();
    await expect(consumer.infer(input(255), OPTIONS)).rejects.toMatchObject({
      code: 'REFUSED',
      details: { refusal: 'BAD_TENSOR' },
    });
    expect(await consumer.atRisk()).toBe(PRICE);
    const answer = await consumer.infer(input(1), OPTIONS);
    expect(answer).toMatchObject({ output: input(2), left: 19n * PRICE });
    expect(await consumer.scores()).toMatchObject([{ answered: 1, failed: 0 }]);
    expect(await consumer.channels()).toHaveLength(1);
  });

  it('because the provider lost its book: another channel is opened', async () => {
    const market = await openMarket();
    const consumer = await market.consumer();
    await consumer.infer(input(1), OPTIONS);
    first(market).between = async (call, answer) =>
      call.path === '/v1/infer' ? jsonReply({ code: 'VOUCHER_ROOT' }, 402) : answer(call);
    await expect(consumer.infer(input(2), OPTIONS)).rejects.toMatchObject({ details: { refusal: 'VOUCHER_ROOT' } });
    first(market).between = (call, answer) => answer(call);
    expect((await consumer.infer(input(2), OPTIONS)).receipt.sequence).toBe(0);
    expect((await consumer.channels()).map(({ state }) => state)).toEqual(['left', 'open']);
    expect(await consumer.atRisk()).toBe(PRICE);
  });

  it('and is cheaper when it is asked for again: another channel, as no voucher is taken back', async () => {
    const market = await openMarket();
    const consumer = await market.consumer();
    await expect(consumer.infer(input(255), OPTIONS)).rejects.toMatchObject({ code: 'REFUSED' });
    first(market).options.price = 60n;
    expect(await consumer.infer(input(1), OPTIONS)).toMatchObject({ price: 60n, output: input(2) });
    expect(await consumer.channels()).toHaveLength(2);
  });

  it('is dearer in the middle: paid if it may cost that, else not asked for', async () => {
    const market = await openMarket();
    const provider = first(market);
    const consumer = await market.consumer();
    await consumer.infer(input(1), OPTIONS);
    // raised after the consumer asked for the price
    provider.between = async (call, answer) => {
      const given = await answer(call);
      if (call.path === '/v1/info') provider.options.price = 150n;
      return given;
    };
    await expect(consumer.infer(input(2), OPTIONS)).rejects.toMatchObject({
      code: 'REFUSED',
      details: { refusal: 'VOUCHER_TOO_LOW' },
    });
    expect(await consumer.atRisk()).toBe(PRICE);
    await expect(consumer.infer(input(2), { ...OPTIONS, endpoint: endpointOf(0) })).rejects.toMatchObject({
      code: 'PRICE_TOO_HIGH',
    });
    const answer = await consumer.infer(input(2), { maxPrice: 150n });
    expect(answer).toMatchObject({ price: 150n, output: input(3) });
    expect(answer.left).toBe(20n * PRICE - PRICE - 150n);
  });
});
