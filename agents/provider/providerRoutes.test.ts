import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ZERO } from '../../protocol/field.ts';
import { receiptHash } from '../../protocol/receipts/receipt.ts';
import { proofFromJson, receiptFromJson } from '../../protocol/receipts/receiptCodec.ts';
import { verifyReceiptProof } from '../../protocol/receipts/receiptTree.ts';
import { voucherSeed } from '../../sdk/channels/voucherSeed.ts';
import { channelProof } from '../consumer/providerApi.ts';
import { alice, answered, buy, carol, get, infer, Market, PRICE, refusal, text } from './testing/fixture.ts';

let market: Market;
beforeEach(async () => {
  market = await Market.open();
});
afterEach(() => market.stop());

const INPUT = new Uint8Array([1, 2, 3]);
const request = { price: PRICE, input: INPUT };
const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest());

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
    market.pass(60);
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

describe('what strangers can ask for nothing', () => {
  it('is so many samples and unknown channels a minute; who pays on a known channel is not counted', async () => {
    const service = await market.serve({ limits: { samplesPerMinute: 3, lookupsPerMinute: 2 } });
    const channel = await market.openChannel();
    await buy(service, channel, 4, 'public');
    const sample = get(`/v1/samples/${channel.index}/0`);
    for (let n = 0; n < 3; n += 1) expect((await service.handle(sample)).status).toBe(200);
    expect(refusal(await service.handle(sample))).toEqual([429, 'QUOTA']);
    const unknown = (index: number) => infer({ ...channel.voucher(), channel: index as typeof channel.index }, INPUT);
    expect(refusal(await service.handle(unknown(5_000)))).toEqual([402, 'CHANNEL_UNKNOWN']);
    expect(refusal(await service.handle(unknown(5_001)))).toEqual([429, 'QUOTA']);
    await buy(service, channel, 1);
    market.pass(60);
    expect((await service.handle(sample)).status).toBe(200);
    expect(refusal(await service.handle(unknown(5_001)))).toEqual([402, 'CHANNEL_UNKNOWN']);
  });

  it('never fills the disk: public requests are refused when their place is full, also after a restart', async () => {
    const limits = { shownBytes: 10 };
    const service = await market.serve({ limits, retentionSeconds: 600 });
    const channel = await market.openChannel();
    await buy(service, channel, 2, 'public');
    const voucher = channel.next(undefined, request);
    const open = infer(voucher, INPUT, { 'engram-audit': 'public' });
    expect(refusal(await service.handle(open))).toEqual([503, 'STORE_FULL']);
    const again = await market.serve({ limits, retentionSeconds: 600 }, { store: market.db.snapshot() });
    expect(refusal(await again.handle(open))).toEqual([503, 'STORE_FULL']);
    channel.receive(answered(await again.handle(infer(voucher, INPUT))).receipt);
    market.pass(700);
    const next = channel.next(undefined, request);
    const shown = () => again.handle(infer(next, INPUT, { 'engram-audit': 'public' }));
    await expect.poll(async () => (await shown()).status).toBe(200);
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
