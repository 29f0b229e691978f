import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { hexToBytes } from '../../protocol/bytes.ts';
import { field } from '../../protocol/field.ts';
import { signReceipt, verifyReceiptSignature } from '../../protocol/receipts/receipt.ts';
import { decodeReceipt, decodeVoucher } from '../../protocol/receipts/receiptCodec.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { ExecutionError } from '../execution/executionError.ts';
import { jsonReply, lost, reply } from './testing/fakeProvider.ts';
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

describe('a provider that cheats with receipts', () => {
  const caught = async (change: (market: Market) => void, code: string) => {
    const market = await openMarket();
    const consumer = await market.consumer();
    await consumer.infer(input(1), OPTIONS);
    change(market);
    await expect(consumer.infer(input(2), OPTIONS)).rejects.toMatchObject({ code });
    // what it can take: the answer it gave, and one more
    expect(await consumer.atRisk()).toBe(PRICE);
    expect(await consumer.reports()).toMatchObject([{ code, provider: first(market).options.provider }]);
    const asked = first(market).calls.length;
    await expect(consumer.infer(input(3), OPTIONS)).rejects.toMatchObject({ code: 'NO_PROVIDER' });
    await expect(consumer.infer(input(3), { ...OPTIONS, endpoint: endpointOf(0) })).rejects.toMatchObject({
      code: 'PROVIDER_EXCLUDED',
    });
    expect(first(market).calls.slice(asked)).toEqual([]);
    return { market, consumer };
  };
  /** Changes what the provider signs. */
  const forging = (change: object) => (market: Market) => {
    const [channel] = first(market).channels.values();
    if (channel === undefined) throw new RangeError();
    const issue = channel.issue.bind(channel);
    channel.issue = (work) => issue({ ...work, ...change });
  };

  it('by a cheaper receipt harms nobody: another channel, no report', async () => {
    const market = await openMarket();
    const consumer = await market.consumer();
    await consumer.infer(input(1), OPTIONS);
    forging({ price: PRICE - 50n })(market);
    await expect(consumer.infer(input(2), OPTIONS)).rejects.toMatchObject({ code: 'RECEIPT_PRICE' });
    expect(await consumer.reports()).toEqual([]);
    expect((await consumer.infer(input(3), OPTIONS)).receipt.sequence).toBe(0);
  });

  it('by a dearer receipt than agreed', async () => {
    await caught((market) => {
      const provider = first(market);
      const [channel] = provider.channels.values();
      if (channel === undefined) throw new RangeError();
      const issue = channel.issue.bind(channel);
      channel.issue = (work) => ({ ...issue(work), price: PRICE + 1n });
    }, 'RECEIPT_PRICE');
  });

  it('by another execution, with the receipt as evidence', async () => {
    const { market, consumer } = await caught((m) => {
      first(m).receiptExecution = field(99n);
    }, 'RECEIPT_EXECUTION');
    const [report] = await consumer.reports();
    expect(report?.receipt).toMatchObject({ execution: 99n, sequence: 1 });
    if (report?.receipt === undefined) throw new RangeError();
    expect(verifyReceiptSignature(report.receipt, actor(10).key, market.node.domain)).toBe(true);
  });

  it('by a receipt for another input', async () => {
    await caught(forging({ inputHash: sha256(input(77)) }), 'RECEIPT_INPUT');
  });

  it('by a receipt with somebody else’s signature', async () => {
    await caught((market) => {
      const provider = first(market);
      const [channel] = provider.channels.values();
      if (channel === undefined) throw new RangeError();
      const issue = channel.issue.bind(channel);
      channel.issue = (work) => {
        const receipt = issue(work);
        return { ...receipt, signature: { ...receipt.signature, s: receipt.signature.s + 1n } };
      };
    }, 'RECEIPT_SIGNATURE');
  });

  it('by an output that the receipt does not name', async () => {
    await caught((market) => {
      first(market).between = async (call, answer) => {
        const given = await answer(call);
        return call.path === '/v1/infer' ? { ...given, body: input(0, 0) } : given;
      };
    }, 'RECEIPT_OUTPUT');
  });

  it('by no receipt', async () => {
    await caught((market) => {
      first(market).between = async (call, answer) => {
        const given = await answer(call);
        return call.path === '/v1/infer' ? { ...given, headers: {} } : given;
      };
    }, 'NO_RECEIPT');
  });

  it('by two receipts with one number: both are kept', async () => {
    const { market, consumer } = await caught((m) => {
      first(m).between = async (call, answer) => {
        const given = await answer(call);
        if (call.path !== '/v1/infer') return given;
        const honest = decodeReceipt(hexToBytes(given.headers['engram-receipt'] ?? ''));
        const second = { ...honest, sequence: 0, outputHash: sha256(given.body) };
        return reply({ receipt: signReceipt(second, actor(10).seed, m.node.domain), output: given.body });
      };
    }, 'EQUIVOCATION');
    const [report] = await consumer.reports();
    const both = [report?.receipt, report?.other];
    expect(both.map((receipt) => receipt?.sequence)).toEqual([0, 0]);
    for (const receipt of both) {
      if (receipt === undefined) throw new RangeError();
      expect(verifyReceiptSignature(receipt, actor(10).key, market.node.domain)).toBe(true);
    }
  });
});

