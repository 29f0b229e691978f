import { checkSameL1Op, queueItemOf } from '../protocol/applyBatch.ts';
import { ProtocolError } from '../protocol/errors.ts';
import type { OpenBatch } from '../protocol/openBatch.ts';
import type { BlockBody } from './block.ts';
import { ChainError } from './errors.ts';

/**
 * Runs a block's ledger part on its open batch: L1 operations, newly named fee accounts, transactions (whose signatures were
 * checked before). A fee account is named only if it was live when the block began or through the block's
 * L1 operations, so this order finds what the builder found.
 * @throws ChainError BLOCK_INVALID with the rule that failed as its cause; the batch is of no use then
 */
export function replayBlock(
  open: OpenBatch,
  block: Pick<BlockBody, 'number' | 'l1' | 'feeAccounts' | 'txs' | 'ledgerRoot'>,
): void {
  try {
    for (const op of block.l1.ops) checkSameL1Op(open.applyL1(queueItemOf(op), op.index), op);
    for (const index of block.feeAccounts) open.nameFeeAccount(index);
    for (const tx of block.txs) open.applyTx(tx, { signatureChecked: true });
  } catch (cause) {
    const reason = cause instanceof ProtocolError ? cause.code : 'unknown';
    throw new ChainError('BLOCK_INVALID', { block: block.number, reason }, { cause });
  }
  const root = open.previewRoot();
  if (root !== block.ledgerRoot) {
    const { number, ledgerRoot } = block;
    throw new ChainError('BLOCK_INVALID', { block: number, reason: 'ledger root', ledgerRoot, found: root });
  }
}
