import type { Ledger } from '../../chain/ledger.ts';
import type { ChainStore } from '../../chain/store.ts';
import { type AccountProof, AccountTree } from '../../protocol/tree.ts';
import type { Account, AccountIndex, ClosedBatch } from '../../protocol/types.ts';
import { RpcCode, RpcError } from '../rpc/errors.ts';

/**
 * The account tree as of one batch that lies behind the newest, for proofs against what L1 knows. It is made when first asked
 * for, by undoing later batches on a copy, and then follows the batches; a step back (an L1 reorg) makes it anew.
 */
export class StateHistory {
  readonly #deps: { readonly store: ChainStore; readonly ledger: () => Ledger };
  #at: { readonly batch: number; readonly tree: AccountTree } | undefined;
  /** One at a time: two requests must not build, or move, the same tree. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(deps: { readonly store: ChainStore; readonly ledger: () => Ledger }) {
    this.#deps = deps;
  }

  /** Batches were taken back: their numbers may come again for others. */
  forget(): void {
    this.#turn = this.#turn.then(() => {
      this.#at = undefined;
    });
  }

  /** @throws RpcError UNAVAILABLE STATE_MOVED if batches keep closing while it is built (try again) */
  proof(index: AccountIndex, batch: number): Promise<AccountProof> {
    const turn = this.#turn.then(async () => (await this.#treeAt(batch)).proof(index));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #treeAt(batch: number): Promise<AccountTree> {
    const at = this.#at;
    if (at !== undefined && at.batch <= batch) {
      for (let number = at.batch + 1; number <= batch; number += 1) {
        for (const { index, after } of (await this.#closed(number)).slots)
          if (after !== undefined) at.tree.set(index, after);
      }
      this.#at = { batch, tree: at.tree };
      return at.tree;
    }
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const tree = await this.#rebuild(batch);
      if (tree === undefined) continue;
      this.#at = { batch, tree };
      return tree;
    }
    throw new RpcError(RpcCode.UNAVAILABLE, 'STATE_MOVED', 'the state moved on while the proof was made; try again');
  }

  /** Undefined if the result is not the batch's root: a batch closed in between. */
  async #rebuild(batch: number): Promise<AccountTree | undefined> {
    const { store, ledger } = this.#deps;
    const newest = store.head.closedBatch;
    const accounts = new Map<AccountIndex, Account | undefined>(ledger().closedTree.entries());
    for (let number = newest; number > batch; number -= 1) {
      for (const { index, before, after } of (await this.#closed(number)).slots) {
        if (before !== undefined || after !== undefined) accounts.set(index, before);
      }
    }
    const tree = new AccountTree();
    for (const [index, account] of accounts) if (account !== undefined) tree.set(index, account);
    const expected = batch === 0 ? new AccountTree().root : (await store.summary(batch))?.newRoot;
    return tree.root === expected ? tree : undefined;
  }

  async #closed(number: number): Promise<ClosedBatch> {
    const closed = await this.#deps.store.batch(number);
    if (closed === undefined) {
      throw new RpcError(RpcCode.UNAVAILABLE, 'BATCH_PRUNED', 'a batch that the proof needs is not stored', {
        batch: number,
      });
    }
    return closed;
  }
}
