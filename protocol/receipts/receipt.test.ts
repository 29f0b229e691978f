import { describe, expect, test } from 'vitest';
import { poseidon } from '../crypto/poseidon.ts';
import { R_FIELD } from '../field.ts';
import { TEST_DOMAIN } from '../testing/actors.ts';
import { expectCode } from '../testing/expectCode.ts';
import type { AccountIndex, Field } from '../types.ts';
import { voucherDomain } from '../voucher.ts';
import {
  type Receipt,
  receiptDomain,
  receiptHash,
  receiptMessage,
  signReceipt,
  verifyReceiptSignature,
} from './receipt.ts';
import { digest, PROVIDER, receipt, STRANGER } from './testing/stream.ts';

const good = receipt(3, { execution: 9n as Field });

describe('receipts', () => {
  test('the leaf is Poseidon6 of the packed head, both hashes in halves, and the execution', () => {
    const bytes = (from: number, to: number) => Uint8Array.from({ length: 32 }, (_, i) => (i < 16 ? from : to));
    const made: Receipt = {
      channel: 1 as AccountIndex,
      sequence: 2,
      model: 3 as AccountIndex,
      time: 4,
      price: 5n,
      inputHash: bytes(0, 1),
      outputHash: bytes(2, 3),
      execution: 6n as Field,
    };
    const half = (byte: bigint) => (byte * ((1n << 128n) - 1n)) / 255n;
    const head = 1n | (2n << 32n) | (3n << 64n) | (4n << 96n) | (5n << 136n);
    expect(receiptHash(made)).toBe(poseidon([head, half(0n), half(1n), half(2n), half(3n), 6n]));
  });

  test('the message is bound to the deployment, and to receipts', () => {
    expect(receiptDomain(TEST_DOMAIN)).toBe(poseidon([TEST_DOMAIN, 2n]));
    expect(receiptMessage(5n as Field, TEST_DOMAIN)).toBe(poseidon([receiptDomain(TEST_DOMAIN), 5n]));
    expect(receiptDomain(TEST_DOMAIN)).not.toBe(voucherDomain(TEST_DOMAIN));
  });

  test('a signed receipt verifies under the provider key alone', () => {
    expect(verifyReceiptSignature(good, PROVIDER.key, TEST_DOMAIN)).toBe(true);
    expect(verifyReceiptSignature(good, STRANGER.key, TEST_DOMAIN)).toBe(false);
    expect(verifyReceiptSignature(good, PROVIDER.key, (TEST_DOMAIN + 1n) as Field)).toBe(false);
  });

  test.each<[string, Partial<Receipt>]>([
    ['channel', { channel: 71 as AccountIndex }],
    ['sequence', { sequence: 4 }],
    ['model', { model: 0 as AccountIndex }],
    ['time', { time: good.time + 1 }],
    ['price', { price: good.price + 1n }],
    ['input', { inputHash: digest('another') }],
    ['output', { outputHash: digest('another') }],
    ['last bit of the output', { outputHash: good.outputHash.with(31, (good.outputHash[31] ?? 0) ^ 1) }],
    ['input and output exchanged', { inputHash: good.outputHash, outputHash: good.inputHash }],
    ['execution', { execution: 8n as Field }],
  ])('%s is part of the leaf', (_, change) => {
    expect(receiptHash({ ...good, ...change })).not.toBe(receiptHash(good));
    expect(verifyReceiptSignature({ ...good, ...change }, PROVIDER.key, TEST_DOMAIN)).toBe(false);
  });

  test('the largest values fit their bits: neighbours do not run into each other', () => {
    const largest = {
      sequence: 2 ** 32 - 1,
      time: 2 ** 40 - 1,
      price: (1n << 96n) - 1n,
      model: (2 ** 24 - 1) as AccountIndex,
    };
    expect(verifyReceiptSignature(receipt(0, largest), PROVIDER.key, TEST_DOMAIN)).toBe(true);
    const head = (price: bigint, time: number) => receiptHash({ ...good, price, time });
    expect(head(1n, 0)).not.toBe(head(0n, 2 ** 40 - 1));
  });

  test.each<[string, string, Partial<Receipt>]>([
    ['channel 2^24', 'INDEX_OUT_OF_RANGE', { channel: (2 ** 24) as AccountIndex }],
    ['a negative model', 'INDEX_OUT_OF_RANGE', { model: -1 as AccountIndex }],
    ['sequence 2^32', 'AMOUNT_OUT_OF_RANGE', { sequence: 2 ** 32 }],
    ['a fractional sequence', 'AMOUNT_OUT_OF_RANGE', { sequence: 0.5 }],
    ['time 2^40', 'AMOUNT_OUT_OF_RANGE', { time: 2 ** 40 }],
    ['price 2^96', 'AMOUNT_OUT_OF_RANGE', { price: 1n << 96n }],
    ['a negative price', 'AMOUNT_OUT_OF_RANGE', { price: -1n }],
    ['an input hash of 31 bytes', 'MALFORMED_BYTES', { inputHash: new Uint8Array(31) }],
    ['an output hash of 33 bytes', 'MALFORMED_BYTES', { outputHash: new Uint8Array(33) }],
    ['an execution at the modulus', 'WORD_NOT_CANONICAL', { execution: R_FIELD as Field }],
  ])('%s is %s', (_, code, change) => {
    expectCode(code, () => signReceipt({ ...good, ...change }, PROVIDER.seed, TEST_DOMAIN));
    expectCode(code, () => verifyReceiptSignature({ ...good, ...change }, PROVIDER.key, TEST_DOMAIN));
  });
});
