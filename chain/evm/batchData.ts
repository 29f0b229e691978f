import { evmBatchOf } from '../../protocol/lane/evmCommitment.ts';
import type { EvmBatch } from '../../protocol/lane/types.ts';
import type { Block } from '../block.ts';
import { ChainError } from '../errors.ts';
import { type EvmDataBlock, encodeEvmData } from './evmData.ts';

/** What a batch of these blocks posts for the EVM lane (docs/protocol.md section 11). */
export async function evmBatchOfBlocks(blocks: readonly Block[]): Promise<EvmBatch> {
  const last = blocks.at(-1);
  if (last === undefined) throw new ChainError('OUT_OF_ORDER', { blocks: 0 });
  let { timestamp } = blocks[0] ?? last;
  const posted = blocks.map((block): EvmDataBlock => {
    const { l1, txs, feeAccounts, evm } = block;
    const timestampDelta = block.timestamp - timestamp;
    timestamp = block.timestamp;
    return {
      timestampDelta,
      l1Count: l1.ops.length,
      opCount: txs.reduce((sum, { ops }) => sum + ops.length, 0),
      laneCount: feeAccounts.length,
      inboxCount: evm.messages.filter(({ kind }) => kind !== 'fromLedger').length,
      txs: evm.txs.slice(evm.systemTxs),
    };
  });
  const { header, hash, outbox, inboxCount } = last.evm;
  const output = { blockHash: hash, outboxRoot: outbox.root, outboxCount: outbox.count, inboxCount };
  return evmBatchOf(output, await encodeEvmData({ beneficiary: header.coinbase.toString(), blocks: posted }));
}
