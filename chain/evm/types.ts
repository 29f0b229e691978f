import type { BlockHeader } from '@ethereumjs/block';
import type { TypedTransaction } from '@ethereumjs/tx';
import type { Hex, LaneMessage, OutboxHead } from '../../protocol/lane/types.ts';
import type { AccountIndex, Field } from '../../protocol/types.ts';
import type { DbOp } from '../db.ts';

/** The words of an account's leaf (docs/protocol.md section 2). */
export interface LeafWords {
  readonly index: AccountIndex;
  readonly state: Field;
  readonly a: Field;
  readonly b: Field;
  readonly c: Field;
}

export interface SettledClaim {
  readonly channel: AccountIndex;
  readonly receiptsRoot: Field;
  /** What the channel has paid in all with this claim. */
  readonly total: bigint;
}

/** What a block changes in the ledger, as the EVM lane gets to see it (section 9). Leaves may be unchanged ones too. */
export interface LedgerMirror {
  readonly leaves: readonly LeafWords[];
  /** In the order of the ops. */
  readonly claims: readonly SettledClaim[];
}

/** A user's transaction, decoded and with its sender known. */
export interface EvmTx {
  readonly hash: Hex;
  readonly sender: Hex;
  /** EIP-2718 bytes. */
  readonly raw: Uint8Array;
  readonly tx: TypedTransaction;
}

export interface EvmLog {
  readonly address: Hex;
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

export interface EvmReceipt {
  readonly txHash: Hex;
  /** 0, 1, 2 or 4. */
  readonly type: number;
  readonly from: Hex;
  readonly to: Hex | undefined;
  readonly contractAddress: Hex | undefined;
  readonly status: 0 | 1;
  readonly gasUsed: bigint;
  readonly cumulativeGasUsed: bigint;
  readonly effectiveGasPrice: bigint;
  readonly logs: readonly EvmLog[];
  /** 256 bytes. */
  readonly logsBloom: Hex;
}

/** What a block's EVM part is made from, besides the users' transactions. */
export interface EvmBlockInput {
  readonly parent: BlockHeader;
  /** Seconds. */
  readonly timestamp: number;
  readonly beneficiary: Hex;
  /** Goes to `extraData`. */
  readonly ledgerRoot: Field;
  /** Goes to `parentBeaconBlockRoot`; 32 bytes. */
  readonly ledgerHash: Hex;
  readonly mirror: LedgerMirror;
  /** L1's first, then those of the ledger. */
  readonly messages: readonly LaneMessage[];
}

/**
 * Where a builder takes transactions from. Nonces of a sender come in order. The executor asks for the next one, then says what became
 * of it, then asks again; it stops at `undefined` or when the block's gas is used up.
 */
export interface TxSource {
  /** The next candidate with a gas limit of at most `gasLeft`. */
  next(gasLeft: bigint): EvmTx | undefined;
  accept(tx: EvmTx): void;
  /** It is not valid where it stood (its code is an `EvmTxErrorCode`); the source gives no later nonce of this sender any more. */
  reject(tx: EvmTx, code: string): void;
}

/** A block that was executed but not stored: nobody else sees it before `commit`. */
export interface ExecutedBlock {
  readonly header: BlockHeader;
  readonly hash: Hex;
  /** System transactions first. */
  readonly txs: readonly EvmTx[];
  /** The number of system transactions among them. */
  readonly systemTxs: number;
  readonly receipts: readonly EvmReceipt[];
  /** State (trie nodes, code) to be written in the same atomic write as the block. */
  readonly writes: readonly DbOp[];
  readonly outbox: OutboxHead;
  /** After the write: makes it the head of the caches. Without it the block is forgotten by the next execution. */
  commit(): void;
}

/** The EVM part of a stored block. */
export interface EvmBlockRecord {
  readonly header: BlockHeader;
  readonly hash: Hex;
  readonly mirror: LedgerMirror;
  readonly messages: readonly LaneMessage[];
  /** EIP-2718 bytes, system transactions included. */
  readonly txs: readonly Uint8Array[];
  readonly systemTxs: number;
  readonly receipts: readonly EvmReceipt[];
  /** L1 messages taken in up to this block, on the whole chain. */
  readonly inboxCount: bigint;
  readonly outbox: OutboxHead;
}

/** Where a transaction of the EVM lane is. `position` counts from 0 among all transactions of the block's EVM part. */
export interface EvmTxLocation {
  readonly block: bigint;
  readonly position: number;
}
