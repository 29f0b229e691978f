import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../testing/random.ts';
import type { SignedVoucher } from '../types.ts';
import { type CheckPolicy, ConsumerBook, EVERY_VOUCHER, ProviderBook } from './channelBook.ts';
import type { SignedReceipt } from './receipt.ts';
import { consumerBook, NOW, PROVIDER, providerBook, request, sign, work } from './testing/stream.ts';

const TARGET = 25;
const MAX_PRICE = 40n;

/**
 * An honest pair over a bad line: messages get lost, come twice or come late, and either side falls over and starts again from its
 * stored book. The bounds must hold after every step, and the stream must get through.
 */
function run(seed: number, policy: CheckPolicy): { steps: number; promised: bigint } {
  const random = new SeededRandom(seed);
  let [consumer, provider] = [consumerBook(), providerBook(policy)];
  const vouchers: SignedVoucher[] = [];
  const receipts: SignedReceipt[] = [];
  let steps = 0;
  for (; consumer.received < TARGET; steps += 1) {
    if (random.oneIn(6)) consumer = ConsumerBook.fromJson(JSON.parse(JSON.stringify(consumer.toJson())));
    if (random.oneIn(6)) provider = ProviderBook.fromJson(JSON.parse(JSON.stringify(provider.toJson())));
    const price = random.big(MAX_PRICE);
    if (consumer.request === undefined) consumer.next(undefined, request(consumer.received, price));
    const voucher = sign(consumer.voucher);
    vouchers.push(voucher);
    if (!random.oneIn(3)) deliver(voucher, consumer.request?.price ?? 0n);
    // An old message may come again at any time, for whatever price.
    if (random.oneIn(3)) deliver(random.pick(vouchers), random.big(MAX_PRICE));
    if (receipts.length > 0 && random.oneIn(2)) receive(random.pick(receipts));
    const last = receipts.at(-1);
    if (last !== undefined && random.oneIn(2)) receive(last);
    expect(consumer.exposure).toBeLessThanOrEqual(MAX_PRICE);
    expect(provider.atRisk).toBeLessThanOrEqual(policy.maxUnverifiedValue);
    expect(provider.issued).toBeLessThanOrEqual(consumer.voucher.total);
    expect(provider.receipts - consumer.received).toBeLessThanOrEqual(1);
  }
  provider.accept(sign(consumer.voucher), { price: 0n, now: NOW });
  expect(provider.settle()).toMatchObject({ total: provider.issued, receiptsRoot: consumer.voucher.receiptsRoot });
  return { steps, promised: consumer.voucher.total };

  /** What a provider's server does: serve if accepted and not served yet; a voucher tells it the request it came with. */
  function deliver(message: SignedVoucher, asked: bigint): void {
    const isCurrent =
      message.total === consumer.voucher.total && message.receiptsRoot === consumer.voucher.receiptsRoot;
    try {
      const { receipt } = provider.accept(message, { price: asked, now: NOW });
      if (receipt !== undefined) receipts.push(receipt);
      else if (isCurrent && asked === consumer.request?.price) {
        receipts.push(provider.issue(work(provider.receipts, asked), PROVIDER.seed));
      }
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^(VOUCHER_STALE|VOUCHER_ROOT|VOUCHER_TOO_LOW)$/) });
    }
  }

  function receive(message: SignedReceipt): void {
    try {
      consumer.receive(message);
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^(NO_REQUEST|RECEIPT_SEQUENCE)$/) });
    }
  }
}

describe('a stream over a bad line', () => {
  const seeds = Array.from({ length: 12 }, (_, i) => i + 1);
  test.each(seeds)('gets through, every voucher verified (seed %i)', (seed) => {
    expect(run(seed, EVERY_VOUCHER).steps).toBeGreaterThanOrEqual(TARGET);
  });

  test.each(seeds)('gets through, checks deferred (seed %i)', (seed) => {
    const { promised } = run(seed, { maxUnverifiedCount: 6, maxUnverifiedValue: 90n });
    expect(promised).toBeGreaterThan(0n);
  });
});
