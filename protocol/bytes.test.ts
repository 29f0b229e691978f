import { describe, expect, test } from 'vitest';
import { ByteReader, ByteWriter, bigintToBytes, bytesToBigint, bytesToHex, hexToBytes } from './bytes.ts';
import { expectCode } from './testing/expectCode.ts';

describe('big-endian integers', () => {
  test.each([1, 4, 5, 8, 13, 20, 30, 32])('of %d bytes: 0, a pattern and the maximum', (length) => {
    const top = (1n << BigInt(8 * length)) - 1n;
    for (const value of [0n, 0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20n & top, top]) {
      const bytes = bigintToBytes(value, length);
      expect(bytesToHex(bytes)).toBe(value.toString(16).padStart(2 * length, '0'));
      expect(bytesToBigint(bytes)).toBe(value);
    }
    expectCode('INVALID_ARGUMENT', () => bigintToBytes(top + 1n, length));
    expectCode('INVALID_ARGUMENT', () => bigintToBytes(-1n, length));
  });

  test('written one after the other are read back, over several growths', () => {
    const writer = new ByteWriter();
    for (let i = 0; i < 50; i += 1)
      writer
        .write(i, 1)
        .write(1n << 239n, 30)
        .write(2 ** 40 - 1, 5);
    const reader = new ByteReader(writer.bytes());
    for (let i = 0; i < 50; i += 1) {
      expect([reader.int(1), reader.big(30), reader.int(5)]).toEqual([i, 1n << 239n, 2 ** 40 - 1]);
    }
    reader.end();
    expectCode('MALFORMED_BYTES', () => reader.int(1));
    expectCode('INVALID_ARGUMENT', () => writer.write(256, 1));
    expectCode('INVALID_ARGUMENT', () => writer.write(-1, 1));
  });

  test('a reader works on a view into a larger buffer', () => {
    const view = Uint8Array.from({ length: 40 }, (_, i) => i).subarray(3, 20);
    expect(new ByteReader(view).big(9)).toBe(0x030405060708090a0bn);
    expectCode('MALFORMED_BYTES', () => new ByteReader(view).end());
  });
});

test('hex with and without prefix; odd or foreign digits → MALFORMED_BYTES', () => {
  expect(bytesToHex(hexToBytes('0x00Ff10'))).toBe('00ff10');
  expect(hexToBytes('').length).toBe(0);
  for (const bad of ['0', '0xg0', '0x 1', '1x00']) expectCode('MALFORMED_BYTES', () => hexToBytes(bad));
});
