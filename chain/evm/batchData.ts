import { evmBatchOf } from '../../protocol/lane/evmCommitment.ts';
import type { EvmBatch, EvmOutput } from '../../protocol/lane/types.ts';
import type { Block } from '../block.ts';
import { ChainError } from '../errors.ts';
import { type EvmData, type EvmDataBlock, encodeEvmData } from './evmData.ts';

/** What a batch of these blocks posts for the EVM lane (docs/protocol.md section 11). @throws EvmError BAD_EVM_DATA: it is too long */
export async function evmBatchOfBlocks(blocks: readonly Block[]): Promise<EvmBatch> {
  return evmBatchOf(evmOutputOf(blocks), await encodeEvmData(evmDataOf(blocks)));
}

/** Its outcome. */
export function evmOutputOf(blocks: readonly Block[]): EvmOutput {
  const { hash, outbox, inboxCount } = lastOf(blocks).evm;
  return { blockHash: hash, outboxRoot: outbox.root, outboxCount: outbox.count, inboxCount };
}

/** Its data, before compression. */
export function evmDataOf(blocks: readonly Block[]): EvmData {
  const last = lastOf(blocks);
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
  return { beneficiary: last.evm.header.coinbase.toString(), blocks: posted };
}

function lastOf(blocks: readonly Block[]): Block {
  const last = blocks.at(-1);
  if (last === undefined) throw new ChainError('OUT_OF_ORDER', { blocks: 0 });
  return last;
}
