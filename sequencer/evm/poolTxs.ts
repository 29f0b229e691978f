import type { EvmTx } from '../../chain/evm/types.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import type { PoolAccount } from './accountCache.ts';
import { Authorities } from './authorities.ts';
import { type EvictionCandidate, EvictionOrder } from './evictionOrder.ts';
import { type EvmDropCode, EvmPoolError } from './evmPoolErrors.ts';
import { type PoolEntry, tipAt } from './poolEntry.ts';
import type { SenderTxs } from './senderTxs.ts';

export interface PoolLimits {
  readonly maxTxs: number;
  readonly maxBytes: number;
  readonly maxQueued: number;
  readonly maxPerSender: number;
  readonly maxQueuedPerSender: number;
}

export interface PoolListeners {
  /** It entered the pool. */
  onAdded(tx: EvmTx): void;
  /** Its turn can come now (at once, or after a gap before it was filled). */
  onPending(tx: EvmTx): void;
  /** It left the pool other than into a block. */
  onDropped(tx: EvmTx, code: EvmDropCode): void;
}

/** One newcomer pushes out at most this many: a large one must not sweep away a thousand small ones, nor cost the time to do so. */
const MAX_VICTIMS = 16;

/** The transactions of the pool, by hash and by sender, within the limits. Every method is synchronous and leaves all parts consistent. */
export class PoolTxs {
  readonly senders = new Map<Hex, SenderTxs>();
  readonly authorities = new Authorities();
  /** Senders whose account may change by others' doing: delegated ones, and those that lack money for their next transaction. */
  readonly watched = new Set<Hex>();
  readonly #limits: PoolLimits;
  readonly #listeners: PoolListeners;
  /** In order of arrival. */
  readonly #byHash = new Map<Hex, PoolEntry>();
  readonly #order = new EvictionOrder(this.senders);
  #pending = 0;
  #bytes = 0;

  constructor(limits: PoolLimits, listeners: PoolListeners) {
    this.#limits = limits;
    this.#listeners = listeners;
  }

  get size(): number {
    return this.#byHash.size;
  }

  get pending(): number {
    return this.#pending;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(hash: Hex): PoolEntry | undefined {
    return this.#byHash.get(hash);
  }

