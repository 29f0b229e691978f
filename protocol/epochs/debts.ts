import type { AccountIndex } from '../types.ts';
import type { Payment } from './payout.ts';
import type { PayoutTransaction } from './verifyPayout.ts';

/** What an epoch that is over still owes, by account. */
export interface Debt {
  readonly epoch: number;
  readonly owed: readonly Payment[];
}

/** Epochs whose payouts are kept from being promised again; of more that are unpaid the oldest are given up. Part of the rules. */
export const MAX_DEBTS = 8;

/**
 * What is due and not paid. Without it a keeper that pays late would have the same money promised by every epoch until it does, and more
 * due in the end than the pool holds.
 */
export class Debts {
  /** Oldest first, none empty. */
  #all: { readonly epoch: number; readonly owed: Map<AccountIndex, bigint> }[];

  constructor(state: readonly Debt[] = []) {
    this.#all = state.map(({ epoch, owed }) => ({ epoch, owed: new Map(owed) }));
  }

  get state(): readonly Debt[] {
    return this.#all.map(({ epoch, owed }) => ({ epoch, owed: [...owed] }));
  }

  get total(): bigint {
    let total = 0n;
    for (const { owed } of this.#all) for (const amount of owed.values()) total += amount;
    return total;
  }

  add(epoch: number, due: readonly Payment[]): void {
    if (due.length > 0) this.#all = [...this.#all, { epoch, owed: new Map(due) }].slice(-MAX_DEBTS);
  }

  /** What somebody gets beyond its due pays no other debt. */
  settle({ epoch, payments }: Pick<PayoutTransaction, 'epoch' | 'payments'>): void {
    const owed = this.#all.find((debt) => debt.epoch === epoch)?.owed;
    if (owed === undefined) return;
    for (const [account, amount] of payments) {
      const left = (owed.get(account) ?? 0n) - amount;
      if (left > 0n) owed.set(account, left);
      else owed.delete(account);
    }
    if (owed.size === 0) this.#all = this.#all.filter((debt) => debt.owed !== owed);
  }
}
