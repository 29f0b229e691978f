import type { Hex } from 'viem';
import type { WebConfig } from '../../../../../sdk/webConfig.ts';
import type { RollupState } from '../../../../client/types.ts';
import type { LaneHead } from '../l1/l1Chain.ts';
import type { OwnerEvents } from '../l1/ownerLogs.ts';
import type { NodeWithdrawal } from '../node/nodeView.ts';
import type { TakenIn } from '../node/queueSearch.ts';
import type { StepName, TransferStep } from '../types.ts';
import type { Credit, Credits } from './credits.ts';
import type { Exits } from './exits.ts';
import type { Pace } from './pace.ts';

/** A batch's transactions on L1, looked up there. Times in seconds. */
export interface BatchTimes {
  readonly commit?: { readonly tx: Hex; readonly at: number };
  readonly prove?: { readonly tx: Hex; readonly at: number };
}

export interface LaneFacts {
  readonly head: LaneHead;
  /** Absent: the node is away. */
  readonly inboxCount?: bigint;
  readonly withdrawals: readonly NodeWithdrawal[];
  /** Indices whose proof leads to a root that L1 accepted. */
  readonly claimable: ReadonlySet<bigint>;
  /** Indices that L1 has paid. */
  readonly claimed: ReadonlySet<bigint>;
}

/** All that a list of transfers is made of, of one moment: L1's state is older than its logs, never younger. */
export interface Facts {
  readonly config: WebConfig;
  readonly state: RollupState;
  readonly events: OwnerEvents;
  readonly credits: Credits;
  readonly exits: Exits;
  /** By the node's word. */
  readonly takenIn: ReadonlyMap<bigint, TakenIn>;
  /** Queue items that a frozen rollup has paid back. */
  readonly refunded: ReadonlySet<bigint>;
  readonly lane: LaneFacts;
  readonly batchTimes: ReadonlyMap<number, BatchTimes>;
  /** Of L1 blocks, by hash. */
  readonly times: ReadonlyMap<Hex, number>;
  readonly pace: Pace;
  /** Seconds. */
  readonly now: number;
}

type Fact = Pick<TransferStep, 'at' | 'link'>;

export function onL1(tx: Hex, at: number | undefined): Fact {
  return { link: { chain: 'l1', id: tx }, ...(at !== undefined && { at }) };
}

/** Steps from the batch on, as far as anything is known of it. */
export function batchFacts(
  batch: number | undefined,
  { batchTimes }: Pick<Facts, 'batchTimes'>,
): Partial<Record<StepName, Fact>> {
  if (batch === undefined) return {};
  const { commit, prove } = batchTimes.get(batch) ?? {};
  const link = { chain: 'batch', id: String(batch) } as const;
  return { committed: { link, ...(commit && { at: commit.at }) }, proven: { link, ...(prove && { at: prove.at }) } };
}

/** When L1 owed it, and when it was paid. */
export function creditFacts(credit: Credit, { times }: Pick<Facts, 'times'>): Partial<Record<StepName, Fact>> {
  const { l1, withdrawn } = credit;
  const credited = onL1(l1.transactionHash, times.get(l1.blockHash));
  return {
    claimable: credited,
    ...(withdrawn && { claimed: onL1(withdrawn.transactionHash, times.get(withdrawn.blockHash)) }),
  };
}