  /** The one that came first. */
  get oldest(): PoolEntry | undefined {
    for (const entry of this.#byHash.values()) return entry;
    return undefined;
  }

  /**
   * Pushes out what `entry` of `sender` has to push out to fit.
   * @throws EvmPoolError UNDERPRICED, FUTURE_REPLACES_PENDING, POOL_FULL; then nothing was changed
   */
  makeRoom(entry: PoolEntry, sender: SenderTxs, baseFee: bigint): void {
    this.#order.setBaseFee(baseFee);
    const isPending = entry.nonce === sender.nextNonce;
    const victims: EvictionCandidate[] = [];
    try {
      while (!this.#hasRoom(entry, isPending, victims)) {
        const victim = victims.length < MAX_VICTIMS ? this.#order.pop(sender) : undefined;
        if (victim === undefined) throw new EvmPoolError('POOL_FULL');
        // Its sender loses it before it is judged, and gets it back if the newcomer is not better.
        victims.push(victim);
        this.#changing(victim.sender, () => victim.sender.remove(victim.entry));
        if (victim.isPending && !isPending) throw new EvmPoolError('FUTURE_REPLACES_PENDING');
        if (victim.isPending === isPending && tipAt(entry, baseFee) <= victim.tip) {
          throw new EvmPoolError('UNDERPRICED');
        }
      }
    } catch (error) {
      for (const victim of victims.reverse()) this.#changing(victim.sender, () => victim.sender.put(victim.entry));
      throw error;
    }
    for (const victim of victims) this.#forget(victim.entry);
    for (const victim of victims) this.#listeners.onDropped(victim.entry.tx, 'EVICTED');
  }

  /** With the victims gone; their senders have lost them already. */
  #hasRoom(entry: PoolEntry, isPending: boolean, victims: readonly EvictionCandidate[]): boolean {
    const count = this.size - victims.length;
    const bytes = victims.reduce((sum, victim) => sum - victim.entry.bytes, this.#bytes);
    if (count + 1 > this.#limits.maxTxs || bytes + entry.bytes > this.#limits.maxBytes) return false;
    return isPending || count - this.#pending < this.#limits.maxQueued;
  }

  /** Takes it in; what had its nonce is replaced. */
  insert(entry: PoolEntry, sender: SenderTxs): void {
    const replaced = sender.at(entry.nonce);
    if (replaced !== undefined) this.#forget(replaced);
    const promoted = this.#putIn(entry, sender);
    if (replaced !== undefined) this.#listeners.onDropped(replaced.tx, 'REPLACED');
    this.#listeners.onAdded(entry.tx);
    for (const { tx } of promoted) this.#listeners.onPending(tx);
  }

  /** Removes it and says why; later ones of its sender wait again. */
  drop(entry: PoolEntry, code: EvmDropCode): void {
    const sender = this.senders.get(entry.tx.sender);
    if (sender === undefined || this.#byHash.get(entry.tx.hash) !== entry) return;
    this.#takeOut(entry, sender);
    this.#truncate(sender);
    this.#listeners.onDropped(entry.tx, code);
  }

  /**
   * Forgets what a block took in and what waited for the same nonces; the accounts are not read. Returns the senders of the block that
   * have, or had, transactions here.
   */
  advance(txs: readonly EvmTx[]): Set<Hex> {
    const next = new Map<Hex, number>();
    const mined = new Set<Hex>();
    for (const tx of txs) {
      if (!this.senders.has(tx.sender)) continue;
      mined.add(tx.hash);
      next.set(tx.sender, Math.max(next.get(tx.sender) ?? 0, Number(tx.tx.nonce) + 1));
    }
    for (const [address, nonce] of next) {
      const sender = this.senders.get(address);
      if (sender === undefined) continue;
      const used = this.#changing(sender, () => sender.advance(nonce));
      this.#forgetUsed(used, mined);
    }
    return new Set(next.keys());
  }

  /** The sender's account is this after block `epoch`. */
  sync(sender: SenderTxs, account: PoolAccount, epoch: number): void {
    const { used, unaffordable, promoted } = this.#changing(sender, () => sender.sync(account, epoch));
    for (const entry of unaffordable) this.#forget(entry);
    this.#forgetUsed(used, new Set());
    for (const entry of unaffordable) this.#listeners.onDropped(entry.tx, 'INSUFFICIENT_FUNDS');
    for (const { tx } of promoted) this.#listeners.onPending(tx);
    this.#truncate(sender);
  }

  #forgetUsed(used: readonly PoolEntry[], mined: ReadonlySet<Hex>): void {
    for (const entry of used) {
      this.#forget(entry);
      if (!mined.has(entry.tx.hash)) this.#listeners.onDropped(entry.tx, 'NONCE_TOO_LOW');
    }
  }

  /** What became queued again may be more than a sender may have queued: the highest nonces go. */
  #truncate(sender: SenderTxs): void {
    while (sender.queued.length > this.#limits.maxQueuedPerSender) {
      const last = sender.tail;
      if (last === undefined) return;
      this.#takeOut(last, sender);
      this.#listeners.onDropped(last.tx, 'SENDER_FULL');
    }
  }

  #putIn(entry: PoolEntry, sender: SenderTxs): readonly PoolEntry[] {
    this.#byHash.set(entry.tx.hash, entry);
    this.#bytes += entry.bytes;
    this.authorities.add(entry);
    return this.#changing(sender, () => sender.put(entry));
  }

  #takeOut(entry: PoolEntry, sender: SenderTxs): void {
    this.#changing(sender, () => sender.remove(entry));
    this.#forget(entry);
  }

  #forget(entry: PoolEntry): void {
    this.#byHash.delete(entry.tx.hash);
    this.#bytes -= entry.bytes;
    this.authorities.remove(entry);
  }

  /** Changes one sender's transactions; what depends on them follows. */
  #changing<T>(sender: SenderTxs, change: () => T): T {
    const before = sender.pending.length;
    const result = change();
    this.#pending += sender.pending.length - before;
    if (sender.size === 0) this.senders.delete(sender.address);
    else this.senders.set(sender.address, sender);
    if (sender.size > 0 && (sender.isShort || sender.account.kind === 'delegated')) this.watched.add(sender.address);
    else this.watched.delete(sender.address);
    this.#order.touch(sender);
    return result;
  }
}
