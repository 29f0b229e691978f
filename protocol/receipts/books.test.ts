import { describe, expect, test } from 'vitest';
import { TEST_DOMAIN } from '../testing/actors.ts';
import { expectCode } from '../testing/expectCode.ts';
import type { AccountIndex, Field } from '../types.ts';
import { verifyVoucher } from '../voucher.ts';
import { ConsumerBook, ProviderBook } from './channelBook.ts';
import { receiptHash, type SignedReceipt, signReceipt } from './receipt.ts';
import type { ReceiptErrorCode } from './receiptError.ts';
import { ReceiptTree } from './receiptTree.ts';
import { expectReceiptCode } from './testing/expectReceiptCode.ts';
import {
  CHANNEL,
  CONSUMER,
  consumerBook,
  digest,
  EXPIRY,
  forged,
  NOW,
  PROVIDER,
  providerBook,
  receipt,
  request,
  STRANGER,
  sign,
  stream,
  work,
} from './testing/stream.ts';

const at = { price: 10n, now: NOW };
const snapshot = (book: ConsumerBook | ProviderBook) => JSON.stringify(book.toJson());

/** A refusal that leaves no trace in the book. */
function refused(book: ConsumerBook | ProviderBook, code: ReceiptErrorCode, act: () => unknown): void {
  const before = snapshot(book);
  expectReceiptCode(code, act);
  expect(snapshot(book)).toBe(before);
}

describe('an honest stream', () => {
  test('each voucher pays for one more request and signs for the receipts before it', () => {
    const { consumer, provider, receipts } = stream(5);
    const tree = new ReceiptTree();
    for (const item of receipts) tree.append(receiptHash(item));
    expect(consumer.voucher).toEqual({ channel: CHANNEL, total: 50n, receiptsRoot: tree.root });
    expect(provider.receiptsRoot).toBe(tree.root);
    expect([consumer.received, provider.receipts, provider.issued, provider.atRisk]).toEqual([5, 5, 50n, 0n]);
    // The newest voucher does not cover the last receipt yet; a closing one of the same total does.
    expect(provider.settle()).toMatchObject({ total: 50n, receiptsRoot: tree.rootAt(4) });
    provider.accept(sign(consumer.voucher), { price: 0n, now: NOW });
    expect(provider.settle()).toMatchObject({ total: 50n, receiptsRoot: tree.root });
  });

  test('next takes the receipt and opens the next request in one step', () => {
    const [consumer, provider] = [consumerBook(), providerBook()];
    let last: SignedReceipt | undefined;
    for (let i = 0; i < 4; i += 1) {
      const voucher = sign(consumer.next(last, request(i)));
      expect(verifyVoucher(voucher, CONSUMER.key, TEST_DOMAIN)).toBe(true);
      expect(consumer.exposure).toBe(10n);
      expect(provider.accept(voucher, at)).toEqual({ isRepeated: false, receipt: undefined });
      last = provider.issue(work(i), PROVIDER.seed);
      expect(last).toEqual(receipt(i));
    }
    expect([consumer.voucher.total, consumer.received, consumer.request]).toEqual([40n, 3, request(3)]);
  });

  test('both books survive being stored after every step', () => {
    let [consumer, provider] = [consumerBook(), providerBook({ maxUnverifiedCount: 2, maxUnverifiedValue: 1000n })];
    const reload = () => {
      consumer = ConsumerBook.fromJson(JSON.parse(snapshot(consumer)));
      provider = ProviderBook.fromJson(JSON.parse(snapshot(provider)));
    };
    for (let i = 0; i < 7; i += 1) {
      const voucher = sign(consumer.next(undefined, request(i)));
      reload();
      provider.accept(voucher, at);
      reload();
      const made = provider.issue(work(i), PROVIDER.seed);
      reload();
      consumer.receive(made);
      reload();
    }
    expect(snapshot(consumer)).toBe(snapshot(stream(7).consumer));
    expect(provider.settle()?.total).toBe(70n);
  });

  test('a channel that was topped up goes on', () => {
    const [consumer, provider] = [consumerBook(15n), providerBook(undefined, 15n)];
    consumer.next(undefined, request(0));
    provider.accept(sign(consumer.voucher), at);
    consumer.receive(provider.issue(work(0), PROVIDER.seed));
    refused(consumer, 'VOUCHER_OVER_BALANCE', () => consumer.next(undefined, request(1)));
    consumer.fund(30n);
    const voucher = sign(consumer.next(undefined, request(1)));
    refused(provider, 'VOUCHER_OVER_BALANCE', () => provider.accept(voucher, at));
    provider.fund(30n);
    provider.fund(5n);
    expect(provider.accept(voucher, at).isRepeated).toBe(false);
  });
});

