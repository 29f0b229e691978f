import { beforeAll, describe, expect, test } from 'vitest';
import { unpackChannel } from '../account.ts';
import { headerOf } from '../codec/header.ts';
import { accountIndex, batchNumber } from '../ids.ts';
import { claimOp, TEST_DOMAIN, TEST_TIME, transfer, withVoucher } from '../testing/actors.ts';
import { expectCode } from '../testing/expectCode.ts';
import { AT, alice, bob, by, close, dave, EXPIRY, market, openAt, wallet } from '../testing/market.ts';
import type { ClosedBatch, Field, SignedVoucher } from '../types.ts';
import { signVoucher } from '../voucher.ts';
import { ConsumerBook, ProviderBook } from './channelBook.ts';
import { receiptHash, type SignedReceipt } from './receipt.ts';
import { ReceiptTree } from './receiptTree.ts';
import { type PostedClaims, type SettledClaim, settledClaims } from './settledClaims.ts';
import { expectReceiptCode } from './testing/expectReceiptCode.ts';
import { request, work } from './testing/stream.ts';
import { verifyReceipt } from './verifyReceipt.ts';

const CHANNEL = accountIndex(AT.channel);
const tree = market();
const receiptTree = new ReceiptTree();
const receipts: SignedReceipt[] = [];

/** 20 requests of 10 each over the channel with the model; the voucher that covers them all. */
function runStream(): SignedVoucher {
  const parts = { channel: CHANNEL, model: accountIndex(AT.model), domain: TEST_DOMAIN, limit: 10_000n };
  const consumer = new ConsumerBook({ ...parts, providerKey: dave.key });
  const provider = new ProviderBook({ ...parts, voucherKey: wallet.key, expiry: EXPIRY });
  let last: SignedReceipt | undefined;
  for (let i = 0; i < 20; i += 1) {
    const voucher = signVoucher(consumer.next(last, request(i)), wallet.seed, TEST_DOMAIN);
    provider.accept(voucher, { price: 10n, now: TEST_TIME });
    last = provider.issue(work(i), dave.seed);
    receipts.push(last);
    receiptTree.append(receiptHash(last));
  }
  consumer.receive(last as SignedReceipt);
  provider.accept(signVoucher(consumer.voucher, wallet.seed, TEST_DOMAIN), { price: 0n, now: TEST_TIME });
  return provider.settle() as SignedVoucher;
}

function postedBy({ batch, exits, commitment }: ClosedBatch): PostedClaims {
  const { c, r, body } = commitment;
  return { header: headerOf(batch, exits.length), body, stored: { c, r } };
}

describe('claims of a posted batch', () => {
  let posted: PostedClaims;
  let claim: SettledClaim;

  beforeAll(() => {
    const voucher = runStream();
    const batch = openAt(tree);
    batch.applyTx(by(batch, alice, AT.alice, transfer(AT.alice, AT.bob, 1n)));
    const op = claimOp(AT.channel, AT.dave, { ...voucher, royaltyBps: 1000 });
    batch.applyTx(by(batch, dave, AT.dave, transfer(AT.dave, AT.bob, 1n), { op, voucher: voucher.signature }));
    batch.applyTx(by(batch, bob, AT.bob, transfer(AT.bob, AT.alice, 1n)));
    posted = postedBy(close(batch));
    claim = settledClaims(posted).claims[0] as SettledClaim;
  });

  test('are read from what L1 holds: who, how much, which receipts, where', () => {
    expect(settledClaims(posted)).toEqual({
      batch: batchNumber(5),
      timestamp: TEST_TIME,
      domain: TEST_DOMAIN,
      claims: [
        {
          channel: AT.channel,
          provider: AT.dave,
          total: 200n,
          receiptsRoot: receiptTree.root,
          amount: 180n,
          fee: 0n,
          royalty: 20n,
          txPosition: 1,
          opPosition: 1,
        },
      ],
    });
  });

  test('settle every receipt of the stream: from L1 data, the channel and the provider key alone', () => {
    const channel = tree.get(CHANNEL);
    const terms = unpackChannel(channel?.c ?? 0n);
    const provider = tree.get(terms.provider);
    const providerKey = [provider?.a as Field, provider?.b as Field] as const;
    receipts.forEach((receipt, i) => {
      const evidence = { receipt, proof: receiptTree.proof(i), claim, terms, providerKey };
      const { domain } = settledClaims(posted);
      expect(verifyReceipt(evidence, domain)).toMatchObject({
        isValid: true,
        statement: { sequence: i, model: AT.model, provider: AT.dave, settled: { total: 200n, receipts: 20 } },
      });
    });
  });

  test('several in one batch come in order, and a batch without any has none', () => {
    const other = market();
    const batch = openAt(other);
    const op = (total: bigint, claimed: bigint, root: bigint) =>
      withVoucher(claimOp(AT.plain, AT.dave, { total, claimed, receiptsRoot: root as Field }), wallet);
    batch.applyTx(by(batch, dave, AT.dave, op(5n, 0n, 1n), op(5n, 5n, 2n)));
    batch.applyTx(by(batch, dave, AT.dave, op(9n, 5n, 3n)));
    const { claims } = settledClaims(postedBy(close(batch)));
    expect(
      claims.map(({ total, receiptsRoot, txPosition, opPosition }) => [total, receiptsRoot, txPosition, opPosition]),
    ).toEqual([
      [5n, 1n, 0, 0],
      [5n, 2n, 0, 1],
      [9n, 3n, 1, 0],
    ]);
    expect(settledClaims(postedBy(close(openAt(market())))).claims).toEqual([]);
  });

  test('a node that changes header or body is found out by what L1 stored', () => {
    const { header, body, stored } = posted;
    const flipped = body.with(body.length - 40, (body[body.length - 40] ?? 0) ^ 1);
    for (const forged of [
      { header, body: flipped, stored },
      { header, body: body.slice(0, -1), stored },
      { header: { ...header, number: batchNumber(6) }, body, stored },
      { header: { ...header, domain: 1n as Field }, body, stored },
      { header: { ...header, shape: 'medium' as const }, body, stored },
      { header, body, stored: { ...stored, c: (stored.c + 1n) as Field } },
      { header, body, stored: { ...stored, r: (stored.r + 1n) as Field } },
    ]) {
      expectReceiptCode('CLAIM_DATA', () => settledClaims(forged));
    }
    expectCode('BAD_BATCH', () =>
      settledClaims({ header: { ...header, number: -1 as typeof header.number }, body, stored }),
    );
  });
});
