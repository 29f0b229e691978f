import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ZERO } from '../../protocol/field.ts';
import { Subtype } from '../../protocol/types.ts';
import { signVoucher } from '../../protocol/voucher.ts';
import { voucherSeed } from '../../sdk/channels/voucherSeed.ts';
import { alice, answered, buy, carol, infer, Market, PRICE, refusal, voucherHex } from './testing/fixture.ts';
import { MemoryDb } from './testing/memoryDb.ts';

let market: Market;
beforeEach(async () => {
  market = await Market.open();
});
afterEach(() => market.stop());

const INPUT = new Uint8Array([1, 2, 3]);
const request = { price: PRICE, input: INPUT };
const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest());

describe('a voucher', () => {
  it('sent again gets the same receipt and output, and nothing runs', async () => {
    const service = await market.serve();
    const channel = await market.openChannel();
    const voucher = channel.next(undefined, request);
    const first = await service.handle(infer(voucher, INPUT));
    expect(await service.handle(infer(voucher, INPUT))).toEqual(first);
    // with another input it buys nothing, and shows nothing
    expect(refusal(await service.handle(infer(voucher, new Uint8Array([7]))))).toEqual([402, 'VOUCHER_ROOT']);
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
    market.pass(200);
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

  it('badly signed ends the run that began while it was checked, and the next ones are checked first', async () => {
    const service = await market.serve();
    const channel = await market.openChannel();
    const next = () => channel.next(undefined, request);
    const bad = () => signVoucher({ ...channel.voucher(), total: 5_000n }, voucherSeed(carol), market.node.domain);
    // Nobody is trusted with a run at first.
    expect(refusal(await service.handle(infer(bad(), INPUT)))).toEqual([402, 'BAD_VOUCHER']);
    expect(market.runner.runs).toHaveLength(0);
    await buy(service, channel, 1);
    market.runner.hold();
    for (let n = 0; n < 5; n += 1) {
      expect(refusal(await service.handle(infer(bad(), INPUT)))).toEqual([402, 'BAD_VOUCHER']);
    }
    // one paid for, one begun for nothing
    expect(market.runner.runs).toHaveLength(2);
    market.runner.hold().release();
    expect((await service.claimNow()).value).toBe(PRICE);
    channel.receive(answered(await service.handle(infer(next(), INPUT))).receipt);
    expect(market.runner.runs).toHaveLength(3);
  });

  it('over the balance is taken once the channel was topped up', async () => {
    const service = await market.serve();
    const channel = await market.openChannel(PRICE);
    await buy(service, channel, 1);
    await channel.topUp({ amount: PRICE });
    await channel.refresh();
    const voucher = channel.next(undefined, { price: PRICE, input: INPUT });
    // The ledger is looked at again, but not for every voucher.
    market.pass(5);
    channel.receive(answered(await service.handle(infer(voucher, INPUT))).receipt);
  });
});
