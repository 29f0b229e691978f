import type { Field, Point } from '../types.ts';
import { BASE8, SUBGROUP_ORDER } from './babyjub.ts';
import { inverse } from './modular.ts';
import { WINDOW_ENTRIES, WINDOWS } from './wasm/eddsaFunctions.ts';
import { eddsaAddresses, wasm } from './wasm/instance.ts';
import { ELEMENT_BYTES, writeElement } from './wasm/limbs.ts';
import { allocate, constantElement, readInteger, words, writeInteger } from './wasm/memory.ts';
import { AFFINE_ENTRY_BYTES, ENTRY_BYTES, KAPPA, POINT_BYTES, TWICE_D } from './wasm/pointFunctions.ts';

let isReady = false;

const { scalar, accumulator } = eddsaAddresses;
const zInverse = allocate(ELEMENT_BYTES);
const result = allocate(32);
const xScale = constantElement(inverse(KAPPA));

function copyElement(to: number, from: number): void {
  words.copyWithin(to >> 2, from >> 2, (from + ELEMENT_BYTES) >> 2);
}

/** Fills the table of multiples of BASE8 once, before the first signature or verification (some milliseconds). */
export function prepareBaseTable(): void {
  if (isReady) return;
  const one = constantElement(1n);
  const twiceD = constantElement(TWICE_D);
  const step = allocate(ENTRY_BYTES);
  const multiples = allocate(WINDOW_ENTRIES * POINT_BYTES);
  const products = allocate((WINDOW_ENTRIES + 1) * ELEMENT_BYTES);
  const [running, x, y] = [0, 1, 2].map(() => allocate(ELEMENT_BYTES)) as [number, number, number];

  const point = allocate(POINT_BYTES);
  [KAPPA * BASE8[0], BASE8[1], 1n, KAPPA * BASE8[0] * BASE8[1]].forEach((value, i) => {
    writeElement(words, (point + i * ELEMENT_BYTES) >> 2, value);
  });
  for (let window = 0; window < WINDOWS; window++) {
    wasm.makeEntry(step, point);
    copyElement(products, one);
    for (let j = 0; j < WINDOW_ENTRIES; j++) {
      const multiple = multiples + j * POINT_BYTES;
      words.copyWithin(multiple >> 2, point >> 2, (point + POINT_BYTES) >> 2);
      const z = multiple + 2 * ELEMENT_BYTES;
      wasm.multiply(products + (j + 1) * ELEMENT_BYTES, products + j * ELEMENT_BYTES, z);
      if (j < WINDOW_ENTRIES - 1) wasm.add(point, step, 0);
    }
    // All Z are inverted at once: running = 1 / (Z_0 ⋯ Z_j), going down.
    wasm.invert(running, products + WINDOW_ENTRIES * ELEMENT_BYTES);
    for (let j = WINDOW_ENTRIES - 1; j >= 0; j--) {
      const multiple = multiples + j * POINT_BYTES;
      wasm.multiply(zInverse, running, products + j * ELEMENT_BYTES);
      wasm.multiply(running, running, multiple + 2 * ELEMENT_BYTES);
      wasm.multiply(x, multiple, zInverse);
      wasm.multiply(y, multiple + ELEMENT_BYTES, zInverse);
      writeAffineEntry(eddsaAddresses.baseTable + (window * WINDOW_ENTRIES + j) * AFFINE_ENTRY_BYTES);
    }
    // The last multiple is half of the next window's first.
    wasm.double(point);
  }
  isReady = true;

  function writeAffineEntry(entry: number): void {
    for (let i = 0; i < ELEMENT_BYTES / 4; i++) {
      const [xLimb, yLimb] = [words[(x >> 2) + i] as number, words[(y >> 2) + i] as number];
      words[(entry >> 2) + i] = yLimb - xLimb;
      words[((entry + ELEMENT_BYTES) >> 2) + i] = yLimb + xLimb;
    }
    const t = entry + 2 * ELEMENT_BYTES;
    wasm.multiply(t, x, y);
    wasm.multiply(t, t, twiceD);
  }
}

/** (k mod l) · BASE8 for k ≥ 0. The time depends on k. */
export function multiplyBase(k: bigint): Point {
  prepareBaseTable();
  writeInteger(scalar, k % SUBGROUP_ORDER);
  wasm.multiplyBase();
  wasm.invert(zInverse, accumulator + 2 * ELEMENT_BYTES);
  const coordinate = (address: number): Field => {
    wasm.multiply(address, address, zInverse);
    wasm.leave(result, address);
    return readInteger(result) as Field;
  };
  const y = coordinate(accumulator + ELEMENT_BYTES);
  wasm.multiply(accumulator, accumulator, xScale);
  return [coordinate(accumulator), y];
}
