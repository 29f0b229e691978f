import { describe, expect, test } from 'vitest';
import { accountIndex } from '../ids.ts';
import { actor, attest, claim, claimOp, close, exit, open, register, signed, transfer } from '../testing/actors.ts';
import { expectCode } from '../testing/expectCode.ts';
import type { Field, L1Op, Op } from '../types.ts';
import { headerFromWords } from './header.ts';
import { exitFromWords, exitWords, l1OpFromWords, l1OpWords } from './l1Words.ts';
import { opFromWords, opWords, signedOpWords } from './opWords.ts';
import { decodeTx, encodeTx } from './tx.ts';

const LAST = 2 ** 24 - 1;

describe('op words', () => {
  test('the fields lie at bits 0, 8, 16, 48, 80 and 176', () => {
    const [w0, ...payload] = opWords(transfer(3, 4, 5n, { fee: 6n, memo: [7n, 8n] as Field[] }), true);
    expect(w0).toBe(1n | (5n << 8n) | (3n << 16n) | (4n << 48n) | (5n << 80n) | (6n << 176n));
    expect(payload).toEqual([7n, 8n, 0n]);
  });

  const extremes: Op[] = [
    transfer(LAST, LAST, (1n << 96n) - 1n, { fee: (1n << 64n) - 1n }),
    transfer(1, 2, 0n, { memo: [0n, 0n, 0n] as Field[] }),
    register(1, 9, actor(2), 3n),
    exit(1, (1n << 160n) - 1n, 3n),
    attest(1, LAST, { parent: LAST, royaltyBps: 10_000, subtype: 255 }),
    open(1, LAST, { provider: LAST, voucherKey: actor(2), amount: 1n, model: LAST, expiry: 2 ** 40 - 1 }),
    claimOp(LAST, 1, { total: (1n << 96n) - 1n, royaltyBps: 10_000 }),
    close(LAST, LAST, (1n << 96n) - 1n),
  ];
  test.each(extremes)('words and back: op %#', (op) => {
    for (const isLast of [true, false]) expect(opFromWords(opWords(op, isLast))).toEqual({ op, isLast });
  });

  test('the signed words leave an assigned index out, and only that', () => {
    expect(signedOpWords(register(1, 9, actor(2), 3n), true)).toEqual(opWords(register(1, 0, actor(2), 3n), true));
    expect(signedOpWords(attest(1, 9), true)).toEqual(opWords({ ...attest(1, 9), to: accountIndex(0) }, true));
    const terms = { provider: 3, voucherKey: actor(2), amount: 1n };
    expect(signedOpWords(open(1, 9, terms), true)).toEqual(opWords(open(1, 0, terms), true));
    for (const op of [transfer(1, 9, 3n), claimOp(7, 9, { total: 3n }), close(7, 9, 3n)]) {
      expect(signedOpWords(op, true)).toEqual(opWords(op, true));
    }
  });

  const good = opWords(transfer(1, 2, 3n, { memo: [1n as Field] }), true);
  test.each<[string, string, readonly bigint[]]>([
    ['three words', 'MALFORMED_BYTES', good.slice(1)],
    ['w0 of 241 bits', 'MALFORMED_BYTES', [good[0] | (1n << 240n), ...good.slice(1)]],
    ['flag bit 3', 'MALFORMED_BYTES', [good[0] | (1n << 11n), ...good.slice(1)]],
    ['a word that is not carried', 'MALFORMED_BYTES', [good[0], good[1], 1n, 0n]],
    ['NOP', 'UNKNOWN_OPCODE', [0n, 0n, 0n, 0n]],
    ['a source of 2^24', 'INDEX_OUT_OF_RANGE', [good[0] | (1n << 40n), good[1], 0n, 0n]],
    ['a payload over the field', 'WORD_NOT_CANONICAL', [good[0], 1n << 254n, 0n, 0n]],
  ])('%s → %s', (_, code, words) => {
    expectCode(code, () => opFromWords(words));
  });
});

