import type { AccountIndex, BatchNumber, Field, ShapeName } from '../protocol/types.ts';

/** A Groth16 proof in the form the Solidity verifier takes: the coordinates of each G2 component are (imaginary, real). */
export interface Groth16Proof {
  readonly a: [bigint, bigint];
  readonly b: [[bigint, bigint], [bigint, bigint]];
  readonly c: [bigint, bigint];
}

/** The batch that is being filled. Its contents are the blocks `firstBlock` … head. */
export interface OpenBatchRecord {
  readonly number: BatchNumber;
  /** The slots it was opened with; it may be closed in a smaller shape. */
  readonly shape: ShapeName;
  /** Seconds: the timestamp of its first block. */
  readonly timestamp: number;
  readonly firstBlock: bigint;
}

/** Where the chain stands; replaced in one piece with every block and every closed batch. */
export interface Head {
  readonly block: bigint;
  readonly hash: bigint;
  /** Seconds. */
  readonly timestamp: number;
  /** Index of the first item of the bridge's queue that no block contains. */
  readonly nextQueueIndex: bigint;
  /** Messages of L1 that blocks have taken in: the index of the next one. */
  readonly inboxCount: bigint;
  readonly open: OpenBatchRecord | undefined;
  /** The last closed batch (0 at genesis) and the root of the account tree after it. */
  readonly closedBatch: number;
  readonly closedRoot: Field;
}

/** Where a store begins that was filled from a snapshot (chain/snapshot): nothing before it is stored, and there is no going back behind it. */
export interface Base {
  /** As it was then: no batch open. */
  readonly head: Head;
  /** The ledger's commitment C of the batch the snapshot is of. The batch itself is not stored, only its summary. */
  readonly c: Field;
  /** Accounts that the close of that batch changed: contracts see them with the next block. */
  readonly carried: readonly AccountIndex[];
}

/** closed → committed (its data is on L1) → proven (its root is final on L1). An L1 reorg or revert moves it back. */
export type BatchStatus = 'closed' | 'committed' | 'proven';

export interface BatchSummary {
  readonly number: BatchNumber;
  readonly shape: ShapeName;
  readonly status: BatchStatus;
  readonly oldRoot: Field;
  readonly newRoot: Field;
  readonly timestamp: number;
  readonly firstBlock: bigint;
  readonly lastBlock: bigint;
  readonly firstQueueIndex: bigint;
  readonly l1Ops: number;
  readonly txs: number;
  readonly ops: number;
  readonly exits: number;
  /** L1 transactions that brought it to its status; absent when someone else's did. */
  readonly commitTx: string | undefined;
  readonly proveTx: string | undefined;
}

/** Where a transaction or a queue item is: `position` counts from 0 among those of its block. Its status is that of its batch. */
export interface Location {
  readonly block: bigint;
  readonly batch: BatchNumber;
  readonly position: number;
}

export interface TxLocation extends Location {
  /** Accounts it created, in the order of its ops. */
  readonly created: readonly AccountIndex[];
}

/** An operation of a stored block; `op` counts from 0 in its transaction. `timestamp`: seconds, of the block. */
export interface OpLocation extends Location {
  readonly op: number;
  readonly txHash: Field;
  readonly timestamp: number;
}

/** A payment out of a channel: delta = amount + fee + royalty, of which the provider got the amount. */
export interface ClaimRecord extends OpLocation {
  readonly total: bigint;
  readonly amount: bigint;
  readonly fee: bigint;
  readonly royalty: bigint;
  readonly receiptsRoot: Field;
}

/** An account that came to be in a block, as the directory by key and by address lists it. */
export interface CreatedAccount {
  readonly index: AccountIndex;
  readonly key: readonly [Field, Field];
  readonly address: bigint;
}
