import { describe, expect, it } from 'vitest';
import { hexToBytes } from '../../protocol/bytes.ts';
import { decodeVoucher } from '../../protocol/receipts/receiptCodec.ts';
import type { SignedVoucher } from '../../protocol/types.ts';
import { jsonReply } from './testing/fakeProvider.ts';
import { endpointOf, type Market, openMarket, PRICE } from './testing/market.ts';

const INPUT = new Uint8Array([1]);
const OPTIONS = { maxPrice: PRICE };

function first({ providers }: Market) {
  const [provider] = providers;
  if (provider === undefined) throw new RangeError('no provider');
  return provider;
}

/** A provider that takes the voucher, and says that the channel is no good. */
function refusing(market: Market, code: string): SignedVoucher[] {
  const taken: SignedVoucher[] = [];
  first(market).between = async (call, answer) => {
    if (call.path !== '/v1/infer') return answer(call);
    taken.push(decodeVoucher(hexToBytes(call.headers['engram-voucher'] ?? '')));
    return jsonReply({ code }, 402);
  };
  return taken;
}

describe('a provider that keeps vouchers and refuses the channel', () => {
  for (const code of ['CHANNEL_UNKNOWN', 'VOUCHER_ROOT', 'BAD_VOUCHER']) {
    it(`(${code}) does not get another price with each new channel`, async () => {
      const market = await openMarket();
      const consumer = await market.consumer();
      const taken = refusing(market, code);
      for (let n = 0; n < 12; n += 1) await consumer.infer(INPUT, OPTIONS).catch(() => undefined);
      const keyed = new Map(taken.map((voucher) => [voucher.channel, voucher]));
      const { client } = first(market).options;
      const claims = [...keyed.values()].map((voucher) => voucher.total);
      expect(claims.reduce((a, b) => a + b, 0n)).toBeLessThanOrEqual(3n * PRICE);
      expect(await consumer.atRisk()).toBeLessThanOrEqual(3n * PRICE);
      const channels = await client.getChannels({ payer: market.payer, limit: 100 });
      expect(channels.length).toBeLessThanOrEqual(3);
    });
  }

  it('does not lock up more and more of the consumer’s money', async () => {
    const market = await openMarket();
    const consumer = await market.consumer({ deposit: 20n * PRICE });
    refusing(market, 'CHANNEL_EXPIRY');
    const infer = () => consumer.infer(INPUT, { ...OPTIONS, endpoint: endpointOf(0) });
    for (let n = 0; n < 8; n += 1) await infer().catch(() => undefined);
    const channels = await market.client.getChannels({ payer: market.payer, limit: 100 });
    const locked = channels.reduce((sum, { balance }) => sum + balance, 0n);
    expect(locked).toBeLessThanOrEqual(3n * 20n * PRICE);
  });
});
