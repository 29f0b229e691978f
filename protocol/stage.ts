import type { Account, AccountIndex, Exit } from './types.ts';

/** Accounts as the batch sees them so far. */
export interface AccountView {
  get(index: AccountIndex): Account | undefined;
}

/**
 * What one transaction or one L1 operation would do. Rules read and write a stage; the batch takes a stage over as a whole
 * once every rule has held, so a refused operation leaves nothing behind.
 */
export class Stage {
  readonly #view: AccountView;
  readonly accounts = new Map<AccountIndex, Account>();
  /** Every account named, changed or not: each needs an account slot. */
  readonly touched = new Set<AccountIndex>();
  /** Accounts created here → number of the op of this stage (from 0) that did it. */
  readonly created = new Map<AccountIndex, number>();
  readonly exits: Exit[] = [];
  /** Fees by token. */
  readonly fees = new Map<number, bigint>();
  /** Royalties by the account of the model that earned them. */
  readonly royalties = new Map<AccountIndex, bigint>();
  /** The batch timestamp (seconds): the only time a rule may look at. */
  readonly timestamp: number;
  /** Number (from 0, within this stage) of the op being tried. */
  opNumber = 0;

  constructor(view: AccountView, options: { timestamp: number }) {
    this.#view = view;
    this.timestamp = options.timestamp;
  }

  get(index: AccountIndex): Account | undefined {
    return this.accounts.get(index) ?? this.#view.get(index);
  }

  set(index: AccountIndex, account: Account): void {
    this.accounts.set(index, account);
  }

  /** The caller has checked that the index is free. */
  create(index: AccountIndex, account: Account): void {
    this.created.set(index, this.opNumber);
    this.accounts.set(index, account);
  }

  /** Index 0 ("none") never takes a slot. */
  touch(index: AccountIndex): void {
    if (index !== 0) this.touched.add(index);
  }

  addFee(token: number, fee: bigint): void {
    if (fee > 0n) this.fees.set(token, (this.fees.get(token) ?? 0n) + fee);
  }

  addRoyalty(model: AccountIndex, royalty: bigint): void {
    if (royalty > 0n) this.royalties.set(model, (this.royalties.get(model) ?? 0n) + royalty);
  }
}
