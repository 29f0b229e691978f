import type { ChainStore } from '../chain/store.ts';
import type { TxLocation } from '../chain/types.ts';
import type { Field } from '../protocol/types.ts';
import type { DroppedTx, Mempool } from './mempool.ts';
import type { Reoffers } from './reoffers.ts';

/**
 * pending (in the pool, or on its way back into it from a block that is gone) → included (in a block) → committed → proven; or dropped, with the reason. Reasons are kept in memory
 * for a while; a transaction nobody remembers is unknown.
 */
export type TxStatus =
  | { readonly status: 'unknown' }
  | { readonly status: 'pending' }
  | { readonly status: 'dropped'; readonly code: DroppedTx['code'] }
  | ({ readonly status: 'included' | 'committed' | 'proven' } & TxLocation);

/** The reasons of the last transactions that left the pool without a block. */
export class DroppedTxs {
  readonly #limit: number;
  readonly #codes = new Map<Field, DroppedTx['code']>();

  constructor(options: { limit: number }) {
    this.#limit = options.limit;
  }

  add({ hash, code }: DroppedTx): void {
    this.#codes.delete(hash);
    this.#codes.set(hash, code);
    // A Map iterates in order of insertion: the first is the oldest.
    for (const oldest of this.#codes.keys()) {
      if (this.#codes.size <= this.#limit) return;
      this.#codes.delete(oldest);
    }
  }

  get(hash: Field): DroppedTx['code'] | undefined {
    return this.#codes.get(hash);
  }
}

/**
 * The pool is asked first: a block is stored before its transactions leave the pool, so one that is not in the pool any more is in the store, but
 * one that was not in the store a moment ago may have left the pool since.
 */
export async function txStatus(
  hash: Field,
  deps: {
    store: Pick<ChainStore, 'tx' | 'summary'>;
    mempool: Pick<Mempool, 'get'>;
    reoffers: Pick<Reoffers, 'has'>;
    dropped: DroppedTxs;
  },
): Promise<TxStatus> {
  if (deps.mempool.get(hash) !== undefined) return { status: 'pending' };
  const location = await deps.store.tx(hash);
  if (location !== undefined) {
    const batch = await deps.store.summary(location.batch);
    const status = batch === undefined || batch.status === 'closed' ? 'included' : batch.status;
    return { status, ...location };
  }
  // Sent, or dropped, while the store was asked.
  if (deps.mempool.get(hash) !== undefined || deps.reoffers.has(hash)) return { status: 'pending' };
  const code = deps.dropped.get(hash);
  return code === undefined ? { status: 'unknown' } : { status: 'dropped', code };
}
