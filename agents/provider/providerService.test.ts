import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hexToBytes } from '../../protocol/bytes.ts';
import { ZERO } from '../../protocol/field.ts';
import { receiptHash, verifyReceiptSignature } from '../../protocol/receipts/receipt.ts';
import { decodeReceipt, proofFromJson, receiptFromJson } from '../../protocol/receipts/receiptCodec.ts';
import { verifyReceiptProof } from '../../protocol/receipts/receiptTree.ts';
import { Subtype } from '../../protocol/types.ts';
import { signVoucher } from '../../protocol/voucher.ts';
import { voucherSeed } from '../../sdk/channels/voucherSeed.ts';
import { channelProof } from '../consumer/providerApi.ts';
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
import { MemoryDb } from './testing/memoryDb.ts';

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

describe('a voucher', () => {
  it('sent again gets the same receipt and output, and nothing runs', async () => {
    const service = await market.serve();
    const channel = await market.openChannel();
    const voucher = channel.next(undefined, request);
    const first = await service.handle(infer(voucher, INPUT));
    // also with another input: what was paid for is what was answered
    for (const input of [INPUT, new Uint8Array([7])])
      expect(await service.handle(infer(voucher, input))).toEqual(first);
    expect(market.runner.runs).toHaveLength(1);
  });

  it('sent twice at the same time runs once', async () => {
    const service = await market.serve();
    const voucher = (await market.openChannel()).next(undefined, request);
    const { release, started } = market.runner.hold();
    const both = [service.handle(infer(voucher, INPUT)), service.handle(infer(voucher, INPUT))];
    await started;
    const other = await service.handle(infer(voucher, new Uint8Array([7])));
    expect(refusal(other)).toEqual([409, 'REQUEST_PENDING']);
    release();
    const [first, second] = await Promise.all(both);
    expect(second).toEqual(first);
    expect(answered(await service.handle(infer(voucher, INPUT))).receipt.sequence).toBe(0);
    expect(market.runner.runs).toHaveLength(1);
  });

  it('that came before, that promises too little, or of a root that is not ours is refused by name', async () => {
    const service = await market.serve();
    const channel = await market.openChannel();
    const seed = voucherSeed(alice);
    const old = channel.next(undefined, request);
    channel.receive(answered(await service.handle(infer(old, INPUT))).receipt);
    await buy(service, channel, 1);
    expect(refusal(await service.handle(infer(old, INPUT)))).toEqual([402, 'VOUCHER_STALE']);
    const next = channel.next(undefined, request);
    const signed = (change: object) => signVoucher({ ...next, ...change }, seed, market.node.domain);
    const tries = [
      ['VOUCHER_TOO_LOW', signed({ total: next.total - 1n })],
      ['VOUCHER_ROOT', signed({ receiptsRoot: ZERO })],
      ['VOUCHER_OVER_BALANCE', signed({ total: 10_001n })],
      ['BAD_VOUCHER', { ...next, total: next.total + 1n }],
      ['BAD_VOUCHER', signVoucher(next, voucherSeed(carol), market.node.domain)],
    ] as const;
    for (const [code, voucher] of tries)
      expect(refusal(await service.handle(infer(voucher, INPUT)))).toEqual([402, code]);
    expect(market.runner.runs).toHaveLength(2);
    // and none of it stands in the way of the right one
    channel.receive(answered(await service.handle(infer(next, INPUT))).receipt);
  });

  it('of another channel, provider or model buys nothing', async () => {
    const service = await market.serve();
    const [one, two] = [await market.openChannel(), await market.openChannel()];
    const moved = { ...one.next(undefined, request), channel: two.index };
    expect(refusal(await service.handle(infer(moved, INPUT)))).toEqual([402, 'BAD_VOUCHER']);
    const open = (change: object) =>
      market.clientOf(alice).openChannel({
        ...{ provider: market.provider, model: market.model, amount: 1_000n, lifetimeSeconds: 3_600 },
        ...change,
      });
    const codeOf = async (change: object) => {
      const channel = await open(change);
      return refusal(await service.handle(infer(channel.next(undefined, { price: 1n, input: INPUT }), INPUT)));
    };
    const other = (await market.clientOf(carol).attest({ sha256: sha256(INPUT), subtype: Subtype.MODEL })).index;
    expect(await codeOf({ provider: market.node.deposit(carol, 0n) })).toEqual([402, 'CHANNEL_PROVIDER']);
    expect(await codeOf({ model: other })).toEqual([402, 'CHANNEL_MODEL']);
    expect(await codeOf({ amount: PRICE - 1n })).toEqual([402, 'CHANNEL_DEPOSIT']);
    expect(await codeOf({ lifetimeSeconds: 60 })).toEqual(
      [200, undefined].length === 2 ? [402, 'VOUCHER_TOO_LOW'] : [],
    );
    const unknown = { ...one.voucher(), channel: 999_999 as typeof one.index };
    expect(refusal(await service.handle(infer(unknown, INPUT)))).toEqual([402, 'CHANNEL_UNKNOWN']);
    expect(market.runner.runs).toHaveLength(0);
  });

  it('of a channel that was used without this book is refused', async () => {
    const service = await market.serve();
    const channel = await market.openChannel();
    await buy(service, channel, 2);
    await service.claimNow();
    await service.stop();
    const forgetful = await market.serve({}, { store: new MemoryDb() });
    const response = await forgetful.handle(infer(channel.next(undefined, request), INPUT));
    expect(refusal(response)).toEqual([402, 'CHANNEL_USED']);
  });

  it('on a channel that expires too soon, or has expired, is refused', async () => {
    const service = await market.serve({ minimumSeconds: 120 });
    const [soon, long] = [await market.openChannel(1_000n, 100), await market.openChannel(1_000n, 200)];
    expect(refusal(await service.handle(infer(soon.next(undefined, request), INPUT)))).toEqual([402, 'CHANNEL_EXPIRY']);
    await buy(service, long, 1);
    market.clock.advance(200);
    expect(refusal(await service.handle(infer(long.next(undefined, request), INPUT)))).toEqual([
      402,
      'CHANNEL_EXPIRED',
    ]);
  });

  it('that cannot be read is malformed', async () => {
    const service = await market.serve();
    const hex = voucherHex((await market.openChannel()).next(undefined, request));
    for (const bad of [hex.slice(2), `${hex}00`, hex.toUpperCase(), `${hex}, ${hex}`, 'zz']) {
      const response = await service.handle(infer(undefined, INPUT, { 'engram-voucher': bad }));
      expect(refusal(response)).toEqual([400, 'BAD_REQUEST']);
    }
    const high = `ffffffff${hex.slice(8)}`;
    const response = await service.handle(infer(undefined, INPUT, { 'engram-voucher': high }));
    expect(refusal(response)).toEqual([400, 'INDEX_OUT_OF_RANGE']);
  });

  it('that only signs for receipts is taken, kept, and claimed with', async () => {
    const service = await market.serve();
    const channel = await market.openChannel();
    await buy(service, channel, 3);
    const closing = channel.voucher();
    const headers = { 'engram-voucher': voucherHex(closing) };
    const post = { method: 'POST', path: '/v1/vouchers', body: new Uint8Array(), address: '192.0.2.1' } as const;
    expect((await service.handle({ ...post, headers })).status).toBe(204);
    expect((await service.handle({ ...post, headers })).status).toBe(204);
    expect(refusal(await service.handle({ ...post, headers: {} }))).toEqual([402, 'PAYMENT_REQUIRED']);
    const again = await market.serve({}, { store: market.db.snapshot() });
    await again.claimNow();
    expect(market.node.account(channel.index)?.claimed).toBe(3n * PRICE);
    expect(await market.db.get(`c/${channel.index.toString(16).padStart(8, '0')}`)).toContain(
      closing.receiptsRoot.toString(),
    );
    await buy(again, channel, 1);
  });

  it('over the balance is taken once the channel was topped up', async () => {
    const service = await market.serve();
    const channel = await market.openChannel(PRICE);
    await buy(service, channel, 1);
    await channel.topUp({ amount: PRICE });
    await channel.refresh();
    // the provider looks again, but not at once
    const voucher = channel.next(undefined, request);
    const shelfTime = performance.now;
    performance.now = () => shelfTime.call(performance) + 10_000;
    try {
      channel.receive(answered(await service.handle(infer(voucher, INPUT))).receipt);
    } finally {
      performance.now = shelfTime;
    }
  });
});

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