describe('what a consumer refuses', () => {
  const open = () => {
    const { consumer } = stream(3);
    consumer.next(undefined, request(3));
    return consumer;
  };

  test.each<[string, ReceiptErrorCode, SignedReceipt]>([
    ['another channel', 'RECEIPT_CHANNEL', receipt(3, { channel: 71 as AccountIndex })],
    ['another model', 'RECEIPT_MODEL', receipt(3, { model: 51 as AccountIndex })],
    ['no model', 'RECEIPT_MODEL', receipt(3, { model: 0 as AccountIndex })],
    ['the sequence number again', 'RECEIPT_SEQUENCE', receipt(2)],
    ['a sequence number left out', 'RECEIPT_SEQUENCE', receipt(4)],
    ['a higher price', 'RECEIPT_PRICE', receipt(3, { price: 11n })],
    ['a lower price', 'RECEIPT_PRICE', receipt(3, { price: 9n })],
    ['a time before the last receipt', 'RECEIPT_TIME', receipt(3, { time: NOW + 1 })],
    ['the answer to another input', 'RECEIPT_INPUT', receipt(3, { inputHash: digest('input 2') })],
    ['a stranger signing', 'RECEIPT_SIGNATURE', signReceipt(receipt(3), STRANGER.seed, TEST_DOMAIN)],
    ['another deployment', 'RECEIPT_SIGNATURE', signReceipt(receipt(3), PROVIDER.seed, 1n as Field)],
    ['an output changed after signing', 'RECEIPT_SIGNATURE', { ...receipt(3), outputHash: digest('x') }],
  ])('a receipt with %s: %s, and nothing changes', (_, code, item) => {
    const consumer = open();
    refused(consumer, code, () => consumer.receive(item));
    refused(consumer, code, () => consumer.next(item, request(4)));
    consumer.receive(receipt(3));
    expect(consumer.exposure).toBe(0n);
  });

  test('a receipt that cannot be packed is refused with the ledger code', () => {
    const consumer = open();
    expectCode('MALFORMED_BYTES', () => consumer.receive({ ...receipt(3), outputHash: new Uint8Array(3) }));
    expect(consumer.received).toBe(3);
  });

  test('a second request while one is open, a receipt without a request, bad requests', () => {
    const consumer = open();
    refused(consumer, 'REQUEST_PENDING', () => consumer.next(undefined, request(4)));
    expectCode('AMOUNT_OUT_OF_RANGE', () => consumer.next(receipt(3), request(4, -10n)));
    expectCode('MALFORMED_BYTES', () => consumer.next(receipt(3), { price: 1n, inputHash: new Uint8Array(5) }));
    refused(consumer, 'VOUCHER_OVER_BALANCE', () => consumer.next(receipt(3), request(4, 961n)));
    consumer.receive(receipt(3));
    refused(consumer, 'NO_REQUEST', () => consumer.receive(receipt(4)));
  });
});

