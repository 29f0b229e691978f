import { describe, expect, it } from 'vitest';
import { ZERO } from '../field.ts';
import { accountIndex } from '../ids.ts';
import { actor, TEST_DOMAIN } from '../testing/actors.ts';
import { signVoucher } from '../voucher.ts';
import { ConsumerBook, ProviderBook } from './channelBook.ts';

const [consumer, provider] = [actor(1), actor(2)];
const common = { channel: accountIndex(9), model: accountIndex(0), domain: TEST_DOMAIN, limit: 1_000n };
const hash = (byte: number) => new Uint8Array(32).fill(byte);

function pair() {
  const paying = new ConsumerBook({ ...common, providerKey: provider.key });
  const paid = new ProviderBook({ ...common, voucherKey: consumer.key, expiry: 100 });
  const signed = (voucher: ConsumerBook['voucher']) => signVoucher(voucher, consumer.seed, TEST_DOMAIN);
  const work = (byte: number, price: bigint) => ({
    price,
    time: 1,
    inputHash: hash(byte),
    outputHash: hash(0),
    execution: ZERO,
  });
  return { paying, paid, signed, work };
}

describe('a request that the provider refused', () => {
  it('gives its place to another: the same voucher pays for it', () => {
    const { paying, paid, signed, work } = pair();
    const refused = paying.next(undefined, { price: 100n, inputHash: hash(1) });
    paid.accept(signed(refused), { price: 100n, now: 1 });
    const voucher = paying.replace({ price: 100n, inputHash: hash(2) });
    expect(voucher).toEqual(refused);
    expect([paying.exposure, paying.left]).toEqual([100n, 900n]);
    expect(paid.accept(signed(voucher), { price: 100n, now: 1 })).toEqual({ isRepeated: true, receipt: undefined });
    paying.receive(paid.issue(work(2, 100n), provider.seed));
    expect([paying.exposure, paying.received]).toEqual([0n, 1]);
  });

  it('can be replaced by a dearer one; at risk is one price, not two', () => {
    const { paying, paid, signed, work } = pair();
    paying.next(undefined, { price: 100n, inputHash: hash(1) });
    const voucher = paying.replace({ price: 150n, inputHash: hash(1) });
    expect([voucher.total, paying.exposure]).toEqual([150n, 150n]);
    paid.accept(signed(voucher), { price: 150n, now: 1 });
    const stored = ConsumerBook.fromJson(JSON.parse(JSON.stringify(paying.toJson())));
    stored.receive(paid.issue(work(1, 150n), provider.seed));
    expect(stored.exposure).toBe(0n);
  });

  it('is not replaced by a cheaper one, beyond the balance, or when there is none', () => {
    const { paying } = pair();
    const code = (expected: string) => expect.objectContaining({ code: expected });
    expect(() => paying.replace({ price: 1n, inputHash: hash(1) })).toThrow(code('NO_REQUEST'));
    paying.next(undefined, { price: 100n, inputHash: hash(1) });
    const before = paying.toJson();
    expect(() => paying.replace({ price: 99n, inputHash: hash(2) })).toThrow(code('RECEIPT_PRICE'));
    expect(() => paying.replace({ price: 1_001n, inputHash: hash(2) })).toThrow(code('VOUCHER_OVER_BALANCE'));
    expect(() => paying.replace({ price: 100n, inputHash: hash(2).slice(1) })).toThrow(code('MALFORMED_BYTES'));
    expect(paying.toJson()).toEqual(before);
  });

  it('that was answered after all is paid, and its receipt is not taken for the other', () => {
    const { paying, paid, signed, work } = pair();
    paid.accept(signed(paying.next(undefined, { price: 100n, inputHash: hash(1) })), { price: 100n, now: 1 });
    const receipt = paid.issue(work(1, 100n), provider.seed);
    const voucher = paying.replace({ price: 100n, inputHash: hash(2) });
    // the provider answers the repeated voucher with the receipt it has: of the input it said it had refused
    expect(paid.accept(signed(voucher), { price: 100n, now: 1 }).receipt).toEqual(receipt);
    expect(() => paying.receive(receipt)).toThrow(expect.objectContaining({ code: 'RECEIPT_INPUT' }));
    expect(paying.exposure).toBe(100n);
  });
});
