import { bigintToBytes, bytesToBigint } from '../protocol/bytes.ts';
import { encodeTx } from '../protocol/codec/tx.ts';
import { keccak256 } from '../protocol/crypto/keccak.ts';
import type { AccountIndex, BatchNumber, Field, L1Op, SignedTx } from '../protocol/types.ts';
import { ledgerHash } from './evm/ledgerPart.ts';
import type { EvmBlockRecord } from './evm/types.ts';

/** L1 operations of a block: a run of the bridge's queue, in queue order. */
export interface BlockL1Ops {
  /** Queue index of `ops[0]`; the next item to take if `ops` is empty. */
  readonly firstQueueIndex: bigint;
  readonly ops: readonly L1Op[];
}

/** The ledger part of a block. */
export interface BlockBody {
  /** Counted from 1; block 0 comes from the chain spec and holds nothing. */
  readonly number: bigint;
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

/** A block of both lanes. Its hash is that of its Ethereum header, which commits to both (docs/protocol.md section 8). */
export interface Block extends BlockBody {
  readonly hash: bigint;
  readonly parentHash: bigint;
  readonly evm: EvmBlockRecord;
}

const TAG = new TextEncoder().encode('engram/block/2');

/**
 * All of the ledger part: tag ‖ number(8) ‖ timestamp(5) ‖ batch(8) ‖ ledgerRoot(32) ‖ firstQueueIndex(8) ‖ l1Count(4) ‖
 * l1 ops (106 each) ‖ feeCount(1) ‖ fee accounts (4 each) ‖ txCount(4) ‖ txs (length(4) ‖ wire form with the assigned indices).
 * The block's hash binds what L1 shows of it; this binds signatures and expiry too.
 */
export function encodeBody(block: BlockBody): Uint8Array {
  const parts: Uint8Array[] = [TAG];
  const word = (value: bigint | number, bytes: number): void => {
    parts.push(bigEndian(BigInt(value), bytes));
  };
  word(block.number, 8);
  word(block.timestamp, 5);
  word(block.batch, 8);
  word(block.ledgerRoot, 32);
  word(block.l1.firstQueueIndex, 8);
  word(block.l1.ops.length, 4);
  for (const op of block.l1.ops) parts.push(encodeL1Op(op));
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

/** Bytes of an encoded L1 operation. */
export const L1_OP_BYTES = 106;

/** opcode(1) ‖ void(1) ‖ index(4) ‖ token(4) ‖ amount(12) ‖ x(32) ‖ y(32) ‖ address(20). */
export function encodeL1Op(op: L1Op): Uint8Array {
  return Buffer.concat([
    bigEndian(BigInt(op.opcode), 1),
    bigEndian(op.isVoid ? 1n : 0n, 1),
    bigEndian(BigInt(op.index), 4),
    bigEndian(BigInt(op.token), 4),
    bigEndian(op.amount, 12),
    bigEndian(op.x, 32),
    bigEndian(op.y, 32),
    bigEndian(op.address, 20),
  ]);
}

/** keccak256 of `encodeBody`: what the store finds a changed block by. */
export function bodyChecksum(body: BlockBody): bigint {
  return keccak256(encodeBody(body));
}

export function blockOf(body: BlockBody, evm: EvmBlockRecord): Block {
  return { ...body, hash: BigInt(evm.hash), parentHash: bytesToBigint(evm.header.parentHash), evm };
}

/** Whether the header is that of this ledger part. */
export function isHeaderOf(body: BlockBody, { header }: EvmBlockRecord): boolean {
  const { l1, ...rest } = body;
  const part = { ...rest, firstQueueIndex: l1.firstQueueIndex, l1Ops: l1.ops };
  const root = header.parentBeaconBlockRoot;
  return (
    header.number === body.number &&
    header.timestamp === BigInt(body.timestamp) &&
    Buffer.from(header.extraData).equals(bigintToBytes(body.ledgerRoot, 32)) &&
    root !== undefined &&
    bytesToBigint(root) === BigInt(ledgerHash(part))
  );
}

/** Values come from domain types that are in range; one that is not would silently change the hash, so it throws. */
function bigEndian(value: bigint, length: number): Uint8Array {
  const hex = value.toString(16);
  if (value < 0n || hex.length > 2 * length) throw new RangeError(`${value} does not fit ${length} bytes`);
  return Buffer.from(hex.padStart(2 * length, '0'), 'hex');
}
