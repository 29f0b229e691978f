import type { Hex } from '../../../protocol/lane/types.ts';

export interface ModelTx {
  readonly sender: Hex;
  readonly hash: Hex;
  readonly nonce: number;
  readonly feeCap: bigint;
  readonly tip: bigint;
  readonly cost: bigint;
  readonly bytes: number;
  readonly sequence: number;
  readonly addedAtMs: number;
}

export interface ModelAccount {
  nonce: number;
  balance: bigint;
  isDelegated: boolean;
}

interface Limits {
  readonly maxTxs: number;
  readonly maxBytes: number;
  readonly maxQueued: number;
  readonly maxPerSender: number;
  readonly maxQueuedPerSender: number;
  readonly lifetimeMs: number;
}

/** What the pool must do, said as plainly as possible: one list, everything recomputed every time. */
export class PoolModel {
  txs: ModelTx[] = [];
  readonly accounts = new Map<Hex, ModelAccount>();
  readonly dropped = new Map<Hex, string>();
  baseFee = 10n;
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  account(address: Hex): ModelAccount {
    return this.accounts.get(address) ?? { nonce: 0, balance: 0n, isDelegated: false };
  }

  of(sender: Hex, txs = this.txs): ModelTx[] {
    return txs.filter((tx) => tx.sender === sender).sort((x, y) => x.nonce - y.nonce);
  }

  pending(sender: Hex, txs = this.txs): ModelTx[] {
    const { nonce, balance } = this.account(sender);
    const found: ModelTx[] = [];
    let cost = 0n;
    for (const tx of this.of(sender, txs)) {
      cost += tx.cost;
      if (tx.nonce !== nonce + found.length || cost > balance) break;
      found.push(tx);
    }
    return found;
  }

  queued(sender: Hex, txs = this.txs): ModelTx[] {
    return this.of(sender, txs).slice(this.pending(sender, txs).length);
  }

  senders(txs = this.txs): Hex[] {
    return [...new Set(txs.map(({ sender }) => sender))];
  }

  tipOf({ tip, feeCap }: ModelTx): bigint {
    return tip < feeCap - this.baseFee ? tip : feeCap - this.baseFee;
  }

  add(tx: ModelTx): string {
    this.expire(tx.addedAtMs);
    const { nonce, balance, isDelegated } = this.account(tx.sender);
    if (tx.nonce < nonce) return 'NONCE_TOO_LOW';
    const pending = this.pending(tx.sender);
    const spent = pending.filter((other) => other.nonce !== tx.nonce).reduce((sum, { cost }) => sum + cost, 0n);
    if (spent + tx.cost > balance) return 'INSUFFICIENT_FUNDS';
    if (isDelegated && pending.length === 0 && tx.nonce !== nonce) return 'DELEGATED_GAP';
    if (isDelegated && pending.length > 0 && pending.every((other) => other.nonce !== tx.nonce)) {
      return 'IN_FLIGHT_LIMIT';
    }
    const own = this.of(tx.sender);
    const replaced = own.find((other) => other.nonce === tx.nonce);
    if (replaced !== undefined) {
      const isBetter = tx.feeCap * 10n >= replaced.feeCap * 11n && tx.tip * 10n >= replaced.tip * 11n;
      if (!isBetter || tx.tip === replaced.tip) return 'REPLACEMENT_UNDERPRICED';
      this.#drop(replaced, 'REPLACED');
      this.txs.push(tx);
      return 'added';
    }
    const isNext = tx.nonce === nonce + pending.length;
    const { maxPerSender, maxQueuedPerSender } = this.#limits;
    const isSenderFull = own.length >= maxPerSender || (!isNext && own.length - pending.length >= maxQueuedPerSender);
    return isSenderFull ? 'SENDER_FULL' : this.#addWithin(tx, isNext);
  }

  #addWithin(tx: ModelTx, isNext: boolean): string {
    let left = this.txs;
    const victims: ModelTx[] = [];
    while (!this.#hasRoom(tx, isNext, left)) {
      if (victims.length === 16) return 'POOL_FULL';
      const tails = this.senders(left)
        .filter((sender) => sender !== tx.sender)
        .map((sender) => {
          const entry = this.of(sender, left).at(-1) as ModelTx; // a sender has one at least
          return { entry, isPending: this.pending(sender, left).at(-1) === entry, tip: this.tipOf(entry) };
        })
        .sort(
          (x, y) =>
            Number(x.isPending) - Number(y.isPending) ||
            Number(x.tip - y.tip) ||
            Number(x.entry.feeCap - y.entry.feeCap) ||
            y.entry.sequence - x.entry.sequence,
        );
      const worst = tails[0];
      if (worst === undefined) return 'POOL_FULL';
      if (worst.isPending && !isNext) return 'FUTURE_REPLACES_PENDING';
      if (worst.isPending === isNext && this.tipOf(tx) <= worst.tip) return 'UNDERPRICED';
      victims.push(worst.entry);
      left = left.filter((other) => other !== worst.entry);
    }
    for (const victim of victims) this.#drop(victim, 'EVICTED');
    this.txs.push(tx);
    return 'added';
  }

  #hasRoom(tx: ModelTx, isNext: boolean, txs: readonly ModelTx[]): boolean {
    const bytes = txs.reduce((sum, other) => sum + other.bytes, tx.bytes);
    if (txs.length + 1 > this.#limits.maxTxs || bytes > this.#limits.maxBytes) return false;
    const queued = this.senders([...txs]).reduce((sum, sender) => sum + this.queued(sender, [...txs]).length, 0);
    return isNext || queued < this.#limits.maxQueued;
  }

  /** Accounts were changed already; `mined` are the hashes of the block. */
  block(mined: ReadonlySet<Hex>, nowMs: number): void {
    for (const tx of [...this.txs]) {
      if (mined.has(tx.hash)) this.txs = this.txs.filter((other) => other !== tx);
      else if (tx.nonce < this.account(tx.sender).nonce) this.#drop(tx, 'NONCE_TOO_LOW');
    }
    this.expire(nowMs);
    for (const tx of [...this.txs]) {
      if (tx.cost > this.account(tx.sender).balance) this.#drop(tx, 'INSUFFICIENT_FUNDS');
    }
    for (const sender of this.senders()) this.#truncate(sender);
  }

  expire(nowMs: number): void {
    for (const tx of [...this.txs]) {
      if (tx.addedAtMs >= nowMs - this.#limits.lifetimeMs) continue;
      this.#drop(tx, 'STALE');
      this.#truncate(tx.sender);
    }
  }

  #truncate(sender: Hex): void {
    for (const tx of this.queued(sender).slice(this.#limits.maxQueuedPerSender)) this.#drop(tx, 'SENDER_FULL');
  }

  #drop(tx: ModelTx, code: string): void {
    this.txs = this.txs.filter((other) => other !== tx);
    this.dropped.set(tx.hash, code);
  }

  /** Hashes in the order in which a block takes them. */
  select(): Hex[] {
    const rest = new Map(this.senders().map((sender) => [sender, this.pending(sender)]));
    const taken: Hex[] = [];
    for (;;) {
      const heads = [...rest.values()].flatMap(([head]) =>
        head !== undefined && head.feeCap >= this.baseFee ? [head] : [],
      );
      heads.sort((x, y) => Number(this.tipOf(y) - this.tipOf(x)) || x.sequence - y.sequence);
      const best = heads[0];
      if (best === undefined) return taken;
      taken.push(best.hash);
      rest.get(best.sender)?.shift();
    }
  }
}
