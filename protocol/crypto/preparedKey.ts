import { isCanonical } from '../field.ts';
import type { Field, Point, Signature } from '../types.ts';
import { keepMultiple, writeAffineEntries, writePoint } from './affineEntries.ts';
import { isOnCurve, SUBGROUP_ORDER } from './babyjub.ts';
import { prepareBaseTable } from './baseTable.ts';
import { poseidonDescriptor } from './poseidon.ts';
import { CHUNK_BITS, CHUNK_ENTRIES, CHUNKS, KEY_TABLE_BYTES } from './wasm/eddsaFunctions.ts';
import { eddsaAddresses, wasm } from './wasm/instance.ts';
import { allocate, words, writeInteger } from './wasm/memory.ts';
import { ENTRY_BYTES, POINT_BYTES } from './wasm/pointFunctions.ts';

/** What one prepared key holds outside the module's memory. */
export const PREPARED_KEY_BYTES = KEY_TABLE_BYTES;

const { operands, scalar, preparedTable } = eddsaAddresses;
const point = allocate(POINT_BYTES);
const chunkStart = allocate(POINT_BYTES);
const step = allocate(ENTRY_BYTES);
const unused = allocate(32);

/** The key whose table lies in the module's memory. */
let loaded: PreparedKey | undefined;

function copyPoint(to: number, from: number): void {
  words.copyWithin(to >> 2, from >> 2, (from + POINT_BYTES) >> 2);
}

/** Odd multiples of 2^(CHUNK_BITS · chunk) · 8A; undefined for a key that no signature verifies under. */
function makeTable(pub: Point): Int32Array | undefined {
  if (!isOnCurve(pub)) return undefined;
  writePoint(chunkStart, pub);
  for (let i = 0; i < 3; i++) wasm.double(chunkStart);
  // 8A has odd order: its x is 0 only if it is the neutral element.
  if (wasm.leave(unused, chunkStart) === 1) return undefined;
  for (let chunk = 0; chunk < CHUNKS; chunk++) {
    copyPoint(point, chunkStart);
    wasm.double(point);
    wasm.makeEntry(step, point);
    copyPoint(point, chunkStart);
    for (let j = 0; j < CHUNK_ENTRIES; j++) {
      keepMultiple(chunk * CHUNK_ENTRIES + j, point);
      if (j < CHUNK_ENTRIES - 1) wasm.add(point, step, 0);
    }
    if (chunk < CHUNKS - 1) for (let i = 0; i < CHUNK_BITS; i++) wasm.double(chunkStart);
  }
  loaded = undefined;
  writeAffineEntries(CHUNKS * CHUNK_ENTRIES, preparedTable);
  return words.slice(preparedTable >> 2, (preparedTable + KEY_TABLE_BYTES) >> 2);
}

/** A public key with a table of its multiples, for checking many signatures of one signer. Made by `prepareKey`. */
export class PreparedKey {
  readonly pub: Point;
  readonly #table: Int32Array | undefined;

  constructor(pub: Point) {
    this.pub = [pub[0], pub[1]];
    this.#table = makeTable(this.pub);
  }

  /** Puts the table where `verifyPrepared` reads it. False for a key under which nothing verifies. */
  load(): boolean {
    if (this.#table === undefined) return false;
    if (loaded !== this) words.set(this.#table, preparedTable >> 2);
    loaded = this;
    return true;
  }
}

/** Prepares any key, also one that is not a point: under such a key nothing verifies. */
export function prepareKey(pub: Point): PreparedKey {
  return new PreparedKey(pub);
}

/**
 * Accepts exactly what `verify` accepts (eddsa.ts), at less than half the time: the doublings of 8A are in the table.
 * Never throws on bad input.
 */
export function verifyPrepared(key: PreparedKey, message: Field, signature: Signature): boolean {
  const { r8, s } = signature;
  if (s < 0n || s >= SUBGROUP_ORDER) return false;
  if (!isCanonical(r8[0]) || !isCanonical(r8[1]) || !isCanonical(message)) return false;
  prepareBaseTable();
  if (!key.load()) return false;
  writeInteger(operands, r8[0]);
  writeInteger(operands + 32, r8[1]);
  writeInteger(operands + 64, key.pub[0]);
  writeInteger(operands + 96, key.pub[1]);
  writeInteger(operands + 128, message);
  writeInteger(scalar, s);
  return wasm.verifyPrepared(poseidonDescriptor(5)) === 1;
}
