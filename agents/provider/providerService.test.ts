import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hexToBytes } from '../../protocol/bytes.ts';
import { ZERO } from '../../protocol/field.ts';
import { verifyReceiptSignature } from '../../protocol/receipts/receipt.ts';
import { decodeReceipt } from '../../protocol/receipts/receiptCodec.ts';
import { Subtype } from '../../protocol/types.ts';
import { signVoucher } from '../../protocol/voucher.ts';
import { voucherSeed } from '../../sdk/channels/voucherSeed.ts';
import { parseProviderInfo } from '../consumer/providerInfo.ts';
import { ExecutionError } from '../execution/executionError.ts';
import { FakeRunner } from './testing/fakeRunner.ts';
import {
  alice,
  answered,
  bob,
  buy,
  carol,
  get,
  infer,
  Market,
  PRICE,
  refusal,
  text,
  voucherHex,
} from './testing/fixture.ts';

let market: Market;
beforeEach(async () => {
  market = await Market.open();
});
afterEach(() => market.stop());

const INPUT = new Uint8Array([1, 2, 3]);
const request = { price: PRICE, input: INPUT };
const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest());

describe('a provider starts only', () => {
  it('with the file that the attestation commits to', async () => {
    const runner = new FakeRunner(sha256(new Uint8Array([9])));
    await expect(market.serve({}, { runner })).rejects.toMatchObject({ code: 'MODEL_MISMATCH' });
  });

  it('for a model, with an account of its token that is its own', async () => {
    const { index: agent } = await market.clientOf(carol).attest({ sha256: sha256(INPUT), subtype: Subtype.AGENT });
    await expect(market.serve({ model: agent })).rejects.toMatchObject({ code: 'NOT_A_MODEL' });
    await expect(market.serve({ provider: 2 })).rejects.toMatchObject({ code: 'NO_KEY_ACCOUNT' });
    const nobody = { account: { ...bob, packedKey: alice.packedKey.replace(/..$/, '00') as `0x${string}` } };
    await expect(market.serve({}, nobody)).rejects.toMatchObject({ code: 'NO_KEY_ACCOUNT' });
  });

  it('on its own books', async () => {
    await market.serve();
    const second = market.node.deposit(bob, 5n);
    await expect(market.serve({ provider: second })).rejects.toMatchObject({ code: 'STORE_MISMATCH' });
  });

  it('with terms that make sense', async () => {
    await expect(market.serve({ price: -1n })).rejects.toMatchObject({ code: 'BAD_OPTIONS' });
    await expect(market.serve({ limits: { concurrency: 0 } })).rejects.toMatchObject({ code: 'BAD_OPTIONS' });
  });
});

describe('an answer', () => {
  it('comes with a receipt that names it, and is paid for by a claim', async () => {
    const service = await market.serve();
    const channel = await market.openChannel();
    const { output, receipt } = answered(await service.handle(infer(channel.next(undefined, request), INPUT)));
    expect(output).toEqual(new Uint8Array([3, 2, 1]));
    expect(receipt).toMatchObject({ channel: channel.index, sequence: 0, model: market.model, price: PRICE });
    expect(receipt.inputHash).toEqual(sha256(INPUT));
    expect(receipt.outputHash).toEqual(sha256(output));
    expect(receipt.execution).toBe(market.runner.execution('private').word);
    expect(verifyReceiptSignature(receipt, bob.key, market.node.domain)).toBe(true);
    channel.receive(receipt);
    await buy(service, channel, 9);
    const before = market.node.account(market.provider)?.balance ?? 0n;
    const { value, channels } = await service.claimNow();
    expect([value, channels]).toEqual([10n * PRICE, [channel.index]]);
    expect(market.node.account(market.provider)?.balance).toBe(before + (10n * PRICE * 95n) / 100n);
  });

  it('names how it ran, as the consumer chose', async () => {
    const service = await market.serve();
    const channel = await market.openChannel();
    const { receipt } = await buy(service, channel, 1, 'public');
    expect(receipt.execution).toBe(market.runner.execution('public').word);
    expect(refusal(await service.handle(infer(undefined, INPUT, { 'engram-audit': 'secret' })))).toEqual([
      400,
      'BAD_REQUEST',
    ]);
  });

  it('describes itself in the form that consumers read', async () => {
    const runner = new FakeRunner();
    const service = await market.serve({}, { runner: Object.assign(runner, { execution: documentsOf(runner) }) });
    const info = parseProviderInfo(JSON.parse(text(await service.handle(get('/v1/info')))));
    expect(info).toMatchObject({ provider: market.provider, price: PRICE, token: 0, domain: market.node.domain });
    expect(info.model).toEqual({ index: market.model, sha256: runner.sha256 });
  });
});

