import { checkOp } from '../protocol/codec/opWords.ts';
import { checkUnassigned } from '../protocol/codec/tx.ts';
import { applyOp } from '../protocol/ops/applyOp.ts';
import { SHAPES } from '../protocol/shapes.ts';
import { Stage } from '../protocol/stage.ts';
import type { Account, AccountIndex, ShapeName, SignedTx } from '../protocol/types.ts';
import { MempoolError } from './errors.ts';
import type { IndexAllocator } from './indexAllocator.ts';
import { fitsEmptyBatch } from './txCost.ts';

/**
 * Tries the operations on the current state and forgets the result: a client hears at once of an unknown target, a wrong
 * token, a key off the curve. Nonce, expiry and signature are the caller's. Passing does not promise inclusion.
 * @throws ProtocolError, MempoolError TX_TOO_LARGE
 */
export function checkTx(
  tx: SignedTx,
  deps: {
    account: (index: AccountIndex) => Account | undefined;
    indices: IndexAllocator;
    largestShape: ShapeName;
  },
): void {
  checkUnassigned(tx);
  tx.ops.forEach(checkOp);
  if (!fitsEmptyBatch(tx, SHAPES[deps.largestShape])) throw new MempoolError('TX_TOO_LARGE', { ops: tx.ops.length });
  const stage = new Stage({ get: deps.account });
  for (const op of deps.indices.assign(tx).ops) applyOp(stage, op, tx.signer);
}