describe('what a provider refuses', () => {
  const served = () => {
    const { consumer, provider } = stream(3);
    return { provider, good: consumer.next(undefined, request(3)) };
  };

  test.each<[string, ReceiptErrorCode, (good: ReturnType<typeof served>['good']) => ReturnType<typeof sign>]>([
    ['another channel', 'VOUCHER_CHANNEL', (v) => sign({ ...v, channel: 71 as AccountIndex })],
    [
      'another channel, signed for it, renamed',
      'BAD_VOUCHER',
      (v) => ({ ...sign({ ...v, channel: 71 as AccountIndex }), channel: CHANNEL }),
    ],
    ['another chain or bridge', 'BAD_VOUCHER', (v) => sign(v, CONSUMER, (TEST_DOMAIN + 1n) as Field)],
    ['another key', 'BAD_VOUCHER', (v) => sign(v, STRANGER)],
    ['the provider signing for itself', 'BAD_VOUCHER', (v) => sign(v, PROVIDER)],
    ['a total raised after signing', 'BAD_VOUCHER', (v) => ({ ...sign(v), total: v.total + 1n })],
    ['a lower total', 'VOUCHER_STALE', (v) => sign({ ...v, total: 29n })],
    ['nothing more than before', 'VOUCHER_TOO_LOW', (v) => sign({ ...v, total: 30n })],
    ['less than the price', 'VOUCHER_TOO_LOW', (v) => sign({ ...v, total: 39n })],
    ['more than the channel has', 'VOUCHER_OVER_BALANCE', (v) => sign({ ...v, total: 1001n })],
    ['an empty root', 'VOUCHER_ROOT', (v) => sign({ ...v, receiptsRoot: 0n as Field })],
    [
      'the root before the last receipt',
      'VOUCHER_ROOT',
      (v) => sign({ ...v, receiptsRoot: stream(2).provider.receiptsRoot }),
    ],
  ])('a voucher with %s: %s, and nothing changes', (_, code, make) => {
    const { provider, good } = served();
    refused(provider, code, () => provider.accept(make(good), at));
    expect(provider.accept(sign(good), at).isRepeated).toBe(false);
  });

  test('a root over receipts that it did not sign', () => {
    const { provider, good } = served();
    const tree = new ReceiptTree();
    for (const i of [0, 1, 2]) tree.append(receiptHash(receipt(i, i === 1 ? { price: 1n } : {})));
    refused(provider, 'VOUCHER_ROOT', () => provider.accept(sign({ ...good, receiptsRoot: tree.root }), at));
  });

  test('any voucher for new work once the channel has expired, though not a second before', () => {
    const { provider, good } = served();
    refused(provider, 'CHANNEL_EXPIRED', () => provider.accept(sign(good), { price: 10n, now: EXPIRY }));
    provider.accept(sign(good), { price: 10n, now: EXPIRY - 1 });
    // Its time for claiming is left: the newest voucher is still there.
    expect(provider.settle()?.total).toBe(40n);
  });

  test('work that no voucher pays for, and receipts out of order', () => {
    const { provider, good } = served();
    refused(provider, 'NOT_PAID', () => provider.issue(work(3), PROVIDER.seed));
    provider.accept(sign(good), at);
    refused(provider, 'NOT_PAID', () => provider.issue(work(3, 11n), PROVIDER.seed));
    refused(provider, 'RECEIPT_TIME', () => provider.issue({ ...work(3), time: NOW }, PROVIDER.seed));
    refused(provider, 'RECEIPT_SEQUENCE', () => provider.record(receipt(4)));
    refused(provider, 'RECEIPT_CHANNEL', () => provider.record(receipt(3, { channel: 71 as AccountIndex })));
    refused(provider, 'RECEIPT_MODEL', () => provider.record(receipt(3, { model: 51 as AccountIndex })));
    provider.record(receipt(3));
    refused(provider, 'NOT_PAID', () => provider.record(receipt(4)));
  });
});

