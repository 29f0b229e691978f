import { keccak_256 } from '@noble/hashes/sha3.js';
import { bigintToBytes } from '../bytes.ts';

/** Ethereum's Keccak-256 as a big-endian integer, 0 … 2^256 − 1 (not a field element: reduce or cut as the protocol says). */
export function keccak256(data: Uint8Array): bigint {
  let result = 0n;
  const view = new DataView(keccak_256(data).buffer);
  for (let i = 0; i < 32; i += 8) result = (result << 64n) | view.getBigUint64(i);
  return result;
}

/** Keccak-256 of words of 32 bytes, as `keccak256(abi.encode(…))` of static values. @throws ProtocolError INVALID_ARGUMENT: no such word */
export function keccakWords(words: readonly bigint[]): bigint {
  const bytes = new Uint8Array(32 * words.length);
  words.forEach((value, i) => {
    bytes.set(bigintToBytes(value, 32), 32 * i);
  });
  return keccak256(bytes);
}
