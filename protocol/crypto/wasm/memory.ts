import { ProtocolError } from '../../errors.ts';
import { ELEMENT_BYTES, writeElement } from './limbs.ts';

const PAGES = 32;
const PAGE_BYTES = 65536;

/** The one memory of the cryptography, of fixed size so that views on it never detach: 2 MiB hold every table there can be. */
export const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
export const MEMORY_PAGES = PAGES;

/** The memory as 32-bit words (limbs) and 64-bit words (integers). */
export const words = new Int32Array(memory.buffer);
const doubleWords = new BigUint64Array(memory.buffer);

let top = 16;

/** Reserves zeroed memory for good, aligned to 16 bytes. */
export function allocate(length: number): number {
  const address = top;
  top = (top + length + 15) & ~15;
  if (top > PAGES * PAGE_BYTES) throw new ProtocolError('INVALID_ARGUMENT', { wasmMemoryBytes: top });
  return address;
}

/** Reserves a field element with the value x. */
export function constantElement(x: bigint): number {
  const address = allocate(ELEMENT_BYTES);
  writeElement(words, address >> 2, x);
  return address;
}

/** Writes 0 ≤ x < 2^256 as 32 bytes, little-endian; the array keeps the low 64 bits of what it is given. */
export function writeInteger(address: number, x: bigint): void {
  const at = address >> 3;
  doubleWords[at] = x;
  doubleWords[at + 1] = x >> 64n;
  doubleWords[at + 2] = x >> 128n;
  doubleWords[at + 3] = x >> 192n;
}

export function readInteger(address: number): bigint {
  const at = address >> 3;
  const word = (i: number) => doubleWords[at + i] as bigint;
  return word(0) | (word(1) << 64n) | (word(2) << 128n) | (word(3) << 192n);
}
