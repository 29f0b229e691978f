import { txHash } from '../protocol/tx.ts';
import type { ClosedBatch, Field } from '../protocol/types.ts';
import { aiRecords, createdBy } from './aiRecords.ts';
import type { Block } from './block.ts';
import { createdAccounts } from './createdAccounts.ts';
import { type DbOp, put } from './db.ts';
import { keys } from './keys.ts';
import { bodyRecord, closedBatchRecord, locationRecord, summaryRecord, txLocationRecord } from './records.ts';
import type { BatchSummary } from './types.ts';

/** The ledger part of a block, and all that looks things up in it. A rollback removes what stands under the same keys. */
export function ledgerWrites(block: Block, domain: Field): DbOp[] {
  const { batch } = block;
  const ops: DbOp[] = [put(keys.block(block.number), bodyRecord.encode(block))];
  block.txs.forEach((tx, position) => {
    const location = { block: block.number, batch, position };
    const hash = txHash(tx, domain);
    ops.push(put(keys.tx(hash), txLocationRecord.encode({ ...location, created: createdBy(tx) })));
    ops.push(...aiRecords(tx, { ...location, txHash: hash, timestamp: block.timestamp }));
  });
  block.l1.ops.forEach((_, position) => {
    const key = keys.queueItem(block.l1.firstQueueIndex + BigInt(position));
    ops.push(put(key, locationRecord.encode({ block: block.number, batch, position })));
  });
  for (const created of createdAccounts(block)) {
    ops.push(put(keys.byKey(created.key, created.index), ''), put(keys.byAddress(created.address, created.index), ''));
  }
  return ops;
}

/** A closed batch without the accounts it changed. */
export function batchWrites(closed: ClosedBatch, summary: BatchSummary): DbOp[] {
  return [
    put(keys.batch(summary.number), closedBatchRecord.encode(closed)),
    put(keys.summary(summary.number), summaryRecord.encode(summary)),
  ];
}

/** @param nextQueueIndex after the batch */
export function summaryOf({ batch, exits }: ClosedBatch, nextQueueIndex: bigint): BatchSummary {
  return {
    number: batch.number,
    shape: batch.shape,
    status: 'closed',
    oldRoot: batch.oldRoot,
    newRoot: batch.newRoot,
    timestamp: batch.timestamp,
    firstBlock: batch.firstBlock,
    lastBlock: batch.lastBlock,
    firstQueueIndex: nextQueueIndex - BigInt(batch.l1Ops.length),
    l1Ops: batch.l1Ops.length,
    txs: batch.txs.length,
    ops: batch.txs.reduce((sum, tx) => sum + tx.ops.length, 0),
    exits: exits.length,
    commitTx: undefined,
    proveTx: undefined,
  };
}