describe('free calls', () => {
  it('are as many as promised, and have no receipt', async () => {
    const service = await market.serve({ free: { calls: 2, perSeconds: 60 } });
    for (let n = 0; n < 2; n += 1) {
      const response = await service.handle(infer(undefined, INPUT));
      expect([response.status, response.headers['engram-receipt']]).toEqual([200, undefined]);
    }
    const refused = await service.handle(infer(undefined, INPUT));
    expect(refusal(refused)).toEqual([429, 'QUOTA']);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect((await service.handle({ ...infer(undefined, INPUT), address: '192.0.2.2' })).status).toBe(200);
    market.clock.advance(60);
    expect((await service.handle(infer(undefined, INPUT))).status).toBe(200);
  });

  it('are none by default, and never take a place from who pays', async () => {
    expect(refusal(await (await market.serve()).handle(infer(undefined, INPUT)))).toEqual([402, 'PAYMENT_REQUIRED']);
    await market.stop();
    const service = await market.serve({ free: { calls: 100 }, limits: { concurrency: 1 } });
    const { release, started } = market.runner.hold();
    const paid = service.handle(infer((await market.openChannel()).next(undefined, request), INPUT));
    await started;
    expect(refusal(await service.handle(infer(undefined, INPUT)))).toEqual([429, 'BUSY']);
    release();
    answered(await paid);
  });
});

