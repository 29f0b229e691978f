import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '../../protocol/bytes.ts';
import { R_FIELD } from '../../protocol/field.ts';
import { accountIndex } from '../../protocol/ids.ts';
import {
  type Receipt,
  receiptDomain,
  receiptHash,
  receiptMessage,
  signReceipt,
} from '../../protocol/receipts/receipt.ts';
import {
  encodeProof,
  encodeReceipt,
  encodeVoucher,
  proofToJson,
  receiptToJson,
  voucherToJson,
} from '../../protocol/receipts/receiptCodec.ts';
import { ReceiptTree } from '../../protocol/receipts/receiptTree.ts';
import { actor, TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import type { Field, Voucher } from '../../protocol/types.ts';
import { signVoucher, voucherDomain, voucherMessage } from '../../protocol/voucher.ts';
import { hex, word } from './hex.ts';

const consumer = actor(1);
const provider = actor(2);
const COUNT = 13;

function digest(text: string): Uint8Array {
  return sha256(new TextEncoder().encode(text));
}

function made(sequence: number, change: Partial<Receipt> = {}): Receipt {
  return {
    channel: accountIndex(70),
    sequence,
    model: accountIndex(50),
    time: 1_800_000_000 + sequence,
    price: 10n + BigInt(sequence),
    inputHash: digest(`input ${sequence}`),
    outputHash: digest(`output ${sequence}`),
    execution: 0n as Field,
    ...change,
  };
}

const LARGEST = {
  channel: accountIndex(2 ** 24 - 1),
  sequence: 2 ** 32 - 1,
  model: accountIndex(2 ** 24 - 1),
  time: 2 ** 40 - 1,
  price: (1n << 96n) - 1n,
  inputHash: new Uint8Array(32).fill(255),
  outputHash: new Uint8Array(32).fill(255),
};

function receiptVector(name: string, receipt: Receipt) {
  const signed = signReceipt(receipt, provider.seed, TEST_DOMAIN);
  const leaf = receiptHash(receipt);
  const message = receiptMessage(leaf, TEST_DOMAIN);
  return {
    name,
    receipt: receiptToJson(signed),
    bytes: hex(encodeReceipt(signed)),
    leaf: word(leaf),
    message: word(message),
  };
}

function voucherVector(name: string, voucher: Voucher) {
  const signed = signVoucher(voucher, consumer.seed, TEST_DOMAIN);
  const message = word(voucherMessage(voucher, TEST_DOMAIN));
  return { name, voucher: voucherToJson(signed), bytes: hex(encodeVoucher(signed)), message };
}

/** Leaves 1 … 13 stand for receipts: what the tree holds does not matter to it. */
function treeVectors() {
  const tree = new ReceiptTree();
  const roots = [word(tree.root)];
  for (let i = 1; i <= COUNT; i += 1) {
    tree.append(BigInt(i) as Field);
    roots.push(word(tree.root));
  }
  const proofs = [0, 7, 9, 12].map((position) => {
    const proof = tree.proof(position);
    return { leaf: position + 1, proof: proofToJson(proof), bytes: hex(encodeProof(proof)) };
  });
  return { leaves: Array.from({ length: COUNT }, (_, i) => i + 1), roots, proofs };
}

/** The formats of docs/receipts.md. */
export function receiptVectors() {
  const channel = accountIndex(70);
  return {
    comment: 'Written by test/vectors/make.ts. Words and hashes are 32-byte hex; numbers in JSON forms are decimal.',
    domain: word(TEST_DOMAIN),
    receiptDomain: word(receiptDomain(TEST_DOMAIN)),
    voucherDomain: word(voucherDomain(TEST_DOMAIN)),
    providerSeed: `0x${bytesToHex(provider.seed)}`,
    providerKey: provider.key.map(word),
    voucherSeed: `0x${bytesToHex(consumer.seed)}`,
    voucherKey: consumer.key.map(word),
    receipts: [
      receiptVector('plain', made(0)),
      receiptVector('with execution options', made(1, { execution: 0x1234n as Field })),
      receiptVector('without model, free of charge', made(2, { model: accountIndex(0), price: 0n })),
      receiptVector('largest values', made(3, LARGEST)),
    ],
    vouchers: [
      voucherVector('before any receipt', { channel, total: 10n, receiptsRoot: 0n as Field }),
      voucherVector('over receipts', { channel, total: 21n, receiptsRoot: 0xabcdefn as Field }),
      voucherVector('largest values', {
        channel: LARGEST.channel,
        total: LARGEST.price,
        receiptsRoot: (R_FIELD - 1n) as Field,
      }),
    ],
    tree: treeVectors(),
  };
}
