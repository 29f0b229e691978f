import type { L1Error, L1State } from './l1Port.ts';
import type { Uncommittable } from './nextAction.ts';
import type { Action } from './publisherState.ts';

/**
 * The contract's errors that say: somebody else was quicker, or it is not our turn any more. No failure of ours: L1's heads say what to do
 * next.
 */
const LOST_RACES = new Set([
  'NotSequencer',
  'CommitPathClosed',
  'BatchOutOfOrder',
  'BadBlockRange',
  'UnknownBatch',
  'PathClosed',
  'UnprovenBatchesPending',
  'TooManyUnproven',
  'ProveDeadlineNotPassed',
]);

export function isLostRace(error: L1Error): boolean {
  return error.code === 'REVERTED' && LOST_RACES.has(String(error.data.reason));
}

/** Whether L1 explains why a mined transaction reverted: what it was for has happened, or is not ours to do any more. */
export function isOvertaken({ kind, first }: Action, l1: L1State): boolean {
  if (kind === 'prove' || kind === 'revert') return l1.proven.batch >= first || l1.committed.batch < first;
  if (l1.committed.batch >= first) return true;
  return kind === 'commit' ? !l1.canCommit : !l1.isOpen || l1.committed.batch !== l1.proven.batch;
}

/** Tells refusals that will never end from those that may. */
export class Refusals {
  readonly #confirmations: number;
  /** Since which L1 block the queue does not hold what this batch took in. */
  #queue: { readonly batch: number; readonly since: bigint } | undefined;

  constructor(options: { confirmations: number }) {
    this.#confirmations = options.confirmations;
  }

  /**
   * Why L1 will never take the batch of a commit that it refused; undefined: it may yet. An item that is gone from the queue may come back
   * while the reorg that took it away is not buried.
   * @param timestamp the batch's, in seconds
   */
  judge({ kind, first: batch }: Action, error: L1Error, l1: L1State, timestamp: number): Uncommittable | undefined {
    if (error.code !== 'REVERTED' || (kind !== 'commit' && kind !== 'submit')) return undefined;
    // A timestamp ahead of L1's clock is good in a moment.
    if (error.data.reason === 'BadTimestamp' && timestamp <= l1.l1Timestamp) return { batch, reason: 'too old' };
    if (error.data.reason !== 'QueueMismatch') return undefined;
    if (this.#queue?.batch !== batch || this.#queue.since > l1.blockNumber) {
      this.#queue = { batch, since: l1.blockNumber };
    }
    const isBuried = l1.blockNumber - this.#queue.since >= BigInt(this.#confirmations);
    return isBuried ? { batch, reason: 'queue' } : undefined;
  }

  /** What is next is another batch, or L1 took it. */
  forget(): void {
    this.#queue = undefined;
  }
}
