import { normalize, sum } from './fixedPoint.ts';
import type { Matrix } from './matrix.ts';
import { selectMedian, VOTERS } from './weightedMedian.ts';

/** Columns that are looked at together: with 256 voters their keys fill half of a core's cache. */
const BLOCK = 128;

/** Rows of those with stake, in order, and their stake as a share of theirs alone. */
function votersOf(activeStake: Float64Array): { rows: Uint16Array; stake: Float64Array } {
  const rows = Uint16Array.from(activeStake.keys()).filter((i) => (activeStake[i] as number) > 0);
  const stake = Float64Array.from(rows, (i) => activeStake[i] as number);
  // Once more: the sum that a majority is compared with is that of the shares as they were rounded.
  normalize(stake);
  return { rows, stake };
}

/** For each column the largest weight that at least the majority of the stake gives: what is above, a minority alone says. */
export function consensusOf(weights: Matrix, activeStake: Float64Array, majority: number): Float64Array {
  const { n, offsets, columns, values } = weights;
  const { rows, stake } = votersOf(activeStake);
  const count = rows.length;
  const total = sum(stake);
  const minority = total - majority;
  const cursors = Uint32Array.from(rows, (i) => offsets[i] as number);
  const keys = new Float64Array(BLOCK * count);
  const sizes = new Uint32Array(BLOCK);
  const given = new Float64Array(BLOCK);
  const consensus = new Float64Array(n);
  if (count === 0) return consensus;
  for (let begin = 0; begin < n; begin += BLOCK) {
    sizes.fill(0);
    given.fill(0);
    const end = begin + BLOCK;
    for (let voter = 0; voter < count; voter += 1) {
      const last = offsets[(rows[voter] as number) + 1] as number;
      let k = cursors[voter] as number;
      for (; k < last && (columns[k] as number) < end; k += 1) {
        const c = (columns[k] as number) - begin;
        const size = sizes[c] as number;
        keys[c * count + size] = (values[k] as number) * VOTERS + voter;
        sizes[c] = size + 1;
        given[c] = (given[c] as number) + (stake[voter] as number);
      }
      cursors[voter] = k;
    }
    for (let j = begin; j < Math.min(end, n); j += 1) {
      const c = j - begin;
      const size = sizes[c] as number;
      // Who gives nothing stands at 0.
      const atZero = total - (given[c] as number);
      if (size === 0 || (size < count && atZero > minority)) continue;
      consensus[j] = selectMedian(keys, { from: c * count, to: c * count + size }, stake, atZero, minority);
    }
  }
  return consensus;
}
