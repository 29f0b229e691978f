import type { Field, Point } from '../types.ts';
import { keepMultiple, writeAffineEntries, writePoint } from './affineEntries.ts';
import { BASE8, SUBGROUP_ORDER } from './babyjub.ts';
import { inverse } from './modular.ts';
import { WINDOW_ENTRIES, WINDOWS } from './wasm/eddsaFunctions.ts';
import { eddsaAddresses, wasm } from './wasm/instance.ts';
import { ELEMENT_BYTES } from './wasm/limbs.ts';
import { allocate, constantElement, readInteger, writeInteger } from './wasm/memory.ts';
import { AFFINE_ENTRY_BYTES, ENTRY_BYTES, KAPPA, POINT_BYTES } from './wasm/pointFunctions.ts';

let isReady = false;

const { scalar, accumulator } = eddsaAddresses;
const zInverse = allocate(ELEMENT_BYTES);
const result = allocate(32);
const xScale = constantElement(inverse(KAPPA));

/** Fills the table of multiples of BASE8 once, before the first signature or verification (some milliseconds). */
export function prepareBaseTable(): void {
  if (isReady) return;
  const step = allocate(ENTRY_BYTES);
  const point = allocate(POINT_BYTES);
  writePoint(point, BASE8);
  for (let window = 0; window < WINDOWS; window++) {
    wasm.makeEntry(step, point);
    for (let j = 0; j < WINDOW_ENTRIES; j++) {
      keepMultiple(j, point);
      if (j < WINDOW_ENTRIES - 1) wasm.add(point, step, 0);
    }
    writeAffineEntries(WINDOW_ENTRIES, eddsaAddresses.baseTable + window * WINDOW_ENTRIES * AFFINE_ENTRY_BYTES);
    // The last multiple is half of the next window's first.
    wasm.double(point);
  }
  isReady = true;
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
