import { normalize, sum } from './fixedPoint.ts';
import { entryCount, type Matrix } from './matrix.ts';

/** Rows per key: more than there can be (`MAX_PARTICIPANTS`). A key is below 2^48, so it sorts as a double. */
const ROWS = 32_768;

interface Votes {
  /** Those with stake, by their rows; 0 for the others. */
  readonly stake: Float64Array;
  readonly count: number;
  readonly total: number;
}

function votes(activeStake: Float64Array): Votes {
  // Normalised once more: the sum that is compared with is that of the shares as they were rounded.
  const stake = activeStake.slice();
  normalize(stake);
  return { stake, count: activeStake.reduce((count, value) => count + (value > 0 ? 1 : 0), 0), total: sum(stake) };
}

/** `keys` are sorted, score · ROWS + row; voters without a key stand at 0. */
function medianOfKeys(keys: Float64Array, { stake, count, total }: Votes, minority: number): number {
  if (count === 0) return 0;
  let below = total;
  for (const key of keys) below -= stake[key % ROWS] as number;
  if (keys.length < count && below > minority) return 0;
  for (const key of keys) {
    below += stake[key % ROWS] as number;
    if (below > minority) return Math.floor(key / ROWS);
  }
  // No majority is asked for (kappa = 0): the highest counts.
  return Math.floor((keys.at(-1) ?? 0) / ROWS);
}

/** The smallest score that more stake than `minority` stands at or below; the highest if there is none, 0 if nobody scores. */
export function weightedMedian(stake: Float64Array, score: Float64Array, minority: number): number {
  const keys = score.map((value, i) => value * ROWS + i).sort();
  return medianOfKeys(keys, { stake, count: score.length, total: sum(stake) }, minority);
}

/** For each column the largest weight that at least the majority of the stake gives: what is above, a minority alone says. */
export function consensusOf(weights: Matrix, activeStake: Float64Array, majority: number): Float64Array {
  const { n, offsets, columns, values } = weights;
  const voting = votes(activeStake);
  const minority = voting.total - majority;

  const ends = new Uint32Array(n);
  const forEachVote = (visit: (j: number, k: number, i: number) => void): void => {
    for (let i = 0; i < n; i += 1) {
      if (activeStake[i] === 0) continue;
      const to = offsets[i + 1] as number;
      for (let k = offsets[i] as number; k < to; k += 1) visit(columns[k] as number, k, i);
    }
  };
  forEachVote((j) => {
    ends[j] = (ends[j] as number) + 1;
  });
  let begin = 0;
  for (let j = 0; j < n; j += 1) {
    const size = ends[j] as number;
    ends[j] = begin;
    begin += size;
  }
  const keys = new Float64Array(entryCount(weights));
  forEachVote((j, k, i) => {
    const at = ends[j] as number;
    keys[at] = (values[k] as number) * ROWS + i;
    ends[j] = at + 1;
  });

  const consensus = new Float64Array(n);
  let from = 0;
  for (let j = 0; j < n; j += 1) {
    const to = ends[j] as number;
    consensus[j] = medianOfKeys(keys.subarray(from, to).sort(), voting, minority);
    from = to;
  }
  return consensus;
}