function documentsOf(runner: FakeRunner): FakeRunner['execution'] {
  return (audit) => {
    const model = `0x${Buffer.from(runner.sha256).toString('hex')}`;
    const document = `{"audit":"${audit}","graphOptimization":"basic","model":"${model}","nan":"canonical","provider":"wasm","runtime":"onnxruntime-web","simd":true,"threads":1,"version":"1.30.0","wasm":"${model}"}`;
    return { document, word: ZERO };
  };
}

describe('a request that fails inside', () => {
  it('costs nothing, and its voucher pays for the next', async () => {
    const service = await market.serve();
    const channel = await market.openChannel();
    await buy(service, channel, 1);
    const voucher = channel.next(undefined, request);
    market.runner.fails = new ExecutionError('RUN_FAILED', 'crash');
    expect(refusal(await service.handle(infer(voucher, INPUT)))).toEqual([500, 'RUN_FAILED']);
    market.runner.fails = new ExecutionError('OUTPUT_TOO_LARGE', 'too long');
    expect(refusal(await service.handle(infer(voucher, INPUT)))).toEqual([500, 'OUTPUT_TOO_LARGE']);
    expect(refusal(await service.handle(infer(voucher, new Uint8Array([0xff]))))).toEqual([422, 'BAD_TENSOR']);
    market.db.fails = new Error('disk full');
    expect(refusal(await service.handle(infer(voucher, INPUT)))).toEqual([500, 'STORE_FAILED']);
    expect((await service.claimNow()).value).toBe(PRICE);
    const { receipt } = answered(await service.handle(infer(voucher, INPUT)));
    expect(receipt.sequence).toBe(1);
    channel.receive(receipt);
  });

  it('is ended when it takes too long', async () => {
    const service = await market.serve({ limits: { runMs: 20 } });
    market.runner.hold();
    const voucher = (await market.openChannel()).next(undefined, request);
    expect(refusal(await service.handle(infer(voucher, INPUT)))).toEqual([503, 'RUN_TIMEOUT']);
  });

  it('is not claimed for: a voucher counts when its answer is on disk', async () => {
    const service = await market.serve();
    const channel = await market.openChannel();
    await buy(service, channel, 1);
    const { release, started } = market.runner.hold();
    const answer = service.handle(infer(channel.next(undefined, request), INPUT));
    await started;
    expect((await service.claimNow()).value).toBe(PRICE);
    release();
    channel.receive(answered(await answer).receipt);
    expect((await service.claimNow()).value).toBe(PRICE);
  });

  it('never answers before it is on disk', async () => {
    const service = await market.serve();
    const channel = await market.openChannel();
    await buy(service, channel, 1);
    let release: () => void = () => undefined;
    market.db.before = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    let isAnswered = false;
    const answer = service.handle(infer(channel.next(undefined, request), INPUT)).then((response) => {
      isAnswered = true;
      return response;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isAnswered).toBe(false);
    const left = market.db.snapshot();
    release();
    const { receipt } = answered(await answer);
    // who was killed before the write has never seen the voucher
    expect(left.keys.filter((key) => key.startsWith('r/'))).toHaveLength(1);
    expect(receipt.sequence).toBe(1);
    market.db.before = async () => undefined;
  });
});

describe('many requests', () => {
  it('of one channel at a time are refused, of several channels are served', async () => {
    const service = await market.serve({ limits: { concurrency: 2 } });
    const [one, two] = [await market.openChannel(), await market.openChannel()];
    const { release, started } = market.runner.hold();
    const first = service.handle(infer(one.next(undefined, request), INPUT));
    await started;
    const seed = voucherSeed(alice);
    const parallel = signVoucher({ ...one.voucher(), total: 2n * PRICE }, seed, market.node.domain);
    expect(refusal(await service.handle(infer(parallel, INPUT)))).toEqual([409, 'REQUEST_PENDING']);
    const acknowledgement = { 'engram-voucher': voucherHex(one.voucher()) };
    const post = {
      method: 'POST',
      path: '/v1/vouchers',
      body: new Uint8Array(),
      address: '',
      headers: acknowledgement,
    } as const;
    expect(refusal(await service.handle(post))).toEqual([409, 'REQUEST_PENDING']);
    const second = service.handle(infer(two.next(undefined, request), INPUT));
    release();
    one.receive(answered(await first).receipt);
    two.receive(answered(await second).receipt);
  });

  it('are BUSY when all places are taken, and their vouchers are worth what they were', async () => {
    const service = await market.serve({ limits: { concurrency: 1, queue: 1 } });
    const channels = await Promise.all([1, 2, 3].map(() => market.openChannel()));
    const { release, started } = market.runner.hold();
    const vouchers = channels.map((channel) => channel.next(undefined, request));
    const [first] = [service.handle(infer(vouchers[0], INPUT))];
    await started;
    const second = service.handle(infer(vouchers[1], INPUT));
    await new Promise((resolve) => setTimeout(resolve, 5));
    const third = await service.handle(infer(vouchers[2], INPUT));
    expect(refusal(third)).toEqual([429, 'BUSY']);
    expect(Number(third.headers['retry-after'])).toBeGreaterThan(0);
    expect(service.precheck(infer(vouchers[2], INPUT))).toMatchObject({ status: 429 });
    release();
    for (const answer of [first, second]) answered(await answer);
    answered(await service.handle(infer(vouchers[2], INPUT)));
  });

  it('with one channel in memory at a time stay in order', async () => {
    const service = await market.serve({ limits: { idleChannels: 1, concurrency: 4 } });
    const channels = await Promise.all([1, 2, 3, 4].map(() => market.openChannel()));
    for (let round = 0; round < 5; round += 1) {
      market.pass(10);
      await Promise.all(
        channels.map(async (channel) => {
          const response = await service.handle(infer(channel.next(undefined, request), INPUT));
          const { receipt } = answered(response);
          expect(receipt.sequence).toBe(round);
          channel.receive(receipt);
        }),
      );
    }
    expect((await service.claimNow()).value).toBe(20n * PRICE);
  });
});

describe('after a restart', () => {
  it('everything answered is claimable, no channel is frozen, and the last voucher gets the same bytes', async () => {
    const service = await market.serve();
    const channel = await market.openChannel();
    const kept = channel.next(undefined, request);
    const first = await service.handle(infer(kept, INPUT));
    const db = market.db.snapshot();
    const again = await market.serve({}, { store: db });
    expect(await again.handle(infer(kept, INPUT))).toEqual(first);
    expect(market.runner.runs).toHaveLength(1);
    channel.receive(decodeReceipt(hexToBytes(first.headers['engram-receipt'] ?? '')));
    await buy(again, channel, 2);
    expect((await again.claimNow()).value).toBe(3n * PRICE);
  });

  it('a clock that went back ends no channel', async () => {
    const { request: ask } = market.node;
    market.node.request = async (method, params) => {
      const answer = await ask.call(market.node, method, params);
      // what the node answers to this
      const { time } = answer as { time: number };
      return method === 'engram_chainInfo' ? { ...(answer as object), time: time + 1_000 } : answer;
    };
    const service = await market.serve();
    const channel = await market.openChannel();
    const first = await buy(service, channel, 1);
    market.node.request = ask;
    const again = await market.serve({}, { store: market.db.snapshot() });
    const second = await buy(again, channel, 1);
    expect(second.receipt).toMatchObject({ sequence: 1, time: first.receipt.time });
  });
});

describe('when it stops', () => {
  it('it answers what is under way, takes nothing new, and claims if it was told to', async () => {
    const service = await market.serve({ claimOnStop: true });
    const [one, two] = [await market.openChannel(), await market.openChannel()];
    const { release, started } = market.runner.hold();
    const answer = service.handle(infer(one.next(undefined, request), INPUT));
    await started;
    const stopped = service.stop();
    expect(refusal(await service.handle(infer(two.next(undefined, request), INPUT)))).toEqual([503, 'STOPPING']);
    release();
    answered(await answer);
    await stopped;
    await service.stop();
    expect((await market.clientOf(alice).getChannel(one.index)).claimed).toBe(PRICE);
  });
});
