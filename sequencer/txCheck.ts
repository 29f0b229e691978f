import { checkOp } from '../protocol/codec/opWords.ts';
import { checkUnassigned } from '../protocol/codec/tx.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { applyOp } from '../protocol/ops/applyOp.ts';
import { SHAPES } from '../protocol/shapes.ts';
import { Stage } from '../protocol/stage.ts';
import type { Account, AccountIndex, ShapeName, SignedTx } from '../protocol/types.ts';
import { MempoolError } from './errors.ts';
import type { IndexAllocator } from './indexAllocator.ts';
import { fitsAccounts, fitsSlots, txSignatures } from './txCost.ts';

export interface TxCheckDeps {
  readonly account: (index: AccountIndex) => Account | undefined;
  readonly indices: IndexAllocator;
  readonly largestShape: ShapeName;
  /** Seconds: of the open batch; absent if there is none. */
  readonly openTimestamp: number | undefined;
  /** Seconds: what a batch that begins now would have. */
  readonly timestamp: number;
}

/**
 * Tries the operations on the current state and forgets the result: a client hears at once of an unknown target, a wrong
 * token, a key off the curve, a stale voucher. Nonce, expiry and signatures are the caller's. Passing does not promise inclusion.
 * Time: it is enough if the rules hold in the open batch (a channel that was not over when it began) or in the next one (a
 * channel that is over by now).
 * @throws ProtocolError, MempoolError TX_TOO_LARGE
 */
export function checkTx(tx: SignedTx, deps: TxCheckDeps): void {
  const { openTimestamp, timestamp } = deps;
  try {
    tryAt(tx, openTimestamp ?? timestamp, deps);
  } catch (error) {
    if (openTimestamp === undefined || !isTooEarly(error)) throw error;
    tryAt(tx, timestamp, deps);
  }
}

/** A later batch can take what this one refuses for this reason: of all rules only this one can come true with time alone. */
export function isTooEarly(error: unknown): boolean {
  return error instanceof ProtocolError && error.code === 'CHANNEL_NOT_OVER';
}

/** Whether the rules hold for this transaction in a batch of that timestamp. */
export function holdsAt(
  tx: SignedTx,
  timestamp: number,
  deps: Omit<TxCheckDeps, 'openTimestamp' | 'timestamp'>,
): boolean {
  try {
    tryAt(tx, timestamp, deps);
    return true;
  } catch {
    return false;
  }
}

function tryAt(tx: SignedTx, timestamp: number, deps: Omit<TxCheckDeps, 'openTimestamp' | 'timestamp'>): void {
  checkUnassigned(tx);
  tx.ops.forEach(checkOp);
  const shape = SHAPES[deps.largestShape];
  const tooLarge = { ops: tx.ops.length, signatures: txSignatures(tx) };
  if (!fitsSlots(tx, shape)) throw new MempoolError('TX_TOO_LARGE', tooLarge);
  const stage = new Stage({ get: deps.account }, { timestamp });
  stage.touch(tx.signer);
  for (const op of deps.indices.assign(tx).ops) applyOp(stage, op, tx.signer);
  if (!fitsAccounts(tx, stage.touched.size, shape)) {
    throw new MempoolError('TX_TOO_LARGE', { ...tooLarge, accounts: stage.touched.size });
  }
}
