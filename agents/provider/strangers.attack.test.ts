import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answered, get, infer, Market, PRICE, refusal } from './testing/fixture.ts';

/** What somebody can do who has no channel, but reads the ledger and its mempool. */
let market: Market;
beforeEach(async () => {
  market = await Market.open();
});
afterEach(() => market.stop());

const SECRET = new Uint8Array([4, 2]);

describe('a stranger', () => {
  it('with the voucher of a claim, which every node sees, does not get the private answer it paid for', async () => {
    const service = await market.serve();
    const channel = await market.openChannel();
    const voucher = channel.next(undefined, { price: PRICE, input: SECRET });
    const first = answered(await service.handle(infer(voucher, SECRET)));
    await service.claimNow();
    // transactions carry the signatures of the vouchers they claim with (protocol.md section 2)
    const stranger = { ...infer(voucher, new Uint8Array()), address: '198.51.100.9' };
    expect(refusal(await service.handle(stranger))).toEqual([402, 'VOUCHER_ROOT']);
    // whoever asked still gets it, also after a restart
    expect(answered(await service.handle(infer(voucher, SECRET)))).toEqual(first);
    await service.stop();
    const again = await market.serve();
    expect(refusal(await again.handle(stranger))).toEqual([402, 'VOUCHER_ROOT']);
    expect(answered(await again.handle(infer(voucher, SECRET)))).toEqual(first);
    expect(market.runner.runs).toHaveLength(1);
  });

  it('who guesses at proofs for a channel is counted: each costs a signature', async () => {
    const service = await market.serve({ limits: { lookupsPerMinute: 3 } });
    const channel = await market.openChannel();
    const voucher = channel.next(undefined, { price: PRICE, input: SECRET });
    await service.handle(infer(voucher, SECRET));
    const guess = () => {
      const proof = { 'engram-proof': '01'.repeat(96) };
      return service.handle({ ...get(`/v1/channels/${channel.index}`, proof), address: '198.51.100.9' });
    };
    for (let n = 0; n < 3; n += 1) expect((await guess()).status).not.toBe(429);
    expect(refusal(await guess())).toEqual([429, 'QUOTA']);
  });
});
