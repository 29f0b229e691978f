import { describe, expect, it } from 'vitest';
import { accountIndex } from '../ids.ts';
import { actor, TEST_DOMAIN, TEST_TIME } from '../testing/actors.ts';
import type { Field } from '../types.ts';
import { ANSWER_CHANNEL, type Answer, signAnswer, verifyAnswer } from './answer.ts';
import { ConsumerBook, ProviderBook } from './channelBook.ts';
import { receiptHash, signReceipt } from './receipt.ts';
import { decodeReceipt, encodeReceipt } from './receiptCodec.ts';
import { ReceiptTree } from './receiptTree.ts';
import { verifyReceipt } from './verifyReceipt.ts';

const [consumer, provider] = [actor(1), actor(2)];
const [channel, model] = [accountIndex(30), accountIndex(11)];
const answer: Answer = {
  sequence: 7,
  model,
  time: TEST_TIME,
  price: 10n,
  inputHash: new Uint8Array(32).fill(1),
  outputHash: new Uint8Array(32).fill(2),
  execution: 3n as Field,
};
const receipt = signAnswer(answer, provider.seed, TEST_DOMAIN);

describe('an answer', () => {
  it('is a receipt of channel 0 with its signer’s name on it', () => {
    expect(receipt).toMatchObject({ ...answer, channel: 0 });
    expect(verifyAnswer(receipt, provider.key, TEST_DOMAIN)).toBe(true);
    expect(verifyAnswer(decodeReceipt(encodeReceipt(receipt)), provider.key, TEST_DOMAIN)).toBe(true);
  });

  it.each([
    ['sequence', { sequence: 8 }],
    ['model', { model: accountIndex(12) }],
    ['time', { time: TEST_TIME + 1 }],
    ['price', { price: 11n }],
    ['input', { inputHash: new Uint8Array(32) }],
    ['output', { outputHash: new Uint8Array(32) }],
    ['execution', { execution: 4n as Field }],
  ])('with another %s than was signed is nobody’s', (_name, change) => {
    expect(verifyAnswer({ ...receipt, ...change }, provider.key, TEST_DOMAIN)).toBe(false);
  });

  it('of another key or deployment is refused', () => {
    expect(verifyAnswer(receipt, consumer.key, TEST_DOMAIN)).toBe(false);
    expect(verifyAnswer(receipt, provider.key, (TEST_DOMAIN + 1n) as Field)).toBe(false);
  });

  it('is no receipt of a channel, and none of those is an answer', () => {
    const paid = signReceipt({ ...answer, channel }, provider.seed, TEST_DOMAIN);
    expect(verifyAnswer(paid, provider.key, TEST_DOMAIN)).toBe(false);
    expect(verifyAnswer({ ...paid, channel: ANSWER_CHANNEL }, provider.key, TEST_DOMAIN)).toBe(false);
  });
});

describe('where receipts of channels are taken, an answer', () => {
  const providerKey = provider.key;

  it('is not taken by a consumer’s book', () => {
    const book = new ConsumerBook({ channel, model, providerKey, domain: TEST_DOMAIN, limit: 100n });
    book.next(undefined, { price: answer.price, inputHash: answer.inputHash });
    expect(() => book.receive(receipt)).toThrow(expect.objectContaining({ code: 'RECEIPT_CHANNEL' }));
    expect(book.received).toBe(0);
  });

  it('is not counted by a provider’s book', () => {
    const options = { channel, model, voucherKey: consumer.key, domain: TEST_DOMAIN, expiry: TEST_TIME + 9, limit: 9n };
    const book = new ProviderBook(options);
    expect(() => book.record(receipt)).toThrow(expect.objectContaining({ code: 'RECEIPT_CHANNEL' }));
    expect(book.receipts).toBe(0);
  });

  it('under a settled root proves nothing of the channel', () => {
    const tree = new ReceiptTree();
    const first = signAnswer({ ...answer, sequence: 0 }, provider.seed, TEST_DOMAIN);
    tree.append(receiptHash(first));
    const verdict = verifyReceipt(
      {
        receipt: first,
        proof: tree.proof(0),
        claim: { channel, provider: accountIndex(4), receiptsRoot: tree.root, total: 10n },
        terms: { provider: accountIndex(4), model },
        providerKey,
      },
      TEST_DOMAIN,
    );
    expect(verdict).toMatchObject({ isValid: false, code: 'RECEIPT_CHANNEL' });
  });

  it('has the leaf of no channel’s receipt: the channel is hashed', () => {
    expect(receiptHash(receipt)).not.toBe(receiptHash({ ...receipt, channel }));
  });
});
