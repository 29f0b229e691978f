import type { Curve } from './curve.ts';
import { COORDINATE_BYTES, type Group, POINT_BYTES } from './curveModule.ts';

/** Scalars are below the group order, hence below 2^254; one bit more for the carry of the signed digits. */
const SCALAR_BITS = 255;

/** Scalars multiplied at once: enough to make the one inversion a window cheap, small enough for the cache. */
export const MULTIPLY_CHUNK = 4096;

/** Window width (bits) with the least additions for `count` multiplications, table included, within `maxBytes` of table. */
export function bestWindow(group: Group, count: number, maxBytes = 48 << 20): number {
  let best = 4;
  let bestCost = Number.POSITIVE_INFINITY;
  for (let width = 4; width <= 16; width++) {
    const windows = Math.ceil(SCALAR_BITS / width);
    const entries = windows * 2 ** (width - 1);
    const cost = windows * count + entries;
    if (entries * POINT_BYTES[group] <= maxBytes && cost < bestCost) {
      best = width;
      bestCost = cost;
    }
  }
  return best;
}

/** Multiples of the group's generator G from a table of d · 2^(w·j) · G, 1 ≤ d ≤ 2^(w−1), all in affine form. */
export class FixedBase {
  readonly #curve: Curve;
  readonly #group: Group;
  readonly #width: number;
  readonly #windows: number;
  readonly #table: number;
  readonly #digits: number;
  readonly #scratch: number;
  readonly #sums: number;

  constructor(curve: Curve, options: { group: Group; width: number }) {
    this.#curve = curve;
    this.#group = options.group;
    this.#width = options.width;
    this.#windows = Math.ceil(SCALAR_BITS / options.width);
    const half = 2 ** (options.width - 1);
    const point = POINT_BYTES[options.group];
    const batch = Math.max(MULTIPLY_CHUNK, half);
    this.#table = curve.alloc(this.#windows * half * point);
    this.#digits = curve.alloc(Math.max(this.#windows * MULTIPLY_CHUNK, half) * 4);
    this.#scratch = curve.alloc(batch * COORDINATE_BYTES[options.group]);
    this.#sums = curve.alloc(MULTIPLY_CHUNK * point);
    curve.reserve((batch + 1) * COORDINATE_BYTES[options.group]);
    this.#build(half, point);
  }

  /** Doubles the known part of each window's row: (d + m)·B = d·B + m·B. */
  #build(half: number, point: number): void {
    const curve = this.#curve;
    const jacobian = curve.alloc((point / 2) * 3);
    const bytes = curve.bytes;
    const digits = new Int32Array(bytes.buffer, this.#digits, half);
    const generator = curve.code.generators[this.#group];
    let row = this.#table;
    bytes.copyWithin(row, generator, generator + point);
    for (let j = 0; j < this.#windows; j++) {
      for (let m = 1; m < half; m *= 2) {
        bytes.copyWithin(row + m * point, row, row + m * point);
        digits.fill(m, 0, m);
        this.#add(row + m * point, m, row, this.#digits);
      }
      if (j + 1 < this.#windows) {
        const last = row + (half - 1) * point;
        curve.exports[`${this.#group}_doubleAffine`](last, jacobian);
        row += half * point;
        curve.exports[`${this.#group}_toAffine`](jacobian, row);
      }
    }
  }

  #add(acc: number, n: number, table: number, digits: number): void {
    this.#curve.exports[`${this.#group}_addFromTable`](acc, n, table, digits, this.#scratch);
  }

  /**
   * Points of plain little-endian 32-byte scalars (all below the group order), in order; zero gives the point at
   * infinity, 0 … 0.
   */
  multiply(scalars: Uint8Array): Uint8Array {
    const n = scalars.length / 32;
    const point = POINT_BYTES[this.#group];
    const out = new Uint8Array(n * point);
    const indices = nonZero(scalars, n);
    for (let from = 0; from < indices.length; from += MULTIPLY_CHUNK) {
      const chunk = indices.subarray(from, from + MULTIPLY_CHUNK);
      this.#multiplyChunk(scalars, chunk);
      const sums = this.#curve.bytes.subarray(this.#sums, this.#sums + chunk.length * point);
      for (let i = 0; i < chunk.length; i++)
        out.set(sums.subarray(i * point, (i + 1) * point), (chunk[i] ?? 0) * point);
    }
    return out;
  }

  #multiplyChunk(scalars: Uint8Array, indices: Uint32Array): void {
    const n = indices.length;
    const point = POINT_BYTES[this.#group];
    const half = 2 ** (this.#width - 1);
    const bytes = this.#curve.bytes;
    const digits = new Int32Array(bytes.buffer, this.#digits, this.#windows * n);
    const words = new DataView(scalars.buffer, scalars.byteOffset, scalars.byteLength);
    for (let i = 0; i < n; i++) recode(words, (indices[i] ?? 0) * 32, this.#width, this.#windows, digits, i, n);
    bytes.fill(0, this.#sums, this.#sums + n * point);
    for (let j = 0; j < this.#windows; j++) {
      this.#add(this.#sums, n, this.#table + j * half * point, this.#digits + j * n * 4);
    }
  }
}

/** Signed digits −2^(w−1) < d ≤ 2^(w−1) of one scalar, digit j written to `digits[j·stride + at]`. */
function recode(
  words: DataView,
  offset: number,
  width: number,
  windows: number,
  digits: Int32Array,
  at: number,
  stride: number,
): void {
  const full = 2 ** width;
  let carry = 0;
  for (let j = 0; j < windows; j++) {
    const bit = j * width;
    const word = bit >>> 5;
    const shift = bit & 31;
    let value = word < 8 ? words.getUint32(offset + word * 4, true) >>> shift : 0;
    if (shift + width > 32 && word < 7) value |= words.getUint32(offset + (word + 1) * 4, true) << (32 - shift);
    let digit = (value & (full - 1)) + carry;
    carry = digit > full / 2 ? 1 : 0;
    if (carry === 1) digit -= full;
    digits[j * stride + at] = digit;
  }
}

function nonZero(scalars: Uint8Array, n: number): Uint32Array {
  const words = new DataView(scalars.buffer, scalars.byteOffset, scalars.byteLength);
  const found = new Uint32Array(n);
  let count = 0;
  for (let i = 0; i < n; i++) {
    let any = 0n;
    for (let k = 0; k < 32 && any === 0n; k += 8) any |= words.getBigUint64(i * 32 + k, true);
    if (any !== 0n) found[count++] = i;
  }
  return found.subarray(0, count);
}
