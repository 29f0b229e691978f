import { ProtocolError } from '../protocol/errors.ts';
import { MAX_BATCH_BLOCKS, MAX_BATCH_GAS, MAX_EVM_DATA, MAX_L1_MESSAGES } from '../protocol/lane/constants.ts';
import { ChainError } from './errors.ts';
import { EvmError } from './evm/errors.ts';
import { userGas } from './evm/fees.ts';
import { EvmTxError } from './evm/txRules.ts';
import type { ExecutedBlock } from './evm/types.ts';
import { userTx } from './evm/userTx.ts';
import { ALL_SHAPES, type LedgerState, type PreparedBlock, type SealedBlock } from './ledgerState.ts';
import { isNamed, type OpenRun } from './openRun.ts';
import { replayBlock } from './replay.ts';
import type { WireBlock } from './wire/types.ts';

/** RLP of a block in posted data beyond its transactions' bytes, and of a transaction beyond its own, at most. */
const BLOCK_OVERHEAD = 40;
const TX_OVERHEAD = 4;

/**
 * Executes the next block by somebody else and stores it if it comes out as it says. See `Ledger.importBlock`.
 * @throws ChainError OUT_OF_ORDER, BLOCK_INVALID; EvmError of the machine or the store. Nothing has changed then
 */
export async function importBlock(state: LedgerState, block: WireBlock): Promise<SealedBlock> {
  state.abandonEmpty();
  checkFollows(state, block);
  const open = state.open ?? newRun(state, block);
  checkBounds(open, block);
  const { shape } = open.record;
  try {
    applyLedger(open, block);
    const prepared = prepare(state, open, block);
    const executed = await execute(state, prepared, block);
    if (open.evmUse.gas + userGas(executed) > MAX_BATCH_GAS) throw invalid(block, 'more gas than a batch may use');
    if (BigInt(executed.hash) !== block.hash) throw invalid(block, 'hash');
    const sealed = await state.append(open.record, prepared, executed);
    open.add(sealed.block);
    state.open = open;
    return sealed;
  } catch (error) {
    open.reset(shape);
    throw error;
  }
}

/** @throws ChainError OUT_OF_ORDER if it belongs somewhere else, BLOCK_INVALID if it can belong nowhere */
function checkFollows({ store, open }: LedgerState, block: WireBlock): void {
  const { head } = store;
  const { number, parentHash, batch, batchTimestamp, timestamp, l1, l1Messages } = block;
  if (number !== head.block + 1n || parentHash !== head.hash || batch !== head.closedBatch + 1) {
    throw new ChainError('OUT_OF_ORDER', { block: number, batch, head: head.block, closedBatch: head.closedBatch });
  }
  if (timestamp < head.timestamp) throw invalid(block, 'timestamp');
  if (batchTimestamp !== (open?.record.timestamp ?? timestamp)) throw invalid(block, 'batch timestamp');
  if (l1.firstQueueIndex !== head.nextQueueIndex) throw invalid(block, 'queue index');
  l1Messages.forEach(({ index }, i) => {
    if (index !== head.inboxCount + BigInt(i)) throw invalid(block, 'message index');
  });
}

/** What would make the batch one that nobody can post. @throws ChainError BLOCK_INVALID */
function checkBounds(open: OpenRun, block: WireBlock): void {
  if (block.l1Messages.length > MAX_L1_MESSAGES) throw invalid(block, 'messages');
  if (open.blocks.length >= MAX_BATCH_BLOCKS) throw invalid(block, 'blocks of the batch');
  const { beneficiary, blocks } = open;
  if (block.beneficiary !== (beneficiary ?? block.beneficiary)) throw invalid(block, 'beneficiary');
  const txs = blocks.reduce((sum, { evm }) => sum + evm.txs.length - evm.systemTxs, block.evmTxs.length);
  const bytes = block.evmTxs.reduce((sum, { length }) => sum + length, open.evmUse.bytes);
  if (bytes + TX_OVERHEAD * txs + BLOCK_OVERHEAD * (blocks.length + 1) > MAX_EVM_DATA) {
    throw invalid(block, 'more EVM data than a batch may post');
  }
}

function newRun(state: LedgerState, { batch, timestamp, number }: WireBlock): OpenRun {
  return state.newRun({ number: batch, shape: state.largestShape, timestamp, firstBlock: number });
}

/** In slots of a larger shape, if it takes them: others may prove what this node does not. @throws ChainError BLOCK_INVALID */
function applyLedger(open: OpenRun, block: WireBlock): void {
  if (!open.isAsStored) open.reset();
  for (;;) {
    try {
      replayBlock(open.batch, block);
      break;
    } catch (error) {
      const wider = isFull(error) ? ALL_SHAPES[ALL_SHAPES.indexOf(open.record.shape) + 1] : undefined;
      if (wider === undefined) throw error;
      open.reset(wider);
    }
  }
  if (!isNamed(open.batch.feeAccounts, block.feeAccounts)) throw invalid(block, 'fee accounts');
}

function isFull(error: unknown): boolean {
  return error instanceof ChainError && error.cause instanceof ProtocolError && error.cause.code === 'BATCH_FULL';
}

function prepare(state: LedgerState, open: OpenRun, block: WireBlock): PreparedBlock {
  const { timestamp, l1, txs, feeAccounts, l1Messages, beneficiary, ledgerRoot } = block;
  return state.prepare(open.record, {
    ...{ timestamp, l1Ops: l1.ops, txs, feeAccounts, l1Messages, beneficiary, ledgerRoot },
    account: (index) => open.batch.account(index),
  });
}

/** @throws ChainError BLOCK_INVALID; whatever is not the block's fault is thrown as it is */
async function execute({ lane }: LedgerState, { input }: PreparedBlock, block: WireBlock): Promise<ExecutedBlock> {
  try {
    // Copies: the block's are views of all that came with it.
    const txs = block.evmTxs.map((raw) => userTx(raw.slice(), lane.common));
    return await lane.execute(input, txs);
  } catch (cause) {
    if (cause instanceof EvmTxError) throw invalid(block, cause.code, cause);
    if (cause instanceof EvmError && cause.code === 'INVALID_TX') throw invalid(block, String(cause.data.code), cause);
    throw cause;
  }
}

function invalid({ number }: WireBlock, reason: string, cause?: unknown): ChainError {
  return new ChainError('BLOCK_INVALID', { block: number, reason }, { cause });
}
