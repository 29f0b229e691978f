import { ProtocolError } from '../errors.ts';
import type { Point } from '../types.ts';
import { wasm } from './wasm/instance.ts';
import { ELEMENT_BYTES, writeElement } from './wasm/limbs.ts';
import { allocate, constantElement, words } from './wasm/memory.ts';
import { AFFINE_ENTRY_BYTES, KAPPA, POINT_BYTES, TWICE_D } from './wasm/pointFunctions.ts';

/** Tables of multiples for additions that need Z = 1: points are collected, then normalised together with one inversion. */

/** Most points collected at once. */
export const MAX_MULTIPLES = 64;

const multiples = allocate(MAX_MULTIPLES * POINT_BYTES);
const products = allocate((MAX_MULTIPLES + 1) * ELEMENT_BYTES);
const one = constantElement(1n);
const twiceD = constantElement(TWICE_D);
const [running, zInverse, x, y] = [0, 1, 2, 3].map(() => allocate(ELEMENT_BYTES)) as [number, number, number, number];

function copy(to: number, from: number, bytes: number): void {
  words.copyWithin(to >> 2, from >> 2, (from + bytes) >> 2);
}

/** Writes a point of the curve at `address` (POINT_BYTES), in the module's form. */
export function writePoint(address: number, [px, py]: Point): void {
  [KAPPA * px, py, 1n, KAPPA * px * py].forEach((value, i) => {
    writeElement(words, (address + i * ELEMENT_BYTES) >> 2, value);
  });
}

/** Keeps a copy of the point at `address` as number `i` of those to be normalised. */
export function keepMultiple(i: number, address: number): void {
  if (i >= MAX_MULTIPLES) throw new ProtocolError('INVALID_ARGUMENT', { multiples: i });
  copy(multiples + i * POINT_BYTES, address, POINT_BYTES);
}

/** Writes the entries of the first `count` points kept, one after the other, to `target`. */
export function writeAffineEntries(count: number, target: number): void {
  copy(products, one, ELEMENT_BYTES);
  for (let j = 0; j < count; j++) {
    const z = multiples + j * POINT_BYTES + 2 * ELEMENT_BYTES;
    wasm.multiply(products + (j + 1) * ELEMENT_BYTES, products + j * ELEMENT_BYTES, z);
  }
  // All Z are inverted at once: running = 1 / (Z_0 ⋯ Z_j), going down.
  wasm.invert(running, products + count * ELEMENT_BYTES);
  for (let j = count - 1; j >= 0; j--) {
    const multiple = multiples + j * POINT_BYTES;
    wasm.multiply(zInverse, running, products + j * ELEMENT_BYTES);
    wasm.multiply(running, running, multiple + 2 * ELEMENT_BYTES);
    wasm.multiply(x, multiple, zInverse);
    wasm.multiply(y, multiple + ELEMENT_BYTES, zInverse);
    writeEntry(target + j * AFFINE_ENTRY_BYTES);
  }
}

function writeEntry(entry: number): void {
  for (let i = 0; i < ELEMENT_BYTES / 4; i++) {
    const [xLimb, yLimb] = [words[(x >> 2) + i] as number, words[(y >> 2) + i] as number];
    words[(entry >> 2) + i] = yLimb - xLimb;
    words[((entry + ELEMENT_BYTES) >> 2) + i] = yLimb + xLimb;
  }
  const t = entry + 2 * ELEMENT_BYTES;
  wasm.multiply(t, x, y);
  wasm.multiply(t, t, twiceD);
}
