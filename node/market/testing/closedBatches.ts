/** Batches of a ServiceWorld as a node stores them. Tests only. */
import type { EpochBatch } from '../../../protocol/epochs/serviceAccounts.ts';
import type { ClosedBatch, Field } from '../../../protocol/types.ts';

/** Roots that depend on what was done, as the tree's do. */
export function closedBatches(batches: readonly EpochBatch[]): ClosedBatch[] {
  let root = 1n;
  return batches.map(({ number, timestamp, l1Ops, ops }) => {
    const oldRoot = root;
    const words = ops.flat().flatMap(({ amount, payload }) => [amount, ...payload]);
    root = (root * 3n + BigInt(number + l1Ops.length) + words.reduce((sum, word) => sum + word, 0n)) % 2n ** 240n;
    const txs = ops.map((all) => ({ ops: all }));
    const batch = { number, timestamp, l1Ops, txs, oldRoot: oldRoot as Field, newRoot: root as Field };
    // What is read of a closed batch.
    return { batch } as unknown as ClosedBatch;
  });
}
