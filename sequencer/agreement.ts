import type { ChainStore } from '../chain/store.ts';
import type { L1Head, L1Port, L1State } from './l1Port.ts';

/** What L1 has compared with what this store has. */
export type Agreement =
  /** The batches both have are the same ones. `committed`, `proven`: L1's heads as far as the store goes. */
  | { readonly isSame: true; readonly committed: number; readonly proven: number }
  /** L1 has another batch of this number. */
  | { readonly isSame: false; readonly batch: number };

export interface CompareOptions {
  /** The commitments up to this batch were found to be the same before; 0: none. */
  readonly agreedTo: number;
}

/**
 * Whether the batches that both L1 and the store have are the same. L1 may be ahead of a store that follows, and behind the store of
 * whoever builds. Heads are compared by root and queue, which costs nothing; that does not tell apart batches that differ in the EVM lane
 * only, so the last common one is compared by its commitment as well. A commitment binds its last block's hash, and so all before it.
 * @throws L1Error
 */
export async function compare(
  l1: L1State,
  { agreedTo }: CompareOptions,
  deps: { store: ChainStore; l1: Pick<L1Port, 'postedCommitment'> },
): Promise<Agreement> {
  const { closedBatch } = deps.store.head;
  for (const head of [l1.proven, l1.committed]) {
    if (head.batch > 0 && head.batch <= closedBatch && !(await isHead(head, deps.store))) {
      return { isSame: false, batch: head.batch };
    }
  }
  const committed = Math.min(l1.committed.batch, closedBatch);
  if (committed > agreedTo && !(await isPosted(committed, deps))) return { isSame: false, batch: committed };
  return { isSame: true, committed, proven: Math.min(l1.proven.batch, closedBatch) };
}

async function isHead(head: L1Head, store: ChainStore): Promise<boolean> {
  const summary = await store.summary(head.batch);
  // A store that began with a snapshot has nothing to say of the batches before; the snapshot was checked against L1.
  if (summary === undefined) return true;
  return summary.newRoot === head.root && summary.firstQueueIndex + BigInt(summary.l1Ops) === head.queue;
}

async function isPosted(
  number: number,
  { store, l1 }: { store: ChainStore; l1: Pick<L1Port, 'postedCommitment'> },
): Promise<boolean> {
  const [posted, ours] = await Promise.all([l1.postedCommitment(number), store.batch(number)]);
  return ours === undefined || ours.commitment.c === posted;
}
