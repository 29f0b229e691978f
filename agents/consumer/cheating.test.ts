import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { hexToBytes } from '../../protocol/bytes.ts';
import { field } from '../../protocol/field.ts';
import { signReceipt, verifyReceiptSignature } from '../../protocol/receipts/receipt.ts';
import { decodeReceipt } from '../../protocol/receipts/receiptCodec.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { ExecutionError } from '../execution/executionError.ts';
import { reply } from './testing/fakeProvider.ts';
import { endpointOf, type Market, openMarket, PRICE } from './testing/market.ts';

const input = (...bytes: number[]) => new Uint8Array(bytes);
const first = ({ providers }: Market) => {
  const [provider] = providers;
  if (provider === undefined) throw new RangeError('no provider');
  return provider;
};
const OPTIONS = { maxPrice: PRICE };

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
