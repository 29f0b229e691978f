import { keccak_256 } from '@noble/hashes/sha3.js';

const BLOCK = 32;

/** Bytes of `keccak256`. */
export function hash(bytes: Uint8Array): Uint8Array {
  return keccak_256(bytes);
}

/**
 * Encrypts and decrypts chunks in place: block j of chunk i is combined with `keccak256(key ‖ uint32 i ‖ uint32 j)`. One key encrypts one
 * file: a second one under it would give away the difference of the two.
 */
export class Keystream {
  readonly #input = new Uint8Array(40);
  readonly #view = new DataView(this.#input.buffer);

  /** @param key 32 bytes */
  constructor(key: Uint8Array) {
    this.#input.set(key);
  }

  apply(chunk: Uint8Array, index: number): void {
    this.#view.setUint32(32, index);
    for (let at = 0, block = 0; at < chunk.length; at += BLOCK, block += 1) {
      this.#view.setUint32(36, block);
      const mask = hash(this.#input);
      const end = Math.min(BLOCK, chunk.length - at);
      for (let i = 0; i < end; i += 1) chunk[at + i] = (chunk[at + i] ?? 0) ^ (mask[i] ?? 0);
    }
  }
}
