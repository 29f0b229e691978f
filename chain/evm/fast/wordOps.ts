import { wordOf } from './words.ts';

/** The result of an opcode that takes two words; `a` is the upper one. */
export function binary(op: number, a: bigint, b: bigint): bigint {
  switch (op) {
    case 0x01:
      return BigInt.asUintN(256, a + b);
    case 0x02:
      return BigInt.asUintN(256, a * b);
    case 0x03:
      return BigInt.asUintN(256, a - b);
    case 0x04:
      return b === 0n ? 0n : a / b;
    case 0x06:
      return b === 0n ? 0n : a % b;
    case 0x10:
      return a < b ? 1n : 0n;
    case 0x11:
      return a > b ? 1n : 0n;
    case 0x12:
      return BigInt.asIntN(256, a) < BigInt.asIntN(256, b) ? 1n : 0n;
    case 0x13:
      return BigInt.asIntN(256, a) > BigInt.asIntN(256, b) ? 1n : 0n;
    case 0x14:
      return a === b ? 1n : 0n;
    case 0x16:
      return a & b;
    case 0x17:
      return a | b;
    case 0x18:
      return a ^ b;
    case 0x1b:
      return a > 255n ? 0n : BigInt.asUintN(256, b << a);
    default:
      return a > 255n ? 0n : b >> a;
  }
}

/** The word at a position of the call's data; what lies behind it is 0. */
export function calldataWord(data: Uint8Array, position: bigint): bigint {
  if (position >= data.length) return 0n;
  const at = Number(position);
  const bytes = data.subarray(at, at + 32);
  const value = wordOf(bytes);
  return bytes.length === 32 ? value : value << BigInt(8 * (32 - bytes.length));
}
