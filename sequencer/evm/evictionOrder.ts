import { Heap } from '../heap.ts';
import { type PoolEntry, tipAt } from './poolEntry.ts';
import type { SenderTxs } from './senderTxs.ts';

/** The last transaction of a sender, as it was when it was entered here. */
export interface EvictionCandidate {
  readonly sender: SenderTxs;
  readonly entry: PoolEntry;
  readonly isPending: boolean;
  readonly tip: bigint;
}

/** Records of former tails that may lie in the heap before it is built anew. */
const SLACK = 1_024;

/**
 * Who goes first when the pool is full: of every sender's last transaction the queued ones, then by the tip at the present base fee, then
 * by the fee cap, the latest first. The order is only kept up while the pool is full; a new base fee makes it anew.
 */
export class EvictionOrder {
  readonly #senders: ReadonlyMap<unknown, SenderTxs>;
  #heap: Heap<EvictionCandidate> | undefined;
  #baseFee = 0n;

  constructor(senders: ReadonlyMap<unknown, SenderTxs>) {
    this.#senders = senders;
  }

  /** Wei for a unit of gas. */
  setBaseFee(baseFee: bigint): void {
    if (baseFee === this.#baseFee) return;
    this.#baseFee = baseFee;
    this.#heap = undefined;
  }

  /** The sender's last transaction changed, or became pending, or queued. */
  touch(sender: SenderTxs): void {
    if (this.#heap === undefined) return;
    if (this.#heap.size > 2 * this.#senders.size + SLACK) this.#heap = undefined;
    else this.#enter(sender, this.#heap);
  }

  /** Takes out the first to go, other than a transaction of `except`; that sender's are put back. */
  pop(except: SenderTxs): EvictionCandidate | undefined {
    const heap = this.#heap ?? this.#build();
    let own: EvictionCandidate | undefined;
    let found: EvictionCandidate | undefined;
    while (found === undefined) {
      const first = heap.pop();
      if (first === undefined) break;
      if (!isCurrent(first)) continue;
      if (first.sender === except) own = first;
      else found = first;
    }
    if (own !== undefined) heap.push(own);
    return found;
  }

  #build(): Heap<EvictionCandidate> {
    const heap = new Heap<EvictionCandidate>(goesBefore);
    for (const sender of this.#senders.values()) this.#enter(sender, heap);
    this.#heap = heap;
    return heap;
  }

  #enter(sender: SenderTxs, heap: Heap<EvictionCandidate>): void {
    const entry = sender.tail;
    if (entry === undefined) return;
    heap.push({ sender, entry, isPending: sender.isPending(entry), tip: tipAt(entry, this.#baseFee) });
  }
}

function isCurrent({ sender, entry, isPending }: EvictionCandidate): boolean {
  return sender.tail === entry && sender.isPending(entry) === isPending;
}

function goesBefore(x: EvictionCandidate, y: EvictionCandidate): boolean {
  if (x.isPending !== y.isPending) return y.isPending;
  if (x.tip !== y.tip) return x.tip < y.tip;
  if (x.entry.feeCap !== y.entry.feeCap) return x.entry.feeCap < y.entry.feeCap;
  return x.entry.sequence > y.entry.sequence;
}
