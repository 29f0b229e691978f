import { checkSameL1Op, queueItemOf } from '../protocol/applyBatch.ts';
import type { OpenBatch } from '../protocol/openBatch.ts';
import type { Block } from './block.ts';
import { ChainError } from './errors.ts';

/**
 * Runs a stored block again on its open batch: L1 operations, newly named fee accounts, transactions (whose signatures were
 * checked before the block was stored). A fee account is named only if it was live when the block began or through the block's
 * L1 operations, so this order finds what the builder found.
 * @throws ChainError BLOCK_INVALID with the rule that failed as its cause
 */
export function replayBlock(open: OpenBatch, block: Block): void {
  try {
    for (const op of block.l1.ops) checkSameL1Op(open.applyL1(queueItemOf(op), op.index), op);
    for (const index of block.feeAccounts) open.nameFeeAccount(index);
    for (const tx of block.txs) open.applyTx(tx, { signatureChecked: true });
  } catch (cause) {
    throw new ChainError('BLOCK_INVALID', { block: block.number }, { cause });
  }
  const root = open.previewRoot();
  if (root !== block.ledgerRoot) {
    throw new ChainError('BLOCK_INVALID', { block: block.number, ledgerRoot: block.ledgerRoot, found: root });
  }
}
