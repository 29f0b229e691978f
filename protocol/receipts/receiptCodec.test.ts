import { describe, expect, test } from 'vitest';
import { hexToBytes } from '../bytes.ts';
import { R_FIELD } from '../field.ts';
import { expectCode } from '../testing/expectCode.ts';
import type { AccountIndex, Field } from '../types.ts';
import { receiptHash } from './receipt.ts';
import {
  decodeProof,
  decodeReceipt,
  decodeVoucher,
  encodeProof,
  encodeReceipt,
  encodeVoucher,
  proofFromJson,
  proofToJson,
  receiptFromJson,
  receiptToJson,
  voucherFromJson,
  voucherToJson,
} from './receiptCodec.ts';
import { ReceiptTree } from './receiptTree.ts';
import { CHANNEL, receipt, sign } from './testing/stream.ts';

const good = receipt(3, { execution: 9n as Field, price: (1n << 96n) - 1n, time: 2 ** 40 - 1 });
const voucher = sign({ channel: CHANNEL, total: (1n << 96n) - 1n, receiptsRoot: (R_FIELD - 1n) as Field });
const tree = new ReceiptTree();
for (let i = 0; i < 13; i += 1) tree.append(receiptHash(receipt(i)));
const OVER = hexToBytes('ff'.repeat(32));

const again = (json: unknown): unknown => JSON.parse(JSON.stringify(json));
const edited = (bytes: Uint8Array, at: number, values: ArrayLike<number>) => {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
};

describe('bytes', () => {
  const bytes = encodeReceipt(good);
  const voucherBytes = encodeVoucher(voucher);

  test('a receipt is 221 bytes, a voucher 144, and both come back', () => {
    expect([bytes.length, voucherBytes.length]).toEqual([221, 144]);
    expect(decodeReceipt(bytes)).toEqual(good);
    expect(decodeVoucher(voucherBytes)).toEqual(voucher);
  });

  test('every proof of 13 comes back, in as many bytes as it has words', () => {
    for (let i = 0; i < 13; i += 1) {
      const proof = tree.proof(i);
      const words = proof.siblings.length + (proof.before === undefined ? 0 : 1) + proof.after.length;
      expect(encodeProof(proof).length).toBe(9 + 32 * words);
      expect(decodeProof(encodeProof(proof))).toEqual(proof);
    }
  });

  test.each<[string, string, () => unknown]>([
    ['receipt: nothing', 'MALFORMED_BYTES', () => decodeReceipt(new Uint8Array())],
    ['receipt: a byte too few', 'MALFORMED_BYTES', () => decodeReceipt(bytes.slice(0, -1))],
    ['receipt: a byte too many', 'MALFORMED_BYTES', () => decodeReceipt(Uint8Array.from([...bytes, 0]))],
    ['receipt: channel 2^24', 'INDEX_OUT_OF_RANGE', () => decodeReceipt(edited(bytes, 0, [1, 0, 0, 0]))],
    ['receipt: model 2^24', 'INDEX_OUT_OF_RANGE', () => decodeReceipt(edited(bytes, 8, [1, 0, 0, 0]))],
    ['receipt: execution', 'WORD_NOT_CANONICAL', () => decodeReceipt(edited(bytes, 93, OVER))],
    ['receipt: R8', 'WORD_NOT_CANONICAL', () => decodeReceipt(edited(bytes, 125, OVER))],
    ['voucher: a byte too few', 'MALFORMED_BYTES', () => decodeVoucher(voucherBytes.slice(0, -1))],
    ['voucher: a byte too many', 'MALFORMED_BYTES', () => decodeVoucher(Uint8Array.from([...voucherBytes, 0]))],
    ['voucher: channel 2^24', 'INDEX_OUT_OF_RANGE', () => decodeVoucher(edited(voucherBytes, 0, [1, 0, 0, 0]))],
    ['voucher: root', 'WORD_NOT_CANONICAL', () => decodeVoucher(edited(voucherBytes, 16, OVER))],
    ['voucher: total 2^96', 'AMOUNT_OUT_OF_RANGE', () => encodeVoucher({ ...voucher, total: 1n << 96n })],
    [
      'voucher: S of 257 bits',
      'BAD_SIGNATURE',
      () => encodeVoucher({ ...voucher, signature: { ...voucher.signature, s: 1n << 256n } }),
    ],
    ['proof: position at size', 'MALFORMED_BYTES', () => decodeProof(Uint8Array.from([0, 0, 0, 1, 0, 0, 0, 0, 1]))],
    ['proof: size 0', 'MALFORMED_BYTES', () => decodeProof(new Uint8Array(9))],
    ['proof: size over 2^32', 'MALFORMED_BYTES', () => decodeProof(edited(new Uint8Array(9), 4, [1, 0, 0, 0, 1]))],
    ['proof: a word too few', 'MALFORMED_BYTES', () => decodeProof(encodeProof(tree.proof(9)).slice(0, -32))],
    [
      'proof: a byte too many',
      'MALFORMED_BYTES',
      () => decodeProof(Uint8Array.from([...encodeProof(tree.proof(9)), 0])),
    ],
    ['proof: a word', 'WORD_NOT_CANONICAL', () => decodeProof(edited(encodeProof(tree.proof(9)), 9, OVER))],
    ['proof: wrong shape', 'MALFORMED_BYTES', () => encodeProof({ ...tree.proof(9), after: [] })],
  ])('%s is %s', (_, code, act) => expectCode(code, act));
});