describe('who stands between a consumer and a provider', () => {
  it('cannot have the provider excluded: only the address is', async () => {
    const market = await openMarket(2);
    const [, honest] = market.providers;
    if (honest === undefined) throw new RangeError();
    honest.options.price = 50n;
    // at the first address somebody poses as the second provider, and hands requests on with another audit than was paid for
    first(market).between = (call) =>
      honest.call(
        call.path === '/v1/infer' ? { ...call, headers: { ...call.headers, 'engram-audit': 'public' } } : call,
      );
    const consumer = await market.consumer();
    const asked = { ...OPTIONS, endpoint: endpointOf(0) };
    await expect(consumer.infer(input(1), asked)).rejects.toMatchObject({ code: 'RECEIPT_EXECUTION' });
    await expect(consumer.infer(input(1), asked)).rejects.toMatchObject({ code: 'PROVIDER_EXCLUDED' });
    const answer = await consumer.infer(input(1), { ...OPTIONS, endpoint: endpointOf(1) });
    expect(answer).toMatchObject({ provider: honest.options.provider, price: 50n });
    expect(await consumer.scores()).toMatchObject([{ answered: 1, failed: 1, excluded: undefined }]);
    expect(await consumer.reports()).toMatchObject([{ code: 'RECEIPT_EXECUTION', endpoint: endpointOf(0) }]);
  });

  it('cannot pose as another provider where the account is known', async () => {
    const market = await openMarket(2);
    const [posing, honest] = market.providers;
    if (posing === undefined || honest === undefined) throw new RangeError();
    posing.between = (call) => honest.call(call);
    const consumer = await market.consumer();
    const asked = { ...OPTIONS, endpoint: endpointOf(0), provider: posing.options.provider };
    await expect(consumer.infer(input(1), asked)).rejects.toMatchObject({ code: 'WRONG_PROVIDER' });
    await expect(consumer.infer(input(1), OPTIONS)).resolves.toMatchObject({ endpoint: endpointOf(1) });
  });
});

describe('an answer that is run again', () => {
  it('is kept when the model fails here: that says nothing about the provider', async () => {
    const market = await openMarket();
    const consumer = await market.consumer();
    const run = () => Promise.reject(new ExecutionError('RUN_FAILED', 'no memory'));
    const answer = await consumer.infer(input(1), { ...OPTIONS, runner: { ...market.runner, run }, check: 'always' });
    expect(answer).toMatchObject({ output: input(2), check: 'unchecked' });
    expect(await consumer.reports()).toEqual([]);
  });

  it('is, for a provider’s first one and where it is asked for', async () => {
    const market = await openMarket();
    const consumer = await market.consumer();
    const options = { ...OPTIONS, runner: market.runner };
    expect((await consumer.infer(input(1), options)).check).toBe('same');
    expect((await consumer.infer(input(2), options)).check).toBe('unchecked');
    expect((await consumer.infer(input(3), { ...options, check: 'always' })).check).toBe('same');
    expect(await consumer.scores()).toMatchObject([{ checked: 2 }]);
  });

  it('and is wrong, is reported with its evidence, and its provider never asked again', async () => {
    const market = await openMarket(2);
    const [cheat] = market.providers;
    if (cheat === undefined) throw new RangeError();
    cheat.options.price = 50n;
    cheat.model = () => input(0);
    const consumer = await market.consumer();
    const answer = await consumer.infer(input(1), { ...OPTIONS, runner: market.runner });
    expect(answer).toMatchObject({ output: input(2), check: 'same', failures: [{ code: 'OUTPUT_MISMATCH' }] });
    const [report] = await consumer.reports();
    expect(report).toMatchObject({ code: 'OUTPUT_MISMATCH', provider: cheat.options.provider });
    expect(report?.expectedHash).toEqual(sha256(input(2)));
    const { input: asked, output } = await consumer.evidence(report?.channel ?? 0, 0);
    expect([asked, output]).toEqual([input(1), input(0)]);
    expect((await consumer.infer(input(5), OPTIONS)).failures).toEqual([]);
    expect(cheat.runs).toBe(1);
  });

  it('must be one that can be run again: another model or another way of running is refused before it is paid', async () => {
    const market = await openMarket();
    const consumer = await market.consumer();
    const other = { ...market.runner, sha256: new Uint8Array(32) };
    await expect(consumer.infer(input(1), { ...OPTIONS, runner: other })).rejects.toMatchObject({
      code: 'MODEL_CHANGED',
    });
    const otherWay = { ...market.runner, execution: () => ({ word: field(5n) }) };
    await expect(consumer.infer(input(1), { ...OPTIONS, runner: otherWay })).rejects.toMatchObject({
      code: 'EXECUTION_UNKNOWN',
    });
    expect(await consumer.channels()).toEqual([]);
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
