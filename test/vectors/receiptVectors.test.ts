import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hexToBytes } from '../../protocol/bytes.ts';
import { verifyReceiptSignature } from '../../protocol/receipts/receipt.ts';
import {
  decodeProof,
  decodeReceipt,
  decodeVoucher,
  proofToJson,
  receiptToJson,
  voucherToJson,
} from '../../protocol/receipts/receiptCodec.ts';
import { verifyReceiptProof } from '../../protocol/receipts/receiptTree.ts';
import type { Field, Point } from '../../protocol/types.ts';
import { verifyVoucher } from '../../protocol/voucher.ts';
import { receiptVectors } from './receiptVectors.ts';

const vectors = receiptVectors();
const domain = BigInt(vectors.domain) as Field;
const key = (words: readonly string[]) => words.map(BigInt) as unknown as Point;

describe('receipts.json', () => {
  test('is what the code makes today', () => {
    expect(vectors).toEqual(JSON.parse(readFileSync(new URL('receipts.json', import.meta.url), 'utf8')));
  });

  test.each(vectors.receipts)('receipt, $name: decodes and verifies', ({ bytes, receipt }) => {
    const decoded = decodeReceipt(hexToBytes(bytes));
    expect(receiptToJson(decoded)).toEqual(receipt);
    expect(verifyReceiptSignature(decoded, key(vectors.providerKey), domain)).toBe(true);
  });

  test.each(vectors.vouchers)('voucher, $name: decodes and verifies', ({ bytes, voucher }) => {
    const decoded = decodeVoucher(hexToBytes(bytes));
    expect(voucherToJson(decoded)).toEqual(voucher);
    expect(verifyVoucher(decoded, key(vectors.voucherKey), domain)).toBe(true);
  });

  test.each(vectors.tree.proofs)('proof of leaf $leaf of 13', ({ bytes, proof, leaf }) => {
    const decoded = decodeProof(hexToBytes(bytes));
    expect(proofToJson(decoded)).toEqual(proof);
    const root = BigInt(vectors.tree.roots.at(-1) ?? '') as Field;
    expect(verifyReceiptProof(root, BigInt(leaf) as Field, decoded)).toBe(true);
  });
});
