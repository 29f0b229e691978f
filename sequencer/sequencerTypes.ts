import type { Block } from '../chain/block.ts';
import type { Clock } from '../chain/clock.ts';
import type { EvmLane } from '../chain/evm/evmLane.ts';
import type { EvmTx } from '../chain/evm/types.ts';
import type { Logger } from '../chain/logger.ts';
import type { ChainStore } from '../chain/store.ts';
import type { BatchSummary } from '../chain/types.ts';
import type { Hex } from '../protocol/lane/types.ts';
import type { ClosedBatch, ShapeName } from '../protocol/types.ts';
import type { SequencerError } from './errors.ts';
import type { EvmPoolOptions } from './evm/evmPool.ts';
import type { EvmDropCode } from './evm/evmPoolErrors.ts';
import type { RecoverPool } from './evm/recoverPool.ts';
import type { FeeAccountsOptions } from './feeAccounts.ts';
import type { FeePolicyOptions } from './feePolicy.ts';
import type { RolledBack } from './importer.ts';
import type { L1Port } from './l1Port.ts';
import type { LaneFeedPort } from './lanePort.ts';
import type { DroppedTx, MempoolDeps, MempoolOptions } from './mempool.ts';
import type { Uncommittable } from './nextAction.ts';
import type { ProofSource } from './proofSource.ts';
import type { AccountTurn, L1Mismatch, PublisherOptions } from './publisher.ts';
import type { QueueFeedOptions } from './queueFeed.ts';
import type { ReoffersOptions } from './reoffers.ts';
import type { TimetableOptions } from './timetable.ts';

export interface SequencerOptions {
  /** Shapes whose circuits exist; batches are filled up to the largest. */
  readonly shapes: readonly ShapeName[];
  readonly timing?: TimetableOptions;
  readonly fees?: FeePolicyOptions;
  readonly feeAccounts?: FeeAccountsOptions;
  readonly mempool?: Omit<MempoolOptions, 'domain'>;
  readonly queue?: QueueFeedOptions;
  readonly publisher?: PublisherOptions;
  /** Default 1000. */
  readonly maxTxsPerBlock?: number;
  readonly evm?: SequencerEvmOptions;
  /** Where leaders change: `TenureOptions.handoverMs`. Default 0. */
  readonly handoverMs?: number;
  /** Whether this node proves the batches that it closes or takes over from others. Default: yes. */
  readonly proves?: () => boolean;
  /** Transactions of blocks that were given up. */
  readonly reoffers?: Omit<ReoffersOptions, 'domain'>;
  /** No batch is begun while this many closed ones await their proof on L1 (which itself takes 256). Default 128. */
  readonly maxUnproven?: number;
}

export interface SequencerEvmOptions {
  /** The contract on L1 that EXITs to the EVM lane name; absent: there is none. */
  readonly evmLane?: Hex | undefined;
  /** Where the EVM lane's fees go. Default: nowhere. */
  readonly beneficiary?: Hex | undefined;
  /** The rollup's parameter, by which data that L1 has are judged. Default: 900. */
  readonly maxDriftSeconds?: number;
  /** Bytes of EVM transactions a batch takes: what L1 must take in one transaction. Default 120,000. */
  readonly batchBytes?: number;
  /** Gas that a batch's EVM transactions may use. Default: the most that counts. */
  readonly batchGas?: bigint;
  readonly pool?: Partial<Omit<EvmPoolOptions, 'gasLimit'>>;
}

/** What the sequencer adds to the ledger's part for the EVM lane. */
export interface SequencerEvmDeps {
  readonly lane: EvmLane;
  /** Messages of L1; default: none ever come. */
  readonly feed?: LaneFeedPort;
  /** Who signed transactions and authorizations. */
  readonly recovery: Pick<RecoverPool, 'recoverMany' | 'authorities'>;
}

/** The proof queue as the sequencer sees it. */
export interface ProofQueuePort extends ProofSource {
  /** Asks for a proof; asking again for the same batch changes nothing. */
  enqueue(closed: ClosedBatch): Promise<void>;
  /** Forgets these batches and their proofs: the chain went back to before them. */
  discard(batches: readonly number[]): Promise<void>;
}

/** Which of the node's duties are this one's now. */
export interface DutiesPort {
  /** Whether this node proposes blocks at that time (milliseconds since 1970), which may be a little ahead. */
  mayBuild(nowMs: number): boolean;
  /** Whether it may send to L1 at all: it has a key. */
  mayPublish(): boolean;
}

export interface SequencerDeps {
  readonly store: ChainStore;
  readonly l1: L1Port;
  readonly proofs: ProofQueuePort;
  readonly verify: MempoolDeps['verify'];
  readonly evm: SequencerEvmDeps;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: builds always, and publishes. */
  readonly duties?: DutiesPort;
  /** Of the L1 account, if somebody else sends from it too. */
  readonly turn?: AccountTurn;
}

export interface SequencerEvents {
  /** A block was stored, whoever built it. */
  block: [Block];
  /** Told before `block` of those that this node built itself. */
  built: [Block];
  /** A batch was closed, whoever closed it. */
  batchClosed: [BatchSummary];
  /** Told before `batchClosed` of those that this node closed itself. */
  closedHere: [BatchSummary];
  batchCommitted: [BatchSummary];
  batchProven: [BatchSummary];
  /** An L1 reorg moved the batch's status back. */
  batchReorged: [BatchSummary];
  txDropped: [DroppedTx];
  /** A transaction of the EVM lane's pool whose turn can come: no nonce is missing before it. */
  evmTx: [EvmTx];
  evmTxDropped: [{ tx: EvmTx; code: EvmDropCode }];
  /** Blocks and batches are gone, in favour of others. */
  rolledBack: [RolledBack];
  /** L1 has other batches than ours, at the confirmation depth; told at every look. Whoever listens has to bring the store to what L1 says. */
  l1Mismatch: [L1Mismatch];
  /** The next batch can never be committed; told at every look. Whoever listens has to roll back to before it. */
  uncommittable: [Uncommittable];
  /** The sequencer stopped itself; the process should report it and end. */
  halted: [SequencerError];
}
