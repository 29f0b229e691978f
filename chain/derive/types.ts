import type { BlockHeader } from '@ethereumjs/block';
import type { BatchHeader } from '../../protocol/codec/header.ts';
import type { EvmBatch, Hex } from '../../protocol/lane/types.ts';
import type { Field } from '../../protocol/types.ts';

/** A batch as L1 has it: everything here was either checked by the rollup's contract or may be anything at all (`evmData`). */
export interface DerivableBatch {
  readonly header: BatchHeader;
  readonly body: Uint8Array;
  readonly evmData: Uint8Array;
  /** Seconds: timestamp of the L1 block of the commit. */
  readonly committedAt: number;
}

/** Why the posted data of a batch did not count (docs/protocol.md section 11). */
export type DataFault =
  | 'does not decode'
  | 'number of blocks'
  | 'delta of the first block'
  | 'timestamp before the parent'
  | 'timestamp in the future'
  | 'counts of the ledger part'
  | 'fee lanes'
  | 'messages that do not exist'
  | 'messages left out'
  | 'transaction';

/** What was wrong with posted data. */
export interface Fault {
  readonly reason: DataFault;
  readonly detail: string;
}

export interface DerivedBatch {
  readonly number: number;
  readonly firstBlock: bigint;
  /** Of the last block. */
  readonly header: BlockHeader;
  /** What the batch should have posted as its outcome, with the data as they were posted. */
  readonly evm: EvmBatch;
  /** Whether the posted commitment says so. An honest validator signs no other. */
  readonly isSameOutput: boolean;
  /** undefined: the posted data are valid. */
  readonly fault: Fault | undefined;
  readonly ledgerRoot: Field;
  /** Users' transactions of the EVM lane. */
  readonly evmTxs: number;
  readonly ledgerTxs: number;
  /** L1 messages taken in by this batch. */
  readonly l1Messages: number;
}

/** Where a derivation stands: after its last whole batch. */
export interface DeriveHead {
  /** 0 before the first. */
  readonly batch: number;
  readonly ledgerRoot: Field;
  readonly header: BlockHeader;
  readonly blockHash: Hex;
  /** Index of the next message of `EvmLane` to be taken. */
  readonly inboxCount: bigint;
  readonly nextQueueIndex: bigint;
}
