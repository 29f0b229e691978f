import { hasAssignedIndex } from '../protocol/codec/opWords.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { ACCOUNT_LIMIT } from '../protocol/ids.ts';
import type { AccountIndex, SignedTx } from '../protocol/types.ts';

/**
 * Chooses the indices of new accounts: the lowest free ones. It remembers only where to start looking; what is free is read
 * from the state each time, so a restart or a refused operation leaves no hole and no double use.
 */
export class IndexAllocator {
  readonly #isLive: (index: AccountIndex) => boolean;
  /** Every index below this is live. */
  #next = 1;

  constructor(deps: { isLive: (index: AccountIndex) => boolean }) {
    this.#isLive = deps.isLive;
  }

  /** The `count` lowest free indices. @throws ProtocolError INDEX_OUT_OF_RANGE when the tree is full */
  free(count: number): AccountIndex[] {
    while (this.#next < ACCOUNT_LIMIT && this.#isLive(this.#next as AccountIndex)) this.#next += 1;
    const found: AccountIndex[] = [];
    for (let index = this.#next; found.length < count; index += 1) {
      if (index >= ACCOUNT_LIMIT) throw new ProtocolError('INDEX_OUT_OF_RANGE', { index });
      // The loop keeps it in the range of indices.
      if (!this.#isLive(index as AccountIndex)) found.push(index as AccountIndex);
    }
    return found;
  }

  /** The transaction with every assigned index filled in. */
  assign(tx: SignedTx): SignedTx {
    const count = tx.ops.filter((op) => hasAssignedIndex(op.opcode)).length;
    if (count === 0) return tx;
    const indices = this.free(count).values();
    const ops = tx.ops.map((op) => (hasAssignedIndex(op.opcode) ? { ...op, to: indices.next().value ?? op.to } : op));
    return { ...tx, ops };
  }
}
