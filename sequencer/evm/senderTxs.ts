import type { Hex } from '../../protocol/lane/types.ts';
import type { PoolAccount } from './accountCache.ts';
import type { PoolEntry } from './poolEntry.ts';

/** What became of a sender's transactions when its account changed. */
export interface SenderChange {
  /** Their nonces are used. */
  readonly used: readonly PoolEntry[];
  /** Each costs more than the account has. */
  readonly unaffordable: readonly PoolEntry[];
}

/**
 * One sender's transactions. *Pending* are those whose nonces follow the account's without a gap and which it can pay for all together;
 * *queued* is what waits for a gap to be filled or for money.
 */
export class SenderTxs {
  readonly address: Hex;
  /** In order of nonces: the first has the account's nonce. */
  #pending: PoolEntry[] = [];
  /** Sorted by nonce; all above the pending ones. */
  #queued: PoolEntry[] = [];
  #pendingCost = 0n;
  #account: PoolAccount;
  /** The block after which `account` was read. */
  epoch: number;

  constructor(address: Hex, account: PoolAccount, epoch: number) {
    this.address = address;
    this.#account = account;
    this.epoch = epoch;
  }

  get account(): PoolAccount {
    return this.#account;
  }

  get pending(): readonly PoolEntry[] {
    return this.#pending;
  }

  get queued(): readonly PoolEntry[] {
    return this.#queued;
  }

  get size(): number {
    return this.#pending.length + this.#queued.length;
  }

  /** What all pending ones may cost, wei. */
  get pendingCost(): bigint {
    return this.#pendingCost;
  }

  /** The first nonce that is not pending. */
  get nextNonce(): number {
    return this.#account.nonce + this.#pending.length;
  }

  /** The highest nonce: the only one that can go without making another useless. */
  get tail(): PoolEntry | undefined {
    return this.#queued.at(-1) ?? this.#pending.at(-1);
  }

  /** Its next transaction is here but cannot be paid together with the ones before. */
  get isShort(): boolean {
    return this.#queued[0]?.nonce === this.nextNonce;
  }

  isPending(entry: PoolEntry): boolean {
    return this.#pending[entry.nonce - this.#account.nonce] === entry;
  }

  pendingAt(nonce: number): PoolEntry | undefined {
    return this.#pending[nonce - this.#account.nonce];
  }

  at(nonce: number): PoolEntry | undefined {
    return this.pendingAt(nonce) ?? this.#queued[this.#queuedAt(nonce)];
  }

  /** Takes it in, in place of the one with its nonce. Returns what became pending. */
  put(entry: PoolEntry): readonly PoolEntry[] {
    const at = entry.nonce - this.#account.nonce;
    const replaced = this.#pending[at];
    if (replaced !== undefined) {
      this.#pending[at] = entry;
      this.#pendingCost += entry.cost - replaced.cost;
      // It may be cheaper: what comes after the pending ones may be affordable now.
      return [entry, ...this.#promote()];
    }
    const position = this.#insertionPoint(entry.nonce);
    const isReplacement = this.#queued[position]?.nonce === entry.nonce;
    this.#queued.splice(position, isReplacement ? 1 : 0, entry);
    return this.#promote();
  }

  /** Removes it; pending ones behind it wait again. Does nothing if it is not here. */
  remove(entry: PoolEntry): void {
    if (this.isPending(entry)) {
      const behind = this.#pending.splice(entry.nonce - this.#account.nonce);
      for (const { cost } of behind) this.#pendingCost -= cost;
      this.#queued = behind.slice(1).concat(this.#queued);
      return;
    }
    const position = this.#queuedAt(entry.nonce);
    if (this.#queued[position] === entry) this.#queued.splice(position, 1);
  }

  /** A block used the nonces below `nonce`. Nothing becomes pending before the account is read. */
  advance(nonce: number): readonly PoolEntry[] {
    if (nonce <= this.#account.nonce) return [];
    const used = this.#pending.splice(0, nonce - this.#account.nonce);
    for (const { cost } of used) this.#pendingCost -= cost;
    this.#account = { ...this.#account, nonce };
    return used.concat(this.#queued.splice(0, this.#insertionPoint(nonce)));
  }

  /** The account is this now. `promoted` gets what became pending. */
  sync(account: PoolAccount, epoch: number): SenderChange & { readonly promoted: readonly PoolEntry[] } {
    this.epoch = epoch;
    const before = this.#account;
    const used = this.advance(account.nonce);
    const canPay = account.nonce >= before.nonce && this.#pendingCost <= account.balance;
    this.#account = account;
    // Of an account that can pay for everything pending only what waits can be too dear.
    const checked = canPay ? this.#queued : this.#pending.concat(this.#queued);
    const unaffordable = checked.filter(({ cost }) => cost > account.balance);
    const wasPending = new Set(canPay ? [] : this.#pending);
    if (!canPay) {
      this.#pending = [];
      this.#pendingCost = 0n;
    }
    if (!canPay || unaffordable.length > 0) this.#queued = checked.filter(({ cost }) => cost <= account.balance);
    const promoted = this.#promote().filter((entry) => !wasPending.has(entry));
    return { used, unaffordable, promoted };
  }

  #promote(): PoolEntry[] {
    let count = 0;
    let next = this.nextNonce;
    for (const entry of this.#queued) {
      if (entry.nonce !== next || this.#pendingCost + entry.cost > this.#account.balance) break;
      this.#pendingCost += entry.cost;
      next += 1;
      count += 1;
    }
    if (count === 0) return [];
    const promoted = this.#queued.splice(0, count);
    for (const entry of promoted) this.#pending.push(entry);
    return promoted;
  }

  /** Position of this nonce among the queued, or −1. */
  #queuedAt(nonce: number): number {
    const position = this.#insertionPoint(nonce);
    return this.#queued[position]?.nonce === nonce ? position : -1;
  }

  #insertionPoint(nonce: number): number {
    let low = 0;
    let high = this.#queued.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#queued[middle]?.nonce ?? 0) < nonce) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
