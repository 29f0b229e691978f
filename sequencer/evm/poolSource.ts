import type { EvmTx, TxSource } from '../../chain/evm/types.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { Heap } from '../heap.ts';
import { type PoolEntry, tipAt } from './poolEntry.ts';
import type { SenderTxs } from './senderTxs.ts';

export interface SourceOptions {
  /** Of the block that is built, wei. */
  readonly baseFee: bigint;
  /** What the block may take, counted on EIP-2718 bytes (what is posted is compressed: this is the upper bound). */
  readonly maxBytes: number;
}

interface Head {
  readonly sender: SenderTxs;
  readonly entry: PoolEntry;
  readonly tip: bigint;
}

/**
 * Pending transactions for one block: the best tip first, each sender's in the order of nonces. A sender whose next one does not fit (gas,
 * bytes, fee cap) or was rejected is passed over for this block. The pool may change meanwhile: what left it is not given out any more.
 */
export class PoolSource implements TxSource {
  readonly #senders: ReadonlyMap<Hex, SenderTxs>;
  readonly #onReject: (tx: EvmTx, code: string) => void;
  readonly #baseFee: bigint;
  readonly #heads = new Heap<Head>((x, y) => (x.tip === y.tip ? x.entry.sequence < y.entry.sequence : x.tip > y.tip));
  #bytesLeft: number;

  constructor(
    options: SourceOptions,
    deps: { senders: ReadonlyMap<Hex, SenderTxs>; onReject: (tx: EvmTx, code: string) => void },
  ) {
    this.#senders = deps.senders;
    this.#onReject = deps.onReject;
    this.#baseFee = options.baseFee;
    this.#bytesLeft = options.maxBytes;
    for (const sender of this.#senders.values()) this.#enter(sender, sender.pending[0]);
  }

  next(gasLeft: bigint): EvmTx | undefined {
    for (;;) {
      const head = this.#heads.pop();
      if (head === undefined) return undefined;
      const { sender, entry } = head;
      const current = sender.pendingAt(entry.nonce);
      // Replaced since: its successor takes the place its own tip gives it.
      if (current !== entry) this.#enter(sender, current);
      else if (entry.tx.tx.gasLimit <= gasLeft && entry.bytes <= this.#bytesLeft) return entry.tx;
    }
  }

  accept(tx: EvmTx): void {
    this.#bytesLeft -= tx.raw.length;
    const sender = this.#senders.get(tx.sender);
    if (sender !== undefined) this.#enter(sender, sender.pendingAt(Number(tx.tx.nonce) + 1));
  }

  reject(tx: EvmTx, code: string): void {
    this.#onReject(tx, code);
  }

  #enter(sender: SenderTxs, entry: PoolEntry | undefined): void {
    if (entry === undefined || entry.feeCap < this.#baseFee) return;
    this.#heads.push({ sender, entry, tip: tipAt(entry, this.#baseFee) });
  }
}
