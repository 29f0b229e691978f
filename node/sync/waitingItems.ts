import type { ChainItem } from '../../chain/wire/types.ts';

interface Waiting {
  readonly item: ChainItem;
  readonly bytes: number;
}

/** Items that came before those they follow. Bounded: what is farthest ahead is forgotten first. */
export class WaitingItems {
  readonly #limits: { readonly maxItems: number; readonly maxBytes: number };
  readonly #blocks = new Map<bigint, Waiting>();
  readonly #closes = new Map<number, Waiting>();
  #bytes = 0;

  constructor(limits: { readonly maxItems: number; readonly maxBytes: number }) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#blocks.size + this.#closes.size;
  }

  add(item: ChainItem, bytes: number): void {
    if (item.kind === 'close') this.#put(this.#closes, item.close.number, { item, bytes });
    else this.#put(this.#blocks, item.block.number, { item, bytes });
    while (this.size > this.#limits.maxItems || this.#bytes > this.#limits.maxBytes) this.#dropFarthest();
  }

  /** What follows the head: its batch's close, or the next block. What lies behind it is forgotten. */
  takeNext(head: { readonly block: bigint; readonly closedBatch: number }): ChainItem | undefined {
    for (const number of [...this.#blocks.keys()]) if (number <= head.block) this.#remove(this.#blocks, number);
    for (const number of [...this.#closes.keys()]) if (number <= head.closedBatch) this.#remove(this.#closes, number);
    const close = this.#closes.get(head.closedBatch + 1);
    if (close?.item.kind === 'close' && close.item.close.lastBlock <= head.block) {
      this.#remove(this.#closes, head.closedBatch + 1);
      return close.item;
    }
    const block = this.#blocks.get(head.block + 1n);
    if (block !== undefined) this.#remove(this.#blocks, head.block + 1n);
    return block?.item;
  }

  #put<K>(map: Map<K, Waiting>, key: K, waiting: Waiting): void {
    this.#remove(map, key);
    map.set(key, waiting);
    this.#bytes += waiting.bytes;
  }

  #remove<K>(map: Map<K, Waiting>, key: K): void {
    this.#bytes -= map.get(key)?.bytes ?? 0;
    map.delete(key);
  }

  #dropFarthest(): void {
    let farthest: bigint | undefined;
    for (const number of this.#blocks.keys()) if (farthest === undefined || number > farthest) farthest = number;
    if (farthest !== undefined) this.#remove(this.#blocks, farthest);
    else this.#remove(this.#closes, Math.max(...this.#closes.keys()));
  }
}
