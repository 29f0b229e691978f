import { describe, expect, it } from 'vitest';
import { accountIndex } from '../protocol/ids.ts';
import { SHAPES } from '../protocol/shapes.ts';
import { actor, exit, register, signed, transfer } from '../protocol/testing/actors.ts';
import { fitsEmptyBatch, txBytes, txCost } from './txCost.ts';

const ALICE = actor(2);

describe('what a transaction needs', () => {
  it('counts bytes and money', () => {
    const tx = signed(ALICE, { signer: 2, nonce: 0, ops: [transfer(2, 1, 5n, { fee: 1n }), exit(2, 9n, 3n, 2n)] });
    expect(txBytes(tx)).toBe(110 + 30 + 30 + 32);
    expect(txCost(tx)).toBe(11n);
  });

  it('knows what an empty small batch (N 8, A 5, E 2) holds', () => {
    const { small } = SHAPES;
    const fits = (ops: ReturnType<typeof transfer>[]): boolean =>
      fitsEmptyBatch({ signer: accountIndex(2), nonce: 0, validUntil: 0, ops }, small);
    const payAll = (count: number, fee = 0n) =>
      Array.from({ length: count }, (_, i) => transfer(2, 10 + i, 1n, { fee }));
    expect(fits(payAll(4))).toBe(true);
    expect(fits(payAll(5))).toBe(false);
    expect(fits(payAll(4, 1n))).toBe(false);
    expect(fits(payAll(3, 1n))).toBe(true);
    expect(fits(Array.from({ length: 4 }, () => register(2, 0, actor(9), 1n)))).toBe(true);
    expect(fits(Array.from({ length: 5 }, () => register(2, 0, actor(9), 1n)))).toBe(false);
    expect(fits(Array.from({ length: 3 }, () => exit(2, 1n, 1n)))).toBe(false);
    expect(fits(Array.from({ length: 8 }, () => transfer(2, 3, 1n)))).toBe(true);
    expect(fits(Array.from({ length: 9 }, () => transfer(2, 3, 1n)))).toBe(false);
  });
});
