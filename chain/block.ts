import { encodeTx } from '../protocol/codec/tx.ts';
import { keccak256 } from '../protocol/crypto/keccak.ts';
import type { AccountIndex, BatchNumber, Field, L1Op, SignedTx } from '../protocol/types.ts';

/** L1 operations of a block: a run of the bridge's queue, in queue order. */
export interface BlockL1Ops {
  /** Queue index of `ops[0]`; the next item to take if `ops` is empty. */
  readonly firstQueueIndex: bigint;
  readonly ops: readonly L1Op[];
}

/** A block before its hash is known. */
export interface BlockBody {
  /** Counted from 1; block 0 is the empty genesis with hash 0. */
  readonly number: bigint;
  readonly parentHash: bigint;
  /** Seconds, never less than the parent's. Ledger rules use the batch's timestamp instead: that of its first block. */
  readonly timestamp: number;
  readonly batch: BatchNumber;
  readonly l1: BlockL1Ops;
  /** Transactions in order, with assigned indices filled in. */
  readonly txs: readonly SignedTx[];
  /** Fee accounts named in the batch up to the end of this block, in the order of their lanes. */
  readonly feeAccounts: readonly AccountIndex[];
  /** Root of the account tree after this block, fees of the open batch not yet credited. */
  readonly ledgerRoot: Field;
}

export interface Block extends BlockBody {
  /** keccak256 of the canonical encoding, 256 bits. */
  readonly hash: bigint;
}

const TAG = new TextEncoder().encode('engram/block/1');

/**
 * The bytes a block hash commits to: tag ‖ number(8) ‖ parentHash(32) ‖ timestamp(5) ‖ batch(8) ‖ ledgerRoot(32) ‖
 * firstQueueIndex(8) ‖ l1Count(4) ‖ l1 ops (106 each) ‖ feeCount(1) ‖ fee accounts (4 each) ‖ txCount(4) ‖
 * txs (length(4) ‖ wire form with the assigned indices). Every list carries its length, so no two blocks share an encoding.
 */
export function encodeBlock(block: BlockBody): Uint8Array {
  const parts: Uint8Array[] = [TAG];
  const word = (value: bigint | number, bytes: number): void => {
    parts.push(bigEndian(BigInt(value), bytes));
  };
  word(block.number, 8);
  word(block.parentHash, 32);
  word(block.timestamp, 5);
  word(block.batch, 8);
  word(block.ledgerRoot, 32);
  word(block.l1.firstQueueIndex, 8);
  word(block.l1.ops.length, 4);
  for (const op of block.l1.ops) {
    word(op.opcode, 1);
    word(op.isVoid ? 1 : 0, 1);
    word(op.index, 4);
    word(op.token, 4);
    word(op.amount, 12);
    word(op.x, 32);
    word(op.y, 32);
    word(op.address, 20);
  }
  word(block.feeAccounts.length, 1);
  for (const index of block.feeAccounts) word(index, 4);
  word(block.txs.length, 4);
  for (const tx of block.txs) {
    const bytes = encodeTx(tx);
    word(bytes.length, 4);
    parts.push(bytes);
  }
  return new Uint8Array(Buffer.concat(parts));
}

export function sealBlock(body: BlockBody): Block {
  return { ...body, hash: keccak256(encodeBlock(body)) };
}

/** Values come from domain types that are in range; one that is not would silently change the hash, so it throws. */
function bigEndian(value: bigint, length: number): Uint8Array {
  const hex = value.toString(16);
  if (value < 0n || hex.length > 2 * length) throw new RangeError(`${value} does not fit ${length} bytes`);
  return Buffer.from(hex.padStart(2 * length, '0'), 'hex');
}
