import { keccak_256 } from '@noble/hashes/sha3.js';
import { concatBytes, hexToBytes, numberToBytes } from 'viem';
import { describe, expect, it } from 'vitest';
import { prefixedHex } from '../../protocol/bytes.ts';
import { hash, Keystream } from './keystream.ts';

const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * i * 7 + i * 3 + length) % 256);

describe('Keccak-256', () => {
  it('is Ethereum’s', () => {
    expect(prefixedHex(hash())).toBe('0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470');
  });

  it('is that of another implementation, at every length around its blocks', () => {
    for (const length of [1, 8, 31, 32, 40, 65, 134, 135, 136, 137, 271, 272, 273, 1_033, 64_999]) {
      const bytes = noise(length);
      expect(hash(bytes), String(length)).toEqual(keccak_256(bytes));
      expect(hash(bytes.subarray(0, 5), bytes.subarray(5)), String(length)).toEqual(keccak_256(bytes));
    }
  });

  it('takes no message that its memory does not hold', () => {
    expect(() => hash(noise(65_500))).toThrow(RangeError);
  });
});

describe('the keystream', () => {
  const key = hexToBytes(`0x${'5a'.repeat(32)}`);

  it.each([1, 31, 32, 33, 1_023, 1_024])('of %i bytes is a hash of key, chunk and block', (length) => {
    for (const index of [0, 1, 255, 256, 0x8000_0001, 0xffff_ffff]) {
      const chunk = noise(length);
      const expected = noise(length).map((byte, at) => {
        const input = [key, numberToBytes(index, { size: 4 }), numberToBytes(Math.floor(at / 32), { size: 4 })];
        return byte ^ (keccak_256(concatBytes(input))[at % 32] ?? 0);
      });
      const keystream = new Keystream(key);
      keystream.apply(chunk, index);
      expect(chunk).toEqual(expected);
      keystream.apply(chunk, index);
      expect(chunk).toEqual(noise(length));
    }
  });

  it('wants a key of 32 bytes and chunks of at most 8 KiB', () => {
    expect(() => new Keystream(new Uint8Array(31))).toThrow(RangeError);
    expect(() => new Keystream(key).apply(new Uint8Array(8_193), 0)).toThrow(RangeError);
    new Keystream(key).apply(new Uint8Array(), 0);
  });
});
