import { bytesToHex, concat, type Hex, keccak256, numberToHex, size, stringToHex } from 'viem';
import { describe, expect, it } from 'vitest';
import { encodeTx } from '../protocol/codec/tx.ts';
import { batchNumber } from '../protocol/ids.ts';
import { actor, exit, signed, transfer } from '../protocol/testing/actors.ts';
import type { AccountIndex, Field, L1Op } from '../protocol/types.ts';
import { type BlockBody, encodeBlock, sealBlock } from './block.ts';

const { key, address } = actor(1);

const DEPOSIT: L1Op = {
  opcode: 1,
  isVoid: false,
  index: 1 as AccountIndex,
  token: 0,
  amount: 5n,
  x: key[0],
  y: key[1],
  address,
};

const TX = signed(actor(1), { signer: 1, nonce: 0, ops: [transfer(1, 2, 3n)] });

const BODY: BlockBody = {
  number: 7n,
  parentHash: 1n << 255n,
  timestamp: 1_800_000_000,
  batch: batchNumber(3),
  l1: { firstQueueIndex: 9n, ops: [DEPOSIT] },
  txs: [TX],
  feeAccounts: [1 as AccountIndex],
  ledgerRoot: 11n as Field,
};

describe('block hash', () => {
  it.each<[string, Partial<BlockBody>]>([
    ['number', { number: 8n }],
    ['parent', { parentHash: 1n }],
    ['timestamp', { timestamp: 1_800_000_001 }],
    ['batch', { batch: batchNumber(4) }],
    ['ledger root', { ledgerRoot: 12n as Field }],
    ['queue index', { l1: { firstQueueIndex: 8n, ops: [DEPOSIT] } }],
    ['L1 operations', { l1: { firstQueueIndex: 9n, ops: [] } }],
    ['a void flag', { l1: { firstQueueIndex: 9n, ops: [{ ...DEPOSIT, isVoid: true }] } }],
    ['an assigned index', { l1: { firstQueueIndex: 9n, ops: [{ ...DEPOSIT, index: 2 as AccountIndex }] } }],
    ['fee accounts', { feeAccounts: [] }],
    ['transactions', { txs: [] }],
    ['another transaction', { txs: [signed(actor(1), { signer: 1, nonce: 0, ops: [exit(1, 2n, 3n)] })] }],
    ['a signature', { txs: [{ ...TX, signature: { ...TX.signature, s: TX.signature.s + 1n } }] }],
  ])('depends on %s', (_, change) => {
    expect(sealBlock({ ...BODY, ...change }).hash).not.toBe(sealBlock(BODY).hash);
  });

  it('is the same for the same contents', () => {
    expect(sealBlock({ ...BODY }).hash).toBe(sealBlock(BODY).hash);
  });

  it('is keccak256 of the documented bytes', () => {
    const tx = bytesToHex(encodeTx(TX));
    const u = (value: bigint | number, size: number): Hex => numberToHex(value, { size });
    const deposit = [u(1, 1), u(0, 1), u(1, 4), u(0, 4), u(5, 12), u(key[0], 32), u(key[1], 32), u(address, 20)];
    const bytes = concat([
      stringToHex('engram/block/1'),
      ...[u(7, 8), u(1n << 255n, 32), u(1_800_000_000, 5), u(3, 8), u(11, 32)],
      ...[u(9, 8), u(1, 4), ...deposit],
      ...[u(1, 1), u(1, 4)],
      ...[u(1, 4), u(size(tx), 4), tx],
    ]);
    expect(bytesToHex(encodeBlock(BODY))).toBe(bytes);
    expect(sealBlock(BODY).hash).toBe(BigInt(keccak256(bytes)));
  });

  it('refuses to encode what does not fit its field, instead of cutting it', () => {
    expect(() => encodeBlock({ ...BODY, number: 1n << 64n })).toThrow(RangeError);
    expect(() => encodeBlock({ ...BODY, timestamp: -1 })).toThrow(RangeError);
  });
});
