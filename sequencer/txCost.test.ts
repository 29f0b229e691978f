import { describe, expect, it } from 'vitest';
import { encodeTx } from '../protocol/codec/tx.ts';
import { accountIndex } from '../protocol/ids.ts';
import { SHAPES } from '../protocol/shapes.ts';
import { actor, attest, claim, close, exit, open, signed, transfer } from '../protocol/testing/actors.ts';
import { fitsAccounts, fitsSlots, txBytes, txCost, txSignatures } from './txCost.ts';

const ALICE = actor(2);
const voucherKey = actor(9);

describe('what a transaction needs', () => {
  it('counts bytes and signatures as the wire form has them', () => {
    const claims = [20n, 30n].map((total) => claim(8, 2, { voucherKey, total }));
    const opened = open(2, 0, { provider: 3, voucherKey, amount: 5n });
    const tx = signed(ALICE, { signer: 2, nonce: 0, ops: [transfer(2, 1, 5n), ...claims, opened, exit(2, 9n, 3n)] });
    expect(txBytes(tx)).toBe(encodeTx(tx).length);
    expect(txSignatures(tx)).toBe(3);
  });

  it('counts the money that the signer itself must have', () => {
    const cost = (ops: ReturnType<typeof transfer>[]): bigint =>
      txCost({ signer: accountIndex(2), nonce: 0, validUntil: 0, ops });
    expect(cost([transfer(2, 1, 5n, { fee: 1n }), exit(2, 9n, 3n, 2n)])).toBe(11n);
    expect(cost([attest(2, 0, { amount: 4n, fee: 1n }), open(2, 0, { provider: 3, voucherKey, amount: 7n })])).toBe(
      12n,
    );
    // what a channel or an attestation pays is not the signer's, and can be spent by what follows only
    const claimed = claim(8, 2, { voucherKey, total: 50n }).op;
    expect(cost([claimed])).toBe(0n);
    expect(cost([claimed, transfer(2, 1, 60n)])).toBe(10n);
    expect(cost([transfer(2, 1, 60n), claimed])).toBe(60n);
    expect(cost([close(8, 2, 30n), transfer(7, 2, 20n), transfer(2, 1, 50n)])).toBe(0n);
    expect(cost([transfer(2, 2, 5n)])).toBe(5n);
  });

  it('knows the slots of an empty small batch (N 8, E 2, S 4, A 5)', () => {
    const { small } = SHAPES;
    const tx = (ops: ReturnType<typeof transfer>[]) => ({ signer: accountIndex(2), nonce: 0, validUntil: 0, ops });
    const many = (count: number, op: ReturnType<typeof transfer>) => tx(Array.from({ length: count }, () => op));
    expect(fitsSlots(many(small.N, transfer(2, 3, 1n)), small)).toBe(true);
    expect(fitsSlots(many(small.N + 1, transfer(2, 3, 1n)), small)).toBe(false);
    expect(fitsSlots(many(small.E, exit(2, 1n, 1n)), small)).toBe(true);
    expect(fitsSlots(many(small.E + 1, exit(2, 1n, 1n)), small)).toBe(false);
    const { op } = claim(8, 2, { voucherKey, total: 1n });
    expect(fitsSlots(many(small.S - 1, op), small)).toBe(true);
    expect(fitsSlots(many(small.S, op), small)).toBe(false);
    expect(fitsAccounts(many(1, transfer(2, 3, 1n)), small.A, small)).toBe(true);
    expect(fitsAccounts(many(1, transfer(2, 3, 1n)), small.A + 1, small)).toBe(false);
    expect(fitsAccounts(many(1, transfer(2, 3, 1n, { fee: 1n })), small.A, small)).toBe(false);
  });
});
