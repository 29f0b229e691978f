import type { Hex, L1Message } from '../../protocol/lane/types.ts';
import type { BatchClose } from '../../protocol/network/digests.ts';
import type { AccountIndex, BatchNumber, Field, SignedTx } from '../../protocol/types.ts';
import type { BlockL1Ops } from '../block.ts';

/**
 * What is needed to execute a block, and what must come out of it. Its L1 operations and messages are claims of whoever made it: the
 * ledger only sees that their indices follow, L1 says whether they are true.
 */
export interface WireBlock {
  readonly number: bigint;
  readonly parentHash: bigint;
  readonly hash: bigint;
  /** Seconds. */
  readonly timestamp: number;
  readonly batch: BatchNumber;
  /** Seconds: the timestamp of the batch's first block. */
  readonly batchTimestamp: number;
  readonly l1: BlockL1Ops;
  /** With assigned indices filled in. */
  readonly txs: readonly SignedTx[];
  /** Named in the batch up to the end of this block, in the order of their lanes. */
  readonly feeAccounts: readonly AccountIndex[];
  readonly l1Messages: readonly L1Message[];
  /** The users' transactions as EIP-2718 bytes; system transactions follow from the rest. */
  readonly evmTxs: readonly Uint8Array[];
  /** Lower case. */
  readonly beneficiary: Hex;
  readonly ledgerRoot: Field;
}

/** An item of the chain as it travels. An empty signature: the sender has none. */
export type ChainItem =
  | { readonly kind: 'block'; readonly block: WireBlock; readonly signature: Uint8Array }
  | { readonly kind: 'close'; readonly close: BatchClose; readonly signature: Uint8Array };
