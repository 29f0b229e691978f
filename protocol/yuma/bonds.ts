import { divide, multiply, multiplyUp, ONE, ratio, toU16 } from './fixedPoint.ts';
import { columnSums, emptyMatrix, entryCount, type Matrix, normalizeColumns } from './matrix.ts';
import type { PackedRows } from './packedRows.ts';
import type { CheckedInput } from './yumaInput.ts';

/** A weight without what the penalty takes of the part above consensus: `weight + penalty · (clipped − weight)`, rounded down. */
function penalized(weight: number, clipped: number, penalty: number): number {
  if (penalty === ONE) return clipped;
  return weight - multiplyUp(penalty, weight - clipped);
}

/** What this epoch's weights are worth in bonds: weight · stake, each column summing up to 1. */
export function bondsDelta(
  weights: Matrix,
  consensus: Float64Array,
  activeStake: Float64Array,
  bondsPenalty: number,
): Matrix {
  const { n, offsets, columns } = weights;
  const penalty = ratio(bondsPenalty, 0xffff);
  const values = new Float64Array(entryCount(weights));
  for (let i = 0; i < n; i += 1) {
    const stake = activeStake[i] as number;
    const to = offsets[i + 1] as number;
    for (let k = offsets[i] as number; k < to; k += 1) {
      const weight = weights.values[k] as number;
      const clipped = Math.min(weight, consensus[columns[k] as number] as number);
      values[k] = multiply(penalized(weight, clipped, penalty), stake);
    }
  }
  const delta = { n, offsets, columns, values };
  normalizeColumns(delta);
  return delta;
}

/** The bonds of the epoch before, without those with who is new, each column summing up to 1. */
export function oldBonds({ n, bonds, lastEpoch, registeredAt }: CheckedInput): Matrix {
  const { offsets, columns } = bonds;
  const values = Float64Array.from(bonds.values);
  if (lastEpoch !== undefined) {
    for (let k = 0; k < columns.length; k += 1) {
      if (lastEpoch <= (registeredAt?.[columns[k] as number] ?? 0)) values[k] = 0;
    }
  }
  const matrix = { n, offsets, columns, values };
  const sums = columnSums(matrix);
  for (let k = 0; k < columns.length; k += 1) {
    if (values[k] !== 0) values[k] = ratio(values[k] as number, sums[columns[k] as number] as number);
  }
  return matrix;
}

/** `alpha · delta + (1 − alpha) · old`, each part rounded down, each column summing up to 1 again. */
export function movedBonds(delta: Matrix, old: Matrix, bondsMovingAverage: number): Matrix {
  const { n } = delta;
  const keep = ratio(bondsMovingAverage, 1_000_000);
  const alpha = ONE - keep;
  const moved = emptyMatrix(n, entryCount(delta) + entryCount(old));
  let at = 0;
  for (let i = 0; i < n; i += 1) {
    let a = delta.offsets[i] as number;
    let b = old.offsets[i] as number;
    const aEnd = delta.offsets[i + 1] as number;
    const bEnd = old.offsets[i + 1] as number;
    while (a < aEnd || b < bEnd) {
      // n is beyond every column: a row that has ended.
      const aColumn = a < aEnd ? (delta.columns[a] as number) : n;
      const bColumn = b < bEnd ? (old.columns[b] as number) : n;
      let value = 0;
      if (aColumn <= bColumn) {
        value += multiply(delta.values[a] as number, alpha);
        a += 1;
      }
      if (bColumn <= aColumn) {
        value += multiply(old.values[b] as number, keep);
        b += 1;
      }
      if (value === 0) continue;
      moved.columns[at] = Math.min(aColumn, bColumn);
      moved.values[at] = value;
      at += 1;
    }
    moved.offsets[i + 1] = at;
  }
  normalizeColumns(moved);
  return moved;
}

/** How bonds are stored: u16, the largest of a column 65535. Rows without a permit from now on lose theirs; others' stay as they were. */
export function storedBonds(bonds: Matrix, { bonds: before, permits, newPermits }: CheckedInput): PackedRows {
  const { n } = bonds;
  const maxima = new Float64Array(n);
  const count = entryCount(bonds);
  for (let k = 0; k < count; k += 1) {
    const j = bonds.columns[k] as number;
    maxima[j] = Math.max(maxima[j] as number, bonds.values[k] as number);
  }
  const stored = {
    offsets: new Uint32Array(n + 1),
    columns: new Uint16Array(count + before.columns.length),
    values: new Uint16Array(count + before.columns.length),
  };
  let at = 0;
  for (let i = 0; i < n; i += 1) {
    const hasPermit = newPermits === undefined || newPermits[i] === true;
    const from = hasPermit ? bonds : before;
    const isKept = hasPermit || permits[i] !== true;
    const to = isKept ? (from.offsets[i + 1] as number) : 0;
    for (let k = from.offsets[i] as number; k < to; k += 1) {
      const j = from.columns[k] as number;
      const value = from.values[k] as number;
      const word = hasPermit && value !== 0 ? toU16(divide(value, maxima[j] as number)) : value;
      if (word === 0) continue;
      stored.columns[at] = j;
      stored.values[at] = word;
      at += 1;
    }
    stored.offsets[i + 1] = at;
  }
  return { offsets: stored.offsets, columns: stored.columns.slice(0, at), values: stored.values.slice(0, at) };
}
