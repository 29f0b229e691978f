import { keccak_256 } from '@noble/hashes/sha3.js';

/** Ethereum's Keccak-256 as a big-endian integer, 0 … 2^256 − 1 (not a field element: reduce or cut as the protocol says). */
export function keccak256(data: Uint8Array): bigint {
  let result = 0n;
  const view = new DataView(keccak_256(data).buffer);
  for (let i = 0; i < 32; i += 8) result = (result << 64n) | view.getBigUint64(i);
  return result;
}
