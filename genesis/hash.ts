import { hexToBytes, wordHex } from '../protocol/bytes.ts';
import { keccak256 } from '../protocol/crypto/keccak.ts';
import type { Hex } from '../protocol/lane/types.ts';

/** Keccak-256 of bytes given as hex. */
export function keccakHex(bytes: Hex): Hex {
  return wordHex(keccak256(hexToBytes(bytes)));
}
