import type { Account, AccountIndex, Field, SignedTx } from '../protocol/types.ts';
import { Heap } from './heap.ts';

/** A key that signatures were checked with: the account's own, or a channel's voucher key. */
export interface CheckedKey {
  readonly index: AccountIndex;
  readonly a: bigint;
  readonly b: bigint;
}

/** Whether signatures that were checked with these keys still bind who they seem to. */
export function areKeys(keys: readonly CheckedKey[], account: (index: AccountIndex) => Account | undefined): boolean {
  return keys.every(({ index, a, b }) => {
    const found = account(index);
    return found?.a === a && found.b === b;
  });
}

/** A transaction that waits, and what is asked about it again and again. */
export interface PoolEntry {
  readonly tx: SignedTx;
  readonly hash: Field;
  /** Signatures say nothing about an index: these accounts must have these keys. Only a rollback can change that. */
  readonly keys: readonly CheckedKey[];
  readonly bytes: number;
  /** What the signer's own account must hold for it (txCost). */
  readonly cost: bigint;
  readonly fee: bigint;
  /** Comparable between tokens (FeePolicy.score). */
  readonly score: bigint;
  readonly addedAtMs: number;
  /** Order of arrival. */
  readonly sequence: number;
}

/** A walk over the pool while a block is built. The pool itself changes only when the block is known to be stored. */
export class Selection {
  readonly #heads = new Heap<PoolEntry>((x, y) => (x.score === y.score ? x.sequence < y.sequence : x.score > y.score));
  readonly #following: (entry: PoolEntry) => PoolEntry | undefined;

  constructor(heads: readonly PoolEntry[], following: (entry: PoolEntry) => PoolEntry | undefined) {
    for (const head of heads) this.#heads.push(head);
    this.#following = following;
  }

  peek(): PoolEntry | undefined {
    return this.#heads.peek();
  }

  /** The current transaction was applied: its sender's next one becomes eligible. */
  accept(): void {
    const entry = this.#heads.pop();
    const next = entry === undefined ? undefined : this.#following(entry);
    if (next !== undefined) this.#heads.push(next);
  }

  /** The current transaction was not applied: its sender's later ones wait. */
  reject(): void {
    this.#heads.pop();
  }
}
