import { queueItemOf } from '../../protocol/applyBatch.ts';
import { EMPTY_ROOT } from '../../protocol/tree.ts';
import type { ClosedBatch, Field, QueueItem } from '../../protocol/types.ts';
import type { L1Head, PostableBatch, ProvenBatch } from '../l1Port.ts';

/** What a transaction of an account asks of the rollup. */
export interface FakeCall {
  readonly from: string;
  readonly commit?: PostableBatch | undefined;
  readonly prove?: readonly ProvenBatch[];
  /** Number of the oldest batch to drop. */
  readonly revert?: number;
}

export interface FakeCommitted extends PostableBatch {
  readonly from: string;
  /** Seconds. */
  readonly at: number;
}

export interface RollupModel {
  readonly committed: readonly FakeCommitted[];
  readonly proven: number;
}

/** Where a call is executed. */
export interface CallContext {
  readonly queue: readonly QueueItem[];
  /** Seconds. */
  readonly timestamp: number;
  /** The only account that may commit; undefined: any. */
  readonly leader: string | undefined;
  readonly maxAgeSeconds: number;
  readonly proveDeadlineSeconds: number;
}

export const EMPTY_ROLLUP: RollupModel = { committed: [], proven: 0 };

/** The rollup's rules as far as a publisher can tell. Returns the contract's error if the call reverts. */
export function execute(state: RollupModel, call: FakeCall, context: CallContext): RollupModel | string {
  let after: RollupModel | string = state;
  const { commit, prove = [], revert } = call;
  if (commit !== undefined) after = committing(after, commit, call, context);
  for (const item of prove) if (typeof after !== 'string') after = proving(after, item);
  if (revert !== undefined && typeof after !== 'string') after = reverting(after, revert, context);
  return after;
}

export function headOf({ committed }: RollupModel, count: number): L1Head {
  return {
    batch: count,
    root: (committed[count - 1]?.closed.batch.newRoot ?? EMPTY_ROOT) as Field,
    queue: BigInt(committed.slice(0, count).reduce((sum, { closed: { batch } }) => sum + batch.l1Ops.length, 0)),
  };
}

/** Order, state, time and queue, as Batches.sol checks them. */
function committing(
  state: RollupModel,
  { closed, evm }: PostableBatch,
  { from, prove = [] }: FakeCall,
  { queue, timestamp, leader, maxAgeSeconds }: CallContext,
): RollupModel | string {
  const { batch } = closed;
  const last = state.committed.at(-1)?.closed.batch;
  const taken = Number(headOf(state, state.committed.length).queue);
  if (prove.length === 0 && leader !== undefined && leader !== from) return 'NotSequencer';
  if (prove.length > 0 && state.committed.length !== state.proven) return 'UnprovenBatchesPending';
  if (batch.firstBlock !== (last?.lastBlock ?? 0n) + 1n) return 'BadBlockRange';
  if (batch.timestamp < (last?.timestamp ?? 0) || batch.timestamp + maxAgeSeconds < timestamp) return 'BadTimestamp';
  for (const [i, op] of batch.l1Ops.entries()) {
    const queued = queue[taken + i];
    if (queued === undefined || asText(queueItemOf(op)) !== asText(queued)) return 'QueueMismatch';
  }
  // Real L1 takes those; nobody could prove them.
  if (batch.number !== state.committed.length + 1) return 'a batch that is not next';
  if (batch.oldRoot !== (last?.newRoot ?? EMPTY_ROOT)) return 'a batch on another root';
  return { ...state, committed: [...state.committed, { closed, evm, from, at: timestamp }] };
}

function proving(state: RollupModel, { closed, proof }: ProvenBatch): RollupModel | string {
  const expected = state.committed[state.proven]?.closed;
  if (closed.batch.number !== state.proven + 1) return 'BatchOutOfOrder';
  if (expected?.commitment.c !== closed.commitment.c) return 'UnknownBatch';
  return isFakeProof(closed, proof) ? { ...state, proven: state.proven + 1 } : 'ProofInvalid';
}

function reverting(
  state: RollupModel,
  oldest: number,
  { timestamp, proveDeadlineSeconds }: CallContext,
): RollupModel | string {
  const found = state.committed[oldest - 1];
  if (found === undefined || oldest !== state.proven + 1) return 'UnknownBatch';
  if (timestamp <= found.at + proveDeadlineSeconds) return 'ProveDeadlineNotPassed';
  return { ...state, committed: state.committed.slice(0, state.proven) };
}

/** A stand-in for a proof: it names the batch's commitment. */
export function fakeProof(closed: ClosedBatch): ProvenBatch['proof'] {
  const { c } = closed.commitment;
  return {
    a: [c, 1n],
    b: [
      [1n, 2n],
      [3n, 4n],
    ],
    c: [5n, 6n],
  };
}

function isFakeProof(closed: ClosedBatch, proof: ProvenBatch['proof']): boolean {
  return proof.a[0] === closed.commitment.c;
}

function asText(item: QueueItem): string {
  return Object.entries(item)
    .map(([name, value]) => `${name}=${String(value)}`)
    .sort()
    .join();
}