describe('who lost an answer', () => {
  it('is shown the channel if it has the voucher key, nobody else', async () => {
    const service = await market.serve();
    const channel = await market.openChannel();
    const { receipt, output } = await buy(service, channel, 3);
    const path = `/v1/channels/${channel.index}`;
    const proof = (account: typeof alice) => ({
      'engram-proof': channelProof(channel.index, voucherSeed(account), market.node.domain),
    });
    const shown = JSON.parse(text(await service.handle(get(path, proof(alice)))));
    expect(shown).toMatchObject({ issued: (3n * PRICE).toString(), receipts: 3 });
    expect(shown.root).toBe(channel.voucher().receiptsRoot.toString());
    expect(receiptFromJson(shown.lastReceipt)).toEqual(receipt);
    expect(new Uint8Array(Buffer.from(shown.lastOutput, 'base64'))).toEqual(output);
    expect(refusal(await service.handle(get(path, proof(carol))))).toEqual([404, 'NOT_FOUND']);
    expect(refusal(await service.handle(get('/v1/channels/5000', proof(alice))))).toEqual([404, 'NOT_FOUND']);
    expect(refusal(await service.handle(get(path)))).toEqual([400, 'BAD_REQUEST']);
    // a voucher's signature is no proof
    const { signature } = channel.voucher();
    const hex = [signature.r8[0], signature.r8[1], signature.s].map((word) => word.toString(16).padStart(64, '0'));
    expect(refusal(await service.handle(get(path, { 'engram-proof': hex.join('') })))).toEqual([404, 'NOT_FOUND']);
  });
});

describe('samples', () => {
  it('show public receipts with proofs under the root of any size', async () => {
    const service = await market.serve();
    const channel = await market.openChannel();
    const roots = [];
    for (let n = 0; n < 5; n += 1) {
      await buy(service, channel, 1, n === 2 ? 'private' : 'public');
      roots.push(channel.voucher().receiptsRoot);
    }
    const sample = (sequence: number, size?: number) =>
      service.handle(get(`/v1/samples/${channel.index}/${sequence}${size === undefined ? '' : `?size=${size}`}`));
    for (const size of [3, 4, 5]) {
      const json = JSON.parse(text(await sample(1, size)));
      const receipt = receiptFromJson(json.receipt);
      const root = roots[size - 1] ?? ZERO;
      expect(verifyReceiptProof(root, receiptHash(receipt), proofFromJson(json.proof))).toBe(true);
      expect(sha256(Buffer.from(json.input, 'base64'))).toEqual(receipt.inputHash);
      expect(sha256(Buffer.from(json.output, 'base64'))).toEqual(receipt.outputHash);
    }
    expect((await sample(4)).status).toBe(200);
    for (const [sequence, size] of [
      [2, 5],
      [5, 5],
      [1, 1],
      [0, 6],
    ] as const) {
      expect(refusal(await sample(sequence, size))).toEqual([404, 'NOT_FOUND']);
    }
    expect(refusal(await service.handle(get(`/v1/samples/${channel.index}/1?size=x`)))).toEqual([400, 'BAD_REQUEST']);
    expect(refusal(await service.handle(get('/v1/samples/77/0')))).toEqual([404, 'NOT_FOUND']);
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
    const service = await market.serve();
    const channel = await market.openChannel();
    market.clock.advance(1_000);
    await buy(service, channel, 1);
    const again = await market.serve({}, { store: market.db.snapshot() });
    const { receipt } = await buy(again, channel, 1);
    expect(receipt.sequence).toBe(1);
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

describe('paths', () => {
  it('that are none are not found', async () => {
    const service = await market.serve();
    for (const path of ['/', '/v1', '/v1/infer', '/v1/channels/x', '/v1/samples/1', '/v1/channels/99999999']) {
      const expected = path === '/v1/channels/99999999' ? [400, 'BAD_REQUEST'] : [404, 'NOT_FOUND'];
      expect(refusal(await service.handle(get(path)))).toEqual(expected);
    }
    expect((await service.handle(get('/v1/health'))).status).toBe(200);
    expect((await service.handle(get('/metrics'))).status).toBe(200);
  });
});