describe('messages that are lost or sent again', () => {
  test('a voucher resent after the receipt was lost gets the same receipt and nothing else', () => {
    const { consumer, provider } = stream(2);
    const voucher = sign(consumer.next(undefined, request(2)));
    provider.accept(voucher, at);
    const made = provider.issue(work(2), PROVIDER.seed);
    const before = snapshot(provider);
    expect(provider.accept(voucher, { ...at, now: EXPIRY + 5 })).toEqual({ isRepeated: true, receipt: made });
    expect(provider.accept(sign(consumer.voucher), at)).toEqual({ isRepeated: true, receipt: made });
    expect(snapshot(provider)).toBe(before);
    consumer.receive(made);
  });

  test('a voucher resent before the work is done is known, and buys no dearer request', () => {
    const { consumer, provider } = stream(2);
    const voucher = sign(consumer.next(undefined, request(2)));
    provider.accept(voucher, at);
    expect(provider.accept(voucher, at)).toEqual({ isRepeated: true, receipt: undefined });
    refused(provider, 'VOUCHER_TOO_LOW', () => provider.accept(voucher, { price: 11n, now: NOW }));
  });

  test('an old voucher replayed is stale, whatever it is replayed for', () => {
    const first = sign(consumerBook().next(undefined, request(0)));
    const { provider } = stream(3);
    refused(provider, 'VOUCHER_STALE', () => provider.accept(first, at));
    refused(provider, 'VOUCHER_STALE', () => provider.accept(first, { price: 0n, now: NOW }));
  });
});

describe('what each side can lose', () => {
  test('a provider that vanishes with a voucher takes the price of one request', () => {
    const { consumer } = stream(5);
    const voucher = consumer.next(undefined, request(5));
    expect([voucher.total, consumer.exposure]).toEqual([60n, 10n]);
    // The consumer cannot be brought to promise more before the receipt is there.
    expectReceiptCode('REQUEST_PENDING', () => consumer.next(undefined, request(6)));
    expect(consumer.voucher).toEqual(voucher);
  });

  test('a consumer that vanishes costs a provider that verifies every voucher nothing', () => {
    const { provider } = stream(5);
    expect([provider.atRisk, provider.verifiedTotal]).toEqual([0n, provider.issued]);
    expectReceiptCode('NOT_PAID', () => provider.issue(work(5), PROVIDER.seed));
  });
});

