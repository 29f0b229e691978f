import { concatHex, numberToHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { describe, expect, it } from 'vitest';
import { bigintToBytes } from '../../protocol/bytes.ts';
import { keyHash, maskKey, newOneTimeKey, oneTimeKey, sharedPoint, unmaskKey } from './oneTimeKey.ts';

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const P = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn;
const KEY = `0x${'c0'.repeat(32)}` as const;
const ID = `0x${'1d'.repeat(32)}` as const;
const [seller, buyer] = [oneTimeKey(11n ** 60n), oneTimeKey(13n ** 60n)];

describe('a one-time key', () => {
  it('is a key of secp256k1 as wallets have them', () => {
    const secret = numberToHex(buyer.secret, { size: 32 });
    const { x, y } = buyer.point;
    const packed = concatHex(['0x04', numberToHex(x, { size: 32 }), numberToHex(y, { size: 32 })]);
    expect(privateKeyToAccount(secret).publicKey).toBe(packed);
    expect(oneTimeKey(ORDER - 1n).point.x).toBe(oneTimeKey(1n).point.x);
  });

  it('is drawn again while it is out of range', () => {
    const draws = [0n, ORDER, 2n ** 256n - 1n, 5n].map((draw) => bigintToBytes(draw, 32));
    expect(newOneTimeKey(() => draws.shift() ?? new Uint8Array(32))).toEqual(oneTimeKey(5n));
    expect(newOneTimeKey().secret).not.toBe(newOneTimeKey().secret);
    for (const bad of [0n, -1n, ORDER, ORDER + 1n]) {
      expect(() => oneTimeKey(bad)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
  });

  it('shares one point with another, from both sides, and none with what is off the curve', () => {
    expect(sharedPoint(seller, buyer.point)).toEqual(sharedPoint(buyer, seller.point));
    const { x, y } = buyer.point;
    for (const bad of [
      { x, y: y + 1n },
      { x: 0n, y: 0n },
      { x: P + x, y },
      { x: -x, y },
    ]) {
      expect(() => sharedPoint(seller, bad)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
  });
});

describe('a masked key', () => {
  const delivery = maskKey(KEY, ID, { own: seller, buyer: buyer.point });

  it('is for the buyer of this purchase alone', () => {
    expect(unmaskKey(delivery, ID, buyer)).toBe(KEY);
    expect(unmaskKey(delivery, ID, oneTimeKey(7n))).not.toBe(KEY);
    expect(unmaskKey(delivery, `0x${'1e'.repeat(32)}`, buyer)).not.toBe(KEY);
    expect(delivery.masked).not.toBe(KEY);
  });

  it('does not tell two keys apart when both sides use theirs twice', () => {
    const other = maskKey(`0x${'c1'.repeat(32)}`, `0x${'1e'.repeat(32)}`, { own: seller, buyer: buyer.point });
    expect(BigInt(delivery.masked) ^ BigInt(other.masked)).not.toBe(BigInt(KEY) ^ BigInt(`0x${'c1'.repeat(32)}`));
  });

  it('of 32 zero bytes has 32 bytes too', () => {
    const zero = `0x${'00'.repeat(32)}` as const;
    expect(unmaskKey(maskKey(zero, ID, { own: seller, buyer: buyer.point }), ID, buyer)).toBe(zero);
    expect(keyHash(zero)).toHaveLength(66);
  });
});