describe('L1 words', () => {
  const op: L1Op = {
    opcode: 2,
    isVoid: true,
    index: accountIndex(LAST),
    token: 65535,
    amount: (1n << 96n) - 1n,
    x: 0n as Field,
    y: 0n as Field,
    address: (1n << 160n) - 1n,
  };

  test('the fields lie at bits 0, 8, 16, 48 and 64', () => {
    const [l0] = l1OpWords({ ...op, index: accountIndex(3), token: 4, amount: 5n });
    expect(l0).toBe(2n | (1n << 8n) | (3n << 16n) | (4n << 48n) | (5n << 64n));
    expect(l1OpFromWords(l1OpWords(op))).toEqual(op);
  });

  const good = l1OpWords(op);
  test.each<[string, string, readonly bigint[]]>([
    ['three words', 'MALFORMED_BYTES', good.slice(1)],
    ['l0 of 161 bits', 'MALFORMED_BYTES', [good[0] | (1n << 160n), 0n, 0n, 1n]],
    ['flag bit 1', 'MALFORMED_BYTES', [good[0] | (2n << 8n), 0n, 0n, 1n]],
    ['opcode 0', 'UNKNOWN_OPCODE', [0n, 0n, 0n, 0n]],
    ['opcode 4', 'UNKNOWN_OPCODE', [4n, 0n, 0n, 0n]],
    ['index 2^24', 'INDEX_OUT_OF_RANGE', [1n | (1n << 40n), 0n, 0n, 1n]],
    ['an address of 161 bits', 'BAD_ADDRESS', [good[0], 0n, 0n, 1n << 160n]],
    ['x over the field', 'WORD_NOT_CANONICAL', [good[0], 1n << 254n, 0n, 1n]],
  ])('%s → %s', (_, code, words) => {
    expectCode(code, () => l1OpFromWords(words));
  });

  test('exit words and back', () => {
    const owed = { recipient: (1n << 160n) - 1n, token: 65535, amount: (1n << 96n) - 1n };
    expect(exitWords(owed)).toEqual([owed.recipient, owed.amount | (65535n << 96n)]);
    expect(exitFromWords(exitWords(owed))).toEqual(owed);
    expectCode('MALFORMED_BYTES', () => exitFromWords([1n, 1n << 112n]));
    expectCode('BAD_ADDRESS', () => exitFromWords([1n << 160n, 1n]));
  });
});

describe('header words', () => {
  test.each([
    [4, 1n << 40n],
    [5, 1n << 48n],
    [6, 1n << 128n],
    [7, 1n << 128n],
    [8, 1n << 128n],
    [9, 1n << 128n],
  ])('bits above the layout of word %d → MALFORMED_BYTES', (at, value) => {
    const words = [1n, 1n, 1n, 1n, 0n, 0n, 0n, 0n, 0n, 0n];
    expect(headerFromWords(words, 'dev').number).toBe(1);
    words[at] = value;
    expectCode('MALFORMED_BYTES', () => headerFromWords(words, 'dev'));
  });

  test('nine words → MALFORMED_BYTES; a root over the field → WORD_NOT_CANONICAL', () => {
    expectCode('MALFORMED_BYTES', () => headerFromWords([1n, 1n, 1n, 1n, 0n, 0n, 0n, 0n, 0n], 'dev'));
    expectCode('WORD_NOT_CANONICAL', () => headerFromWords([1n, 1n << 255n, 1n, 1n, 0n, 0n, 0n, 0n, 0n, 0n], 'dev'));
  });
});

describe('transactions', () => {
  test('a block’s transaction keeps its assigned index; a user’s must not have one', () => {
    const tx = signed(actor(1), { signer: 1, nonce: 0, ops: [register(1, 9, actor(2), 3n)] });
    expect(decodeTx(encodeTx(tx), { isAssigned: true })).toEqual(tx);
    expectCode('ASSIGNED_INDEX_NOT_ZERO', () => decodeTx(encodeTx(tx)));
  });

  test('claims carry their vouchers; in memory, another number of them is INVALID_ARGUMENT', () => {
    const one = claim(7, 1, { voucherKey: actor(2), total: 3n });
    const tx = signed(actor(1), { signer: 1, nonce: 0, ops: [one, transfer(1, 2, 3n), one] });
    expect(decodeTx(encodeTx(tx))).toEqual(tx);
    expectCode('INVALID_ARGUMENT', () => encodeTx({ ...tx, vouchers: tx.vouchers.slice(1) }));
    expectCode('INVALID_ARGUMENT', () => encodeTx({ ...tx, vouchers: [...tx.vouchers, one.voucher] }));
    expectCode('BAD_VOUCHER', () => encodeTx({ ...tx, vouchers: [one.voucher, { ...one.voucher, s: 1n << 256n }] }));
  });

  test('255 ops fit, 256 are MALFORMED_BYTES', () => {
    const tx = signed(actor(1), { signer: 1, nonce: 0, ops: Array.from({ length: 255 }, () => transfer(1, 2, 3n)) });
    expect(decodeTx(encodeTx(tx))).toEqual(tx);
    expectCode('MALFORMED_BYTES', () => encodeTx({ ...tx, ops: [...tx.ops, transfer(1, 2, 3n)] }));
  });
});
