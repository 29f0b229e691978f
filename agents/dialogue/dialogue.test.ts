import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { bytesToHex, prefixedHex } from '../../protocol/bytes.ts';
import { documentDomain, type SignedDocument, signDocument } from '../../protocol/documents/signedDocument.ts';
import { field, ZERO } from '../../protocol/field.ts';
import { accountIndex } from '../../protocol/ids.ts';
import type { Json } from '../../protocol/json.ts';
import { signReceipt } from '../../protocol/receipts/receipt.ts';
import { encodeReceipt } from '../../protocol/receipts/receiptCodec.ts';
import { actor, TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import { signVoucher } from '../../protocol/voucher.ts';
import { BuyerThread } from './buyerThread.ts';
import { messageHash, readMessage } from './message.ts';
import { SellerThread } from './sellerThread.ts';

const [buyer, seller] = [actor(1), actor(2)];
const [BUYER, SELLER] = [accountIndex(11), accountIndex(12)];
const CHANNEL = accountIndex(20);
const NOW = 1_000;
const THREAD = new Uint8Array(32).fill(5);
const REQUEST = { capability: 'digits', count: 2, deadline: NOW + 600, maxPrice: 100n };
const TERMS = { provider: 3, model: 4, token: 0 };
const ESCROW = { ...TERMS, index: CHANNEL, balance: 200n, claims: 0, expiry: NOW + 1_000 };
const INPUT = new Uint8Array([1]);
const OUTPUT = new Uint8Array([2]);

const buyerParties = { agent: BUYER, seed: buyer.seed, other: SELLER, otherKey: seller.key, domain: TEST_DOMAIN };
const sellerParties = { agent: SELLER, seed: seller.seed, other: BUYER, otherKey: buyer.key, domain: TEST_DOMAIN };
const threads = () => ({ buys: new BuyerThread(buyerParties, THREAD), sells: new SellerThread(sellerParties, THREAD) });

const voucherOf = (channel = CHANNEL, total = 100n) =>
  signVoucher({ channel, total, receiptsRoot: ZERO }, buyer.seed, TEST_DOMAIN);
const receiptOf = (change: object = {}) =>
  signReceipt(
    {
      ...{ channel: CHANNEL, sequence: 0, model: accountIndex(4), time: NOW, price: 100n, execution: ZERO },
      ...{ inputHash: sha256(INPUT), outputHash: sha256(OUTPUT) },
      ...change,
    },
    seller.seed,
    TEST_DOMAIN,
  );
/** The seller's own words, as a cheat would write them. */
const saying = (message: SignedDocument, change: object, by = seller): SignedDocument =>
  signDocument({ ...(message.document as object), ...change } as Json, by.seed, documentDomain(TEST_DOMAIN, 4));

function offered() {
  const pair = threads();
  pair.sells.receive(pair.buys.request(REQUEST, NOW), NOW);
  const offer = pair.sells.offer({ price: 100n, validUntil: NOW + 60 }, NOW);
  return { ...pair, offer };
}

function accepted() {
  const pair = offered();
  pair.buys.receive(pair.offer, NOW);
  pair.sells.receive(pair.buys.accept(CHANNEL, NOW), NOW);
  pair.sells.confirm(ESCROW, TERMS);
  return pair;
}

const code = (expected: string) => expect.objectContaining({ code: expected });

describe('a dialogue', () => {
  it('goes from a request to its end, also through JSON at every step', () => {
    let { buys, sells } = threads();
    const reload = () => {
      buys = BuyerThread.fromJson(JSON.parse(JSON.stringify(buys.toJson())), buyerParties);
      sells = SellerThread.fromJson(JSON.parse(JSON.stringify(sells.toJson())), sellerParties);
    };
    expect(sells.receive(buys.request(REQUEST, NOW), NOW)).toEqual({ kind: 'REQUEST', request: REQUEST });
    const offer = sells.offer({ price: 90n, validUntil: NOW + 60 }, NOW);
    reload();
    expect(buys.receive(offer, NOW)).toMatchObject({ kind: 'OFFER', offer: { price: 90n, count: 2 } });
    expect(sells.receive(buys.accept(CHANNEL, NOW), NOW)).toEqual({ kind: 'ACCEPT', channel: CHANNEL });
    sells.confirm(ESCROW, TERMS);
    for (let n = 0; n < 2; n += 1) {
      reload();
      const event = sells.receive(buys.work({ input: INPUT, voucher: voucherOf() }, NOW), NOW);
      expect(event).toMatchObject({ kind: 'WORK', input: INPUT });
      const result = sells.result({ output: OUTPUT, receipt: receiptOf({ price: 90n }) }, NOW);
      expect(buys.receive(result, NOW)).toMatchObject({ kind: 'RESULT', output: OUTPUT });
    }
    expect(() => buys.work({ input: INPUT, voucher: voucherOf() }, NOW)).toThrow(code('COUNT_EXCEEDED'));
    reload();
    expect(sells.receive(buys.settle(voucherOf(), NOW), NOW)).toMatchObject({ kind: 'SETTLE' });
    sells.finish();
    expect([buys.state, sells.state, sells.done]).toEqual(['settled', 'settled', 2]);
  });

  it('ends with a rejection', () => {
    const { buys, sells } = threads();
    sells.receive(buys.request(REQUEST, NOW), NOW);
    expect(buys.receive(sells.reject('no such model', NOW), NOW)).toEqual({ kind: 'REJECT', reason: 'no such model' });
    expect(() => buys.accept(CHANNEL, NOW)).toThrow(code('OUT_OF_TURN'));
  });
});

describe('a message out of turn', () => {
  it('is refused, and the thread goes on', () => {
    const { buys, sells, offer } = offered();
    expect(() => buys.work({ input: INPUT, voucher: voucherOf() }, NOW)).toThrow(code('OUT_OF_TURN'));
    expect(() => buys.settle(voucherOf(), NOW)).toThrow(code('OUT_OF_TURN'));
    expect(() => sells.result({ output: OUTPUT, receipt: receiptOf() }, NOW)).toThrow(code('OUT_OF_TURN'));
    expect(() => sells.offer({ price: 1n, validUntil: NOW + 9 }, NOW)).toThrow(code('OUT_OF_TURN'));
    const result = saying(offer, { kind: 'RESULT', body: { output: '', receipt: '' } });
    expect(() => buys.receive(result, NOW)).toThrow(code('BAD_MESSAGE'));
    const early = saying(offer, { sequence: 3 });
    expect(() => buys.receive(early, NOW)).toThrow(code('OUT_OF_TURN'));
    const unchained = saying(offer, { previous: `0x${'00'.repeat(32)}` });
    expect(() => buys.receive(unchained, NOW)).toThrow(code('OUT_OF_TURN'));
    expect(buys.receive(offer, NOW)).toMatchObject({ kind: 'OFFER' });
  });

  it('is refused though its number and chain are right: an offer where a result is due', () => {
    const { buys, offer } = accepted();
    const work = buys.work({ input: INPUT, voucher: voucherOf() }, NOW);
    const { sequence } = readMessage(work.document);
    const second = saying(offer, { sequence: sequence + 1, previous: hashOf(work) });
    expect(() => buys.receive(second, NOW)).toThrow(code('OUT_OF_TURN'));
  });

  it('is ignored where its number was used: a replay, or a second one in its place', () => {
    const { buys, sells, offer } = offered();
    buys.receive(offer, NOW);
    expect(buys.receive(offer, NOW)).toBeUndefined();
    const dearer = saying(offer, { body: { ...bodyOf(offer), price: '1' } });
    expect(buys.receive(dearer, NOW)).toBeUndefined();
    expect(buys.offer?.price).toBe(100n);
    const accept = buys.accept(CHANNEL, NOW);
    sells.receive(accept, NOW);
    sells.confirm(ESCROW, TERMS);
    expect(sells.receive(accept, NOW)).toEqual({ kind: 'REPEATED', reply: undefined });
    const work = buys.work({ input: INPUT, voucher: voucherOf() }, NOW);
    sells.receive(work, NOW);
    const result = sells.result({ output: OUTPUT, receipt: receiptOf() }, NOW);
    // an answer that got lost is had again, and nothing is done twice
    expect(sells.receive(work, NOW)).toEqual({ kind: 'REPEATED', reply: result });
    const other = saying(work, { body: { ...bodyOf(work), input: 'AAAA' } }, buyer);
    expect(sells.receive(other, NOW)).toBeUndefined();
    expect(sells.done).toBe(1);
  });
});

describe('a message of somebody else', () => {
  it.each([
    ['another thread', { thread: `0x${'07'.repeat(32)}` }, 'WRONG_THREAD'],
    ['to another agent', { to: 99 }, 'WRONG_PARTY'],
    ['from another agent', { from: 99 }, 'WRONG_PARTY'],
    ['another version', { version: 2 }, 'BAD_MESSAGE'],
    ['a member more', { more: 1 }, 'BAD_MESSAGE'],
    [
      'a price that is a number',
      { body: { capability: 'digits', count: 2, deadline: 1, price: 5, validUntil: 9 } },
      'BAD_MESSAGE',
    ],
    ['an upper-case hash', { thread: `0x${'AB'.repeat(32)}` }, 'BAD_MESSAGE'],
  ])('is refused: %s', (_, change, expected) => {
    const { buys, offer } = offered();
    expect(() => buys.receive(saying(offer, change), NOW)).toThrow(code(expected));
    expect(buys.state).toBe('requested');
  });

  it('is refused: another key, another deployment, any member changed after it was signed', () => {
    const { buys, offer } = offered();
    expect(() => buys.receive(saying(offer, {}, buyer), NOW)).toThrow(code('BAD_SIGNATURE'));
    const elsewhere = signDocument(offer.document, seller.seed, documentDomain(field(7n), 4));
    expect(() => buys.receive(elsewhere, NOW)).toThrow(code('BAD_SIGNATURE'));
    const announced = signDocument(offer.document, seller.seed, documentDomain(TEST_DOMAIN, 3));
    expect(() => buys.receive(announced, NOW)).toThrow(code('BAD_SIGNATURE'));
    for (const change of [{ time: NOW + 1 }, { body: { ...bodyOf(offer), price: '1' } }]) {
      const changed = { ...offer, document: { ...(offer.document as object), ...change } as Json };
      expect(() => buys.receive(changed, NOW)).toThrow(code('BAD_SIGNATURE'));
    }
  });
});

describe('an offer', () => {
  it.each([
    ['over the price requested', { price: '101' }, 'PRICE_TOO_HIGH'],
    ['for something else', { capability: 'text' }, 'OFFER_MISMATCH'],
    ['for fewer answers', { count: 1 }, 'OFFER_MISMATCH'],
    ['with another deadline', { deadline: NOW + 601 }, 'OFFER_MISMATCH'],
    ['that is over', { validUntil: NOW }, 'OFFER_EXPIRED'],
  ])('is refused: %s', (_, change, expected) => {
    const { buys, offer } = offered();
    expect(() => buys.receive(saying(offer, { body: { ...bodyOf(offer), ...change } }), NOW)).toThrow(code(expected));
    expect(buys.state).toBe('requested');
  });

  it('cannot be accepted after its time, on either side', () => {
    const { buys, sells, offer } = offered();
    buys.receive(offer, NOW);
    expect(() => buys.accept(CHANNEL, NOW + 60)).toThrow(code('OFFER_EXPIRED'));
    const accept = buys.accept(CHANNEL, NOW + 59);
    expect(() => sells.receive(accept, NOW + 60)).toThrow(code('OFFER_EXPIRED'));
    expect(sells.state).toBe('offered');
  });
});

describe('an escrow', () => {
  it.each([
    ['another channel', { index: 21 }],
    ['it pays somebody else', { provider: 9 }],
    ['another model', { model: 0 }],
    ['another token', { token: 1 }],
    ['it was used before', { claims: 1 }],
    ['it holds too little', { balance: 199n }],
    ['it ends before the deadline', { expiry: REQUEST.deadline }],
  ])('is refused before any work: %s', (reason, change) => {
    const { buys, sells, offer } = offered();
    buys.receive(offer, NOW);
    const accept = buys.accept(CHANNEL, NOW);
    sells.receive(accept, NOW);
    expect(() => sells.confirm({ ...ESCROW, ...change }, TERMS)).toThrow(
      expect.objectContaining({ code: 'ESCROW_REFUSED', data: { reason } }),
    );
    // the same message can be sent again once the channel is as it should be
    expect(sells.receive(accept, NOW)).toMatchObject({ kind: 'ACCEPT' });
    sells.confirm(ESCROW, TERMS);
    expect(sells.state).toBe('answered');
  });
});

describe('work', () => {
  it('is not done late, beyond the count, or for another channel’s voucher', () => {
    const { buys, sells } = accepted();
    expect(() => buys.work({ input: INPUT, voucher: voucherOf(accountIndex(21)) }, NOW)).toThrow(
      code('VOUCHER_CHANNEL'),
    );
    expect(() => buys.work({ input: INPUT, voucher: voucherOf() }, REQUEST.deadline)).toThrow(code('DEADLINE_PASSED'));
    const work = buys.work({ input: INPUT, voucher: voucherOf() }, NOW);
    expect(() => sells.receive(work, REQUEST.deadline)).toThrow(code('DEADLINE_PASSED'));
    sells.receive(work, NOW);
    // its voucher was refused: the buyer can send it again
    sells.refuse();
    expect(sells.receive(work, NOW)).toMatchObject({ kind: 'WORK' });
  });

  it.each([
    ['channel', { channel: accountIndex(21) }],
    ['price', { price: 101n }],
    ['input', { inputHash: sha256(OUTPUT) }],
    ['output', { outputHash: sha256(INPUT) }],
  ])('is not paid for by a receipt of another %s', (_, change) => {
    const { buys, sells } = accepted();
    sells.receive(buys.work({ input: INPUT, voucher: voucherOf() }, NOW), NOW);
    const honest = sells.result({ output: OUTPUT, receipt: receiptOf() }, NOW);
    const { receipt: text } = bodyOf(honest) as { receipt: string };
    const forged = saying(honest, { body: { ...bodyOf(honest), receipt: hexOf(receiptOf(change)) } });
    expect(text).toHaveLength(442);
    expect(() => buys.receive(forged, NOW)).toThrow(code('RECEIPT_MISMATCH'));
    expect(buys.receive(honest, NOW)).toMatchObject({ kind: 'RESULT' });
  });
});

function bodyOf({ document }: SignedDocument): object {
  return (document as { body: object }).body;
}

function hashOf(signed: SignedDocument): string {
  return prefixedHex(messageHash(readMessage(signed.document)));
}

function hexOf(receipt: Parameters<typeof encodeReceipt>[0]): string {
  return bytesToHex(encodeReceipt(receipt));
}
