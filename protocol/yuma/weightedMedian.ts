/** A key is score · VOTERS + voter: keys differ, sort by score, and stay below 2^48, so that doubles hold them. */
export const VOTERS = 32_768;

/** Below this many keys sorting is cheaper than another partition. */
const FEW = 24;

/** The middle one of the first, middle and last key. Keys differ, so one is below it. */
function pivotOf(keys: Float64Array, from: number, to: number): number {
  const a = keys[from] as number;
  const b = keys[(from + to) >>> 1] as number;
  const c = keys[to - 1] as number;
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

function voterOf(key: number): number {
  return key - Math.floor(key / VOTERS) * VOTERS;
}

/**
 * The score of the first key, in order, at which `below` and the stake of the keys so far are together more than `minority`; the highest
 * score if they never are, 0 without keys. `keys[from]` … `keys[to − 1]` get into another order. Selects, and sorts what is left when the
 * number of partitions shows that the keys were made to slow it down.
 */
export function selectMedian(
  keys: Float64Array,
  range: { readonly from: number; readonly to: number },
  stake: Float64Array,
  below: number,
  minority: number,
): number {
  let { from, to } = range;
  let passed = below;
  for (let partitions = 0; to - from > FEW && partitions < 40; partitions += 1) {
    const pivot = pivotOf(keys, from, to);
    let split = from;
    let lower = 0;
    for (let k = from; k < to; k += 1) {
      const key = keys[k] as number;
      if (key >= pivot) continue;
      lower += stake[voterOf(key)] as number;
      keys[k] = keys[split] as number;
      keys[split] = key;
      split += 1;
    }
    if (passed + lower > minority) to = split;
    else {
      passed += lower;
      from = split;
    }
  }
  const rest = keys.subarray(from, to).sort();
  for (const key of rest) {
    passed += stake[voterOf(key)] as number;
    if (passed > minority) return Math.floor(key / VOTERS);
  }
  return Math.floor((rest.at(-1) ?? 0) / VOTERS);
}

/** The smallest score that more stake than `minority` stands at or below; the highest if there is none, 0 if nobody scores. */
export function weightedMedian(stake: Float64Array, score: Float64Array, minority: number): number {
  const keys = score.map((value, i) => value * VOTERS + i);
  return selectMedian(keys, { from: 0, to: keys.length }, stake, 0, minority);
}
