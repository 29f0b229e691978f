import type { Block } from '../chain/block.ts';
import { createdAccounts } from '../chain/createdAccounts.ts';
import type { ChainStore } from '../chain/store.ts';
import type { Account, AccountIndex, Point } from '../protocol/types.ts';

export interface FeeAccountsOptions {
  /** Every KEY account of this key takes the fees of its token (the one with the lowest index, if there are several). */
  readonly key?: Point | undefined;
  /**
   * The Ethereum address those accounts must have. A deposit for a key needs nobody's consent: without this, anyone could open an
   * account of this key with an address of their own, and force the fees out of it on L1.
   */
  readonly owner?: bigint | undefined;
  /** Accounts named one by one, by token; they go before the key's. */
  readonly byToken?: ReadonlyMap<number, AccountIndex> | undefined;
}

/**
 * The sequencer's own accounts. It knows those that were live when the last block was sealed and no newer ones, as
 * BlockInput.feeAccountOf asks.
 */
export class FeeAccounts {
  readonly #options: FeeAccountsOptions;
  readonly #account: (index: AccountIndex) => Account | undefined;
  readonly #found = new Map<number, AccountIndex>();

  private constructor(options: FeeAccountsOptions, account: (index: AccountIndex) => Account | undefined) {
    this.#options = options;
    this.#account = account;
  }

  static async load(
    options: FeeAccountsOptions,
    deps: { store: ChainStore; account: (index: AccountIndex) => Account | undefined },
  ): Promise<FeeAccounts> {
    const accounts = new FeeAccounts(options, deps.account);
    if (options.key === undefined) return accounts;
    for (const index of await deps.store.accountsByKey(options.key)) accounts.#add(index);
    return accounts;
  }

  /** To be called with every sealed block. */
  onBlock(block: Block): void {
    const { key } = this.#options;
    if (key === undefined) return;
    for (const created of createdAccounts(block)) {
      if (created.key[0] === key[0] && created.key[1] === key[1]) this.#add(created.index);
    }
  }

  of(token: number): AccountIndex | undefined {
    const named = this.#options.byToken?.get(token);
    if (named !== undefined && this.#account(named)?.token === token) return named;
    return this.#found.get(token);
  }

  #add(index: AccountIndex): void {
    const account = this.#account(index);
    const { owner } = this.#options;
    if (account === undefined || (owner !== undefined && account.c !== owner)) return;
    if (!this.#found.has(account.token)) this.#found.set(account.token, index);
  }
}
