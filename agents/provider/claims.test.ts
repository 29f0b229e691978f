import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProviderMetrics } from './providerMetrics.ts';
import { noMetrics } from './providerMetrics.ts';
import { answered, buy, infer, Market, PRICE, refusal } from './testing/fixture.ts';

const DAY = 86_400;
let market: Market;
beforeEach(async () => {
  market = await Market.open();
});
afterEach(() => market.stop());

/** Lets the provider's upkeep come round. */
async function pass(seconds: number): Promise<void> {
  market.pass(seconds);
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setTimeout(resolve, 1));
}

async function until(what: () => Promise<boolean> | boolean): Promise<void> {
  for (let i = 0; i < 500; i += 1) {
    if (await what()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect.unreachable('not within the time');
}

const claimed = (channel: { index: number }): bigint => market.node.account(channel.index)?.claimed ?? -1n;

describe('a channel is claimed by itself', () => {
  it('when enough is owed', async () => {
    const service = await market.serve({ claim: { value: 5n * PRICE } });
    const channel = await market.openChannel();
    await buy(service, channel, 4);
    await pass(2);
    expect(claimed(channel)).toBe(0n);
    await buy(service, channel, 1);
    await pass(2);
    await until(() => claimed(channel) === 5n * PRICE);
  });

  it('when its oldest receipt is old, also over a restart', async () => {
    const service = await market.serve({ claim: { ageSeconds: 600 } });
    const channel = await market.openChannel();
    await buy(service, channel, 1);
    await pass(500);
    await service.stop();
    const again = await market.serve({ claim: { ageSeconds: 600 } });
    await buy(again, channel, 1);
    await pass(50);
    expect(claimed(channel)).toBe(0n);
    await pass(60);
    await until(() => claimed(channel) === 2n * PRICE);
    // from then on the age is that of what came after
    await buy(again, channel, 1);
    await pass(500);
    expect(claimed(channel)).toBe(2n * PRICE);
    await pass(110);
    await until(() => claimed(channel) === 3n * PRICE);
  });

  it('when its time is nearly over, although it expired during a run', async () => {
    const service = await market.serve({ claim: { ageSeconds: 30 * DAY, marginSeconds: 3_600 } });
    const channel = await market.openChannel(10_000n, 100);
    const { release, started } = market.runner.hold();
    const input = new Uint8Array([5]);
    const answer = service.handle(infer(channel.next(undefined, { price: PRICE, input }), input));
    await started;
    await pass(101);
    release();
    channel.receive(answered(await answer).receipt);
    const late = await service.handle(infer(channel.next(undefined, { price: PRICE, input }), input));
    expect(refusal(late)).toEqual([402, 'CHANNEL_EXPIRED']);
    await pass(DAY - 3_700);
    expect(claimed(channel)).toBe(0n);
    await pass(200);
    await until(() => claimed(channel) === PRICE);
  });

  it('only if it is worth the fee', async () => {
    market.node.minimumFee = 2n * PRICE;
    const service = await market.serve({ claim: { value: 1n } });
    const channel = await market.openChannel();
    await buy(service, channel, 2);
    await pass(2);
    expect((await service.claimNow()).channels).toEqual([]);
    expect(claimed(channel)).toBe(0n);
    await buy(service, channel, 1);
    expect((await service.claimNow()).value).toBe(3n * PRICE);
  });
});

describe('claims', () => {
  it('of many channels go into few transactions', async () => {
    const service = await market.serve();
    const channels = await Promise.all(Array.from({ length: 7 }, () => market.openChannel()));
    for (const channel of channels) await buy(service, channel, 2);
    const { transactions, value } = await service.claimNow();
    expect(transactions).toHaveLength(1);
    expect(value).toBe(14n * PRICE);
  });

  it('that the ledger refuses hold up no other channel, and come again', async () => {
    const failures: string[] = [];
    const metrics: ProviderMetrics = { ...noMetrics, claimFailed: (code) => failures.push(code) };
    const service = await market.serve({}, { metrics });
    const [good, bad] = [await market.openChannel(), await market.openChannel()];
    await buy(service, good, 3);
    await buy(service, bad, 3);
    // the node says of one that it could still pay, and the ledger that it cannot
    const { request } = market.node;
    let isRefusing = true;
    market.node.request = async (method, params) => {
      const answer = await request.call(market.node, method, params);
      const isBad = method === 'engram_getChannel' && params[0] === bad.index && isRefusing;
      return isBad ? { ...(answer as object), voucherKey: { x: '1', y: '2', packed: '0x' } } : answer; // as the node has it
    };
    const first = await service.claimNow();
    expect(first.channels).toEqual([good.index]);
    expect([claimed(good), claimed(bad)]).toEqual([3n * PRICE, 0n]);
    expect(failures).toContain('BAD_VOUCHER');
    isRefusing = false;
    expect((await service.claimNow()).channels).toEqual([bad.index]);
    expect(claimed(bad)).toBe(3n * PRICE);
  });

  it('wait while the node is down; channels that are open are served, new ones are not', async () => {
    const service = await market.serve({ claim: { value: PRICE } });
    const [known, fresh] = [await market.openChannel(), await market.openChannel()];
    await buy(service, known, 1);
    await service.claimNow();
    expect(claimed(known)).toBe(PRICE);
    market.isNodeAway = true;
    await buy(service, known, 2);
    await pass(2);
    const input = new Uint8Array([1]);
    const voucher = fresh.next(undefined, { price: PRICE, input });
    expect(refusal(await service.handle(infer(voucher, input)))).toEqual([503, 'LEDGER_UNAVAILABLE']);
    await expect(service.claimNow()).rejects.toMatchObject({ code: 'STOPPED' });
    market.isNodeAway = false;
    await pass(2);
    await until(() => claimed(known) === 3n * PRICE);
    answered(await service.handle(infer(voucher, input)));
  });

  it('that the node dropped are made again', async () => {
    const service = await market.serve();
    const channel = await market.openChannel();
    await buy(service, channel, 2);
    market.node.isHeld = true;
    const { request } = market.node;
    market.node.request = async (method, params) => {
      const answer = await request.call(market.node, method, params);
      if (method !== 'engram_getTransactionStatus') return answer;
      market.node.forget();
      return { hash: params[0], status: 'dropped', reason: { code: 'EXPIRED' } };
    };
    expect((await service.claimNow()).transactions).toEqual([]);
    expect(claimed(channel)).toBe(0n);
    market.node.isHeld = false;
    market.node.request = request;
    expect((await service.claimNow()).value).toBe(2n * PRICE);
  });
});

describe('a consumer that vanishes', () => {
  it('leaves the provider with nothing lost: each answer was paid before it ran', async () => {
    const service = await market.serve();
    const before = market.node.account(market.provider)?.balance ?? 0n;
    let served = 0n;
    for (const answers of [1, 3, 2]) {
      await buy(service, await market.openChannel(), answers);
      served += BigInt(answers);
    }
    const { value } = await service.claimNow();
    expect(value).toBe(served * PRICE);
    expect((market.node.account(market.provider)?.balance ?? 0n) - before).toBe((served * PRICE * 95n) / 100n);
  });
});

describe('what is over', () => {
  it('is forgotten: public requests after their time, channels after theirs', async () => {
    const service = await market.serve({ retentionSeconds: DAY, claim: { value: 1n } });
    const channel = await market.openChannel(10_000n, 100);
    await buy(service, channel, 2, 'public');
    const count = (prefix: string) => market.db.keys.filter((key) => key.startsWith(prefix)).length;
    await pass(2);
    await until(() => claimed(channel) === 2n * PRICE);
    expect([count('s/'), count('x/'), count('r/'), count('c/')]).toEqual([4, 2, 2, 1]);
    await pass(DAY + 10);
    await until(() => count('s/') === 0);
    expect([count('x/'), count('r/'), count('c/')]).toEqual([0, 2, 1]);
    await pass(DAY + 200);
    await until(() => count('c/') === 0);
    expect(market.db.keys).toEqual(['owner']);
  });
});