describe('JSON', () => {
  test('receipts, vouchers and proofs come back', () => {
    expect(receiptFromJson(again(receiptToJson(good)))).toEqual(good);
    expect(voucherFromJson(again(voucherToJson(voucher)))).toEqual(voucher);
    for (let i = 0; i < 13; i += 1) expect(proofFromJson(again(proofToJson(tree.proof(i))))).toEqual(tree.proof(i));
  });

  const json = receiptToJson(good) as Record<string, unknown>;
  test.each<[string, string, Record<string, unknown>]>([
    ['an unknown member', 'MALFORMED_BYTES', { extra: 1 }],
    ['a hash of 31 bytes', 'MALFORMED_BYTES', { inputHash: `0x${'00'.repeat(31)}` }],
    ['a hash without 0x', 'MALFORMED_BYTES', { inputHash: '00'.repeat(32) }],
    ['a price as a number', 'MALFORMED_BYTES', { price: 5 }],
    ['a price of 2^96', 'AMOUNT_OUT_OF_RANGE', { price: (1n << 96n).toString() }],
    ['sequence 2^32', 'AMOUNT_OUT_OF_RANGE', { sequence: 2 ** 32 }],
    ['time 2^40', 'AMOUNT_OUT_OF_RANGE', { time: 2 ** 40 }],
    ['a negative sequence', 'MALFORMED_BYTES', { sequence: -1 }],
    ['channel 2^24', 'INDEX_OUT_OF_RANGE', { channel: 2 ** 24 }],
    ['an execution at the modulus', 'WORD_NOT_CANONICAL', { execution: R_FIELD.toString() }],
    ['no signature', 'MALFORMED_BYTES', { signature: null }],
  ])('a receipt with %s is %s', (_, code, change) => {
    expectCode(code, () => receiptFromJson({ ...json, ...change }));
  });

  test('a voucher of 2^96 and a proof of the wrong shape are refused', () => {
    const stored = voucherToJson(voucher) as Record<string, unknown>;
    expectCode('AMOUNT_OUT_OF_RANGE', () => voucherFromJson({ ...stored, total: (1n << 96n).toString() }));
    expectCode('INDEX_OUT_OF_RANGE', () => voucherFromJson({ ...stored, channel: (2 ** 24) as AccountIndex }));
    const proof = proofToJson(tree.proof(9)) as Record<string, unknown>;
    expectCode('MALFORMED_BYTES', () => proofFromJson({ ...proof, position: 13 }));
    expectCode('MALFORMED_BYTES', () => proofFromJson({ ...proof, before: null }));
    for (const nothing of [null, undefined, 5, 'x', []]) expectCode('MALFORMED_BYTES', () => proofFromJson(nothing));
  });
});
