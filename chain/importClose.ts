import { ProtocolError } from '../protocol/errors.ts';
import { evmBatchOf } from '../protocol/lane/evmCommitment.ts';
import type { EvmBatch } from '../protocol/lane/types.ts';
import type { BatchClose } from '../protocol/network/digests.ts';
import type { OpenBatch } from '../protocol/openBatch.ts';
import type { ClosedBatch } from '../protocol/types.ts';
import type { Block } from './block.ts';
import { ChainError } from './errors.ts';
import { evmBatchOfBlocks, evmDataOf, evmOutputOf } from './evm/batchData.ts';
import { EvmError } from './evm/errors.ts';
import { decodeEvmData, encodeEvmRlp } from './evm/evmData.ts';
import type { LedgerState } from './ledgerState.ts';
import type { OpenRun } from './openRun.ts';
import type { BatchSummary } from './types.ts';

export interface ClosedRun {
  readonly closed: ClosedBatch;
  readonly evm: EvmBatch;
  readonly summary: BatchSummary;
}

/** Closes the open batch as somebody else did. See `Ledger.importClose`. @throws ChainError OUT_OF_ORDER, CLOSE_MISMATCH: nothing has changed */
export async function importClose(state: LedgerState, close: BatchClose, evmData?: Uint8Array): Promise<ClosedRun> {
  state.abandonEmpty();
  const { open, store } = state;
  if (open === undefined || close.number !== open.record.number || close.lastBlock !== store.head.block) {
    throw new ChainError('OUT_OF_ORDER', { batch: close.number, lastBlock: close.lastBlock, head: store.head.block });
  }
  const evm = await evmBatch(open.blocks, close, evmData);
  if (evm.commitment !== close.evmCommitment) throw mismatch(close, close.evmCommitment, evm.commitment);
  const batch = batchAs(open, close);
  const checkpoint = state.tree.checkpoint();
  try {
    const closed = settled(batch, close);
    if (closed.commitment.c !== close.c) throw mismatch(close, close.c, closed.commitment.c);
    const summary = await store.closeBatch(closed, evm);
    state.tree.commit(checkpoint);
    state.closed(closed);
    return { closed, evm, summary };
  } catch (error) {
    state.tree.revert(checkpoint);
    throw error;
  }
}

/** The lane's part with data compressed here, or with those that L1 has if they say the same. @throws ChainError CLOSE_MISMATCH */
async function evmBatch(
  blocks: readonly Block[],
  close: BatchClose,
  posted: Uint8Array | undefined,
): Promise<EvmBatch> {
  try {
    if (posted === undefined) return await evmBatchOfBlocks(blocks);
    const theirs = encodeEvmRlp(await decodeEvmData(posted));
    const ours = encodeEvmRlp(evmDataOf(blocks));
    if (Buffer.compare(theirs, ours) !== 0) throw mismatch(close, 'the posted data', 'those of the blocks');
    return evmBatchOf(evmOutputOf(blocks), posted);
  } catch (cause) {
    if (!(cause instanceof EvmError && cause.code === 'BAD_EVM_DATA')) throw cause;
    throw mismatch(close, 'EVM data', String(cause.data.reason), cause);
  }
}

/** The open batch in the slots it was closed in. @throws ChainError CLOSE_MISMATCH: they do not hold it */
function batchAs(open: OpenRun, close: BatchClose): OpenBatch {
  try {
    return open.remade(close.shape);
  } catch (cause) {
    if (!(cause instanceof ChainError && cause.code === 'BLOCK_INVALID')) throw cause;
    throw mismatch(close, close.shape, String(cause.data.reason), cause);
  }
}

function settled(batch: OpenBatch, close: BatchClose): ClosedBatch {
  try {
    return batch.close({ lastBlock: close.lastBlock, evmCommitment: close.evmCommitment });
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw mismatch(close, close.c, cause.code, cause);
  }
}

function mismatch(
  { number }: BatchClose,
  expected: string | bigint,
  found: string | bigint,
  cause?: unknown,
): ChainError {
  return new ChainError('CLOSE_MISMATCH', { batch: number, expected, found }, { cause });
}