describe('deferred verification', () => {
  const policy = { maxUnverifiedCount: 3, maxUnverifiedValue: 25n };

  test('verifies only when the count or the value would go over the policy', () => {
    const byValue = stream(2, policy);
    expect([byValue.provider.verifiedTotal, byValue.provider.unverifiedCount, byValue.provider.atRisk]).toEqual([
      0n,
      2,
      20n,
    ]);
    byValue.provider.accept(sign(byValue.consumer.next(undefined, request(2))), at);
    expect([byValue.provider.verifiedTotal, byValue.provider.unverifiedCount]).toEqual([30n, 0]);
    const byCount = stream(3, { maxUnverifiedCount: 3, maxUnverifiedValue: 1000n });
    expect(byCount.provider.unverifiedCount).toBe(3);
    byCount.provider.accept(sign(byCount.consumer.next(undefined, request(3))), at);
    expect([byCount.provider.verifiedTotal, byCount.provider.unverifiedCount]).toEqual([40n, 0]);
  });

  test('whatever a consumer does, no more than the value is lost', () => {
    for (const maxUnverifiedValue of [0n, 9n, 10n, 35n, 100n]) {
      for (const maxUnverifiedCount of [0, 1, 5, 100]) {
        const provider = providerBook({ maxUnverifiedCount, maxUnverifiedValue });
        let served = 0;
        for (let i = 0; i < 20; i += 1) {
          const receiptsRoot = provider.receiptsRoot;
          const total = provider.issued + 10n;
          try {
            provider.accept(forged({ channel: CHANNEL, total, receiptsRoot }), at);
          } catch {
            break;
          }
          provider.issue(work(i), PROVIDER.seed);
          served += 1;
        }
        expect(provider.settle()).toBeUndefined();
        expect(provider.atRisk).toBe(10n * BigInt(served));
        expect(provider.atRisk <= maxUnverifiedValue).toBe(true);
        expect(served <= maxUnverifiedCount).toBe(true);
      }
    }
  });

  test('of several unverified vouchers the newest good one is found', () => {
    const { consumer, provider } = stream(2, { maxUnverifiedCount: 9, maxUnverifiedValue: 1000n });
    provider.accept(forged({ channel: CHANNEL, total: 30n, receiptsRoot: provider.receiptsRoot }), at);
    provider.issue(work(2), PROVIDER.seed);
    expect(provider.settle()?.total).toBe(20n);
    expect([provider.atRisk, provider.unverifiedCount]).toEqual([10n, 0]);
    // An honest consumer does not know the third receipt; its voucher does not fit any more, and the loss stays at one request.
    expectReceiptCode('VOUCHER_ROOT', () => provider.accept(sign(consumer.next(undefined, request(2))), at));
  });

  test('a forged voucher of a third person does not make honest ones stale', () => {
    const { consumer, provider } = stream(2, { maxUnverifiedCount: 9, maxUnverifiedValue: 1000n });
    provider.accept(forged({ channel: CHANNEL, total: 900n, receiptsRoot: provider.receiptsRoot }), at);
    expect(provider.accept(sign(consumer.next(undefined, request(2))), at).isRepeated).toBe(false);
    expect(provider.issue(work(2), PROVIDER.seed).sequence).toBe(2);
    expect(provider.settle()?.total).toBe(30n);
  });

  test('after a bad voucher what is unpaid counts, and the next good one pays it', () => {
    const provider = providerBook({ maxUnverifiedCount: 1, maxUnverifiedValue: 10n });
    provider.accept(forged({ channel: CHANNEL, total: 10n, receiptsRoot: 0n as Field }), at);
    provider.issue(work(0), PROVIDER.seed);
    expectReceiptCode('BAD_VOUCHER', () =>
      provider.accept(forged({ channel: CHANNEL, total: 20n, receiptsRoot: provider.receiptsRoot }), at),
    );
    expect([provider.atRisk, provider.unverifiedCount, provider.verifiedTotal]).toEqual([10n, 0, 0n]);
    expectReceiptCode('NOT_PAID', () => provider.issue(work(1), PROVIDER.seed));
    expectReceiptCode('VOUCHER_TOO_LOW', () =>
      provider.accept(sign({ channel: CHANNEL, total: 10n, receiptsRoot: provider.receiptsRoot }), at),
    );
    provider.accept(sign({ channel: CHANNEL, total: 20n, receiptsRoot: provider.receiptsRoot }), at);
    expect([provider.atRisk, provider.verifiedTotal]).toEqual([0n, 20n]);
  });
});

describe('stored books', () => {
  test('that contradict themselves are BAD_BOOK', () => {
    const { consumer, provider } = stream(3);
    const mine = consumer.toJson() as Record<string, unknown>;
    const theirs = provider.toJson() as Record<string, unknown>;
    expectReceiptCode('BAD_BOOK', () => ConsumerBook.fromJson({ ...mine, promised: '40' }));
    expectReceiptCode('BAD_BOOK', () => ConsumerBook.fromJson({ ...mine, limit: '29' }));
    expectReceiptCode('BAD_BOOK', () => ProviderBook.fromJson({ ...theirs, lastReceipt: null }));
    expectReceiptCode('BAD_BOOK', () => ProviderBook.fromJson({ ...theirs, limit: '29' }));
    expectReceiptCode('BAD_BOOK', () => ProviderBook.fromJson({ ...theirs, channel: 71 }));
    expectCode('MALFORMED_BYTES', () => ProviderBook.fromJson({ ...theirs, issued: 30 }));
    expectCode('MALFORMED_BYTES', () => ConsumerBook.fromJson(null));
  });
});
