/** What an inference and a reward cost in constraints and in gas on L1, from the batches that were proven. */
import type { BatchRow } from './batches.ts';

/** How many ops of each batch count. */
export type Share = ReadonlyMap<number, number>;

export interface Cost {
  /** Constraints and gas of the batches' slots that the ops took: each batch shared out evenly among all its operations. */
  readonly constraints: number;
  readonly gas: number;
  /** All of the batches that hold such ops, as if nothing else were in them. */
  readonly constraintsWhole: number;
  readonly gasWhole: number;
}

/**
 * Every operation of a batch, L1 operations included, bears the same part of the batch circuit's constraints (whose size does not depend
 * on what is in it) and of the gas of its commit and its proof. A batch that is not full makes its operations dearer.
 */
export function costOf(batches: readonly BatchRow[], share: Share): Cost {
  let [constraints, gas, constraintsWhole, gasWhole] = [0, 0, 0, 0];
  for (const row of batches) {
    const ops = share.get(row.batch) ?? 0;
    if (ops === 0) continue;
    const part = ops / (row.operations + row.l1Operations);
    const batchGas = row.commitGas + row.proveGas;
    constraints += part * row.constraints;
    gas += part * batchGas;
    constraintsWhole += row.constraints;
    gasWhole += batchGas;
  }
  return { constraints, gas, constraintsWhole, gasWhole };
}

/** Three significant digits: more would be noise. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
