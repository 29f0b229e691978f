import { hasAssignedIndex } from '../protocol/codec/opWords.ts';
import { NO_ACCOUNT } from '../protocol/ids.ts';
import type { ClosedBatch, Field, SignedTx } from '../protocol/types.ts';
import type { Block } from './block.ts';
import { type DbOp, put } from './db.ts';
import { ChainError } from './errors.ts';
import type { EvmRecords } from './evm/evmRecords.ts';
import { keys } from './keys.ts';
import { accountRecord } from './records.ts';
import type { StoreReader } from './storeReader.ts';
import { ledgerWrites } from './storeWrites.ts';
import type { Head, OpenBatchRecord } from './types.ts';
import { isUnsigned } from './wire/unsignedTx.ts';

/** What a rollback took out of the chain. */
export interface Rollback {
  readonly blocks: number;
  /** Closed batches that are gone (or open again), ascending. */
  readonly batches: readonly number[];
  /** Transactions of the ledger in their order, as their users sent them (assigned indices 0); without those known from L1 alone. */
  readonly txs: readonly SignedTx[];
  /** Users' transactions of the EVM lane, in their order. */
  readonly evmTxs: readonly Uint8Array[];
}

interface RollbackDeps {
  readonly store: Pick<StoreReader, 'block' | 'batch' | 'header' | 'isPosted'>;
  readonly evm: Pick<EvmRecords, 'block'>;
  readonly domain: Field;
  readonly head: Head;
}

interface RollbackPlan {
  readonly ops: DbOp[];
  readonly head: Head;
  readonly result: Rollback;
  /** The block before a batch that cannot be open, as it came from L1's data alone. */
  readonly unfinishedFrom: bigint | undefined;
}

/** All writes that bring the store back to `toBlock`. @throws ChainError ROLLBACK_TOO_DEEP */
export async function planRollback(toBlock: bigint, deps: RollbackDeps): Promise<RollbackPlan> {
  const { head } = deps;
  if (toBlock < 0n || toBlock > head.block) throw tooDeep(toBlock, 'no such block');
  if (toBlock === head.block) {
    return { ops: [], head, result: { blocks: 0, batches: [], txs: [], evmTxs: [] }, unfinishedFrom: undefined };
  }
  const removed = await removedBlocks(toBlock, deps);
  const undone = await undoneBatches(toBlock, deps);
  const [first] = removed;
  const header = await deps.store.header(toBlock);
  if (first === undefined || header === undefined) throw tooDeep(toBlock, 'its header is not stored');

  const oldest = undone.at(-1)?.batch;
  const isCut = oldest !== undefined && toBlock >= oldest.firstBlock && (await deps.store.isPosted(oldest.number));
  const messages = first.evm.messages.filter(({ kind }) => kind !== 'fromLedger').length;
  return {
    ops: [...blockRemovals(removed, deps), ...batchRemovals(undone)],
    head: {
      block: toBlock,
      hash: first.parentHash,
      timestamp: Number(header.timestamp),
      nextQueueIndex: first.l1.firstQueueIndex,
      inboxCount: first.evm.inboxCount - BigInt(messages),
      open: openAfter(toBlock, oldest, head.open),
      closedBatch: oldest === undefined ? head.closedBatch : oldest.number - 1,
      closedRoot: oldest === undefined ? head.closedRoot : oldest.oldRoot,
    },
    unfinishedFrom: isCut ? oldest.firstBlock - 1n : undefined,
    result: {
      blocks: removed.length,
      batches: undone.map(({ batch }) => Number(batch.number)).reverse(),
      txs: removed.flatMap(({ txs }) => txs.filter((tx) => !isUnsigned(tx)).map(asSent)),
      evmTxs: removed.flatMap(({ evm }) => evm.txs.slice(evm.systemTxs)),
    },
  };
}

async function removedBlocks(toBlock: bigint, { store, head }: RollbackDeps): Promise<Block[]> {
  const removed: Block[] = [];
  for (let number = toBlock + 1n; number <= head.block; number += 1n) {
    const block = await store.block(number);
    if (block === undefined) throw tooDeep(toBlock, `block ${number} is not stored`);
    removed.push(block);
  }
  return removed;
}

/** Closed batches that end above the block, newest first. */
async function undoneBatches(toBlock: bigint, { store, head }: RollbackDeps): Promise<ClosedBatch[]> {
  const undone: ClosedBatch[] = [];
  // An open batch begins behind the last closed one.
  let firstAbove = head.open?.firstBlock ?? head.block + 1n;
  for (let number = head.closedBatch; number > 0 && firstAbove - 1n > toBlock; number -= 1) {
    const closed = await store.batch(number);
    if (closed === undefined) throw tooDeep(toBlock, `batch ${number} is not stored`);
    undone.push(closed);
    firstAbove = closed.batch.firstBlock;
  }
  return undone;
}

/** The batch that contains the block and goes on behind it. */
function openAfter(
  toBlock: bigint,
  oldest: ClosedBatch['batch'] | undefined,
  open: OpenBatchRecord | undefined,
): OpenBatchRecord | undefined {
  // What it was opened with is not known any more; the ledger opens it with more when it can.
  const batch = oldest ?? open;
  if (batch === undefined || toBlock < batch.firstBlock) return undefined;
  const { number, shape, timestamp, firstBlock } = batch;
  return { number, shape, timestamp, firstBlock };
}

function blockRemovals(blocks: readonly Block[], { evm, domain }: RollbackDeps): DbOp[] {
  return blocks.flatMap((block) => {
    const written = [...ledgerWrites(block, domain), ...evm.block(block.evm)].map(({ key }) => key);
    return [...written, keys.blockSignature(block.number)].map((key): DbOp => ({ type: 'del', key }));
  });
}

function batchRemovals(undone: readonly ClosedBatch[]): DbOp[] {
  // Newest first: what the oldest batch found is what stays.
  const accounts = new Map<string, DbOp>();
  for (const { slots } of undone) {
    for (const { index, before, after } of slots) {
      if (after === undefined) continue;
      const key = keys.account(index);
      accounts.set(key, before === undefined ? { type: 'del', key } : put(key, accountRecord.encode(before)));
    }
  }
  const records = undone.flatMap(({ batch: { number } }) =>
    [
      keys.batch(number),
      keys.summary(number),
      keys.evmBatch(number),
      keys.posted(number),
      keys.closeSignature(number),
    ].map((key): DbOp => ({ type: 'del', key })),
  );
  return [...accounts.values(), ...records];
}

/** A transaction's hash does not cover assigned indices. */
function asSent(tx: SignedTx): SignedTx {
  return { ...tx, ops: tx.ops.map((op) => (hasAssignedIndex(op.opcode) ? { ...op, to: NO_ACCOUNT } : op)) };
}

function tooDeep(toBlock: bigint, reason: string): ChainError {
  return new ChainError('ROLLBACK_TOO_DEEP', { toBlock, reason });
}
