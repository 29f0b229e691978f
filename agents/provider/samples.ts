import { receiptHash, type SignedReceipt } from '../../protocol/receipts/receipt.ts';
import { type ReceiptProof, ReceiptTree } from '../../protocol/receipts/receiptTree.ts';
import { ProviderError } from './providerError.ts';
import type { ProviderStore } from './providerStore.ts';

export interface Sample {
  readonly receipt: SignedReceipt;
  readonly proof: ReceiptProof;
  readonly input: Uint8Array;
  readonly output: Uint8Array;
}

/** Trees kept in memory, at 80 bytes a receipt. */
const TREES = 16;
/** Receipts hashed before others get a turn. */
const SLICE = 64;
/** Trees that may wait to be built: it takes a second for some ten thousand receipts. */
const WAITING = 8;

/** Shows public receipts with what they are about, and proves them under the root of any number of receipts. */
export class Samples {
  readonly #store: ProviderStore;
  /** Least recently used first. */
  readonly #trees = new Map<number, ReceiptTree>();
  #waiting = 0;
  #building: Promise<unknown> = Promise.resolve();

  constructor(deps: { readonly store: ProviderStore }) {
    this.#store = deps.store;
  }

  /**
   * @param receipts how many the channel has. @param size of the tree that the proof is for
   * @throws ProviderError NOT_FOUND: no such receipt, private, or no longer kept; BUSY
   */
  async sample(
    channel: number,
    sequence: number,
    { size, receipts }: { size: number; receipts: number },
  ): Promise<Sample> {
    const missing = () => new ProviderError('NOT_FOUND', 'no such public receipt', { channel, sequence, size });
    if (sequence >= size || size > receipts) throw missing();
    const [receipt, shown] = await Promise.all([
      this.#store.receipt(channel, sequence),
      this.#store.shown(channel, sequence),
    ]);
    if (receipt === undefined || shown === undefined) throw missing();
    const tree = await this.#tree(channel, size);
    return { receipt, proof: tree.proof(sequence, size), ...shown };
  }

  forget(channel: number): void {
    this.#trees.delete(channel);
  }

  /** One after the other: a tree costs time that paying requests want too. */
  async #tree(channel: number, size: number): Promise<ReceiptTree> {
    const kept = this.#trees.get(channel);
    if (kept !== undefined && kept.size >= size) return kept;
    if (this.#waiting >= WAITING) throw new ProviderError('BUSY', 'too many samples are asked for', { retryAfter: 2 });
    this.#waiting += 1;
    const building = this.#building.then(() => this.#grow(channel, size));
    this.#building = building.catch(() => undefined);
    try {
      return await building;
    } finally {
      this.#waiting -= 1;
    }
  }

  async #grow(channel: number, size: number): Promise<ReceiptTree> {
    const tree = this.#trees.get(channel) ?? new ReceiptTree();
    while (tree.size < size) {
      const count = Math.min(SLICE, size - tree.size);
      const from = tree.size;
      const receipts = await Promise.all(
        Array.from({ length: count }, (_, i) => this.#store.receipt(channel, from + i)),
      );
      for (const receipt of receipts) {
        if (receipt === undefined) throw new ProviderError('NOT_FOUND', 'receipts are no longer kept', { channel });
        tree.append(receiptHash(receipt));
      }
    }
    this.#trees.delete(channel);
    this.#trees.set(channel, tree);
    const [oldest] = this.#trees.keys();
    if (this.#trees.size > TREES && oldest !== undefined) this.#trees.delete(oldest);
    return tree;
  }
}
