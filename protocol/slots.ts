import type { AccountIndex } from './types.ts';

/**
 * Exactly `count` strictly increasing indices: the touched ones and, as padding, the smallest untouched ones from 0.
 * The circuit loads a slot for each; padding slots are written back unchanged.
 */
export function padSlots(touched: readonly AccountIndex[], count: number): AccountIndex[] {
  const indices = new Set<AccountIndex>(touched);
  // The cast: candidates stay below `count + touched.length`, far below the limit of an index.
  for (let candidate = 0; indices.size < count; candidate += 1) indices.add(candidate as AccountIndex);
  return [...indices].sort((a, b) => a - b);
}
