import type { Clock } from '../chain/clock.ts';
import type { Logger } from '../chain/logger.ts';
import { hasAssignedIndex } from '../protocol/codec/opWords.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { NO_ACCOUNT } from '../protocol/ids.ts';
import { txHash } from '../protocol/tx.ts';
import type { Field, SignedTx } from '../protocol/types.ts';
import { MempoolError, SequencerError } from './errors.ts';
import { EvmPoolError } from './evm/evmPoolErrors.ts';
import { RecoverError } from './evm/recoverPool.ts';
import type { DroppedTx } from './mempool.ts';
import { txBytes } from './txCost.ts';

export interface ReoffersOptions {
  readonly domain: Field;
  /** Default 20,000 transactions. */
  readonly maxTxs?: number;
  /** Default 64 MiB. */
  readonly maxBytes?: number;
  /** Transactions tried in one go. Default 1,000. */
  readonly perRound?: number;
  /** For how long one is tried. Default 10 minutes. */
  readonly lifetimeMs?: number;
}

export interface ReoffersDeps {
  readonly add: (tx: SignedTx) => Promise<unknown>;
  readonly addEvm: (raw: Uint8Array) => Promise<unknown>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Logger;
  /** A ledger transaction that did not hold again. */
  readonly onDropped: (dropped: DroppedTx) => void;
}

type Item = { readonly bytes: number; readonly sinceMs: number } & (
  | { readonly tx: SignedTx; readonly hash: Field }
  | { readonly raw: Uint8Array }
);

/**
 * What other blocks, money or room may make good: the blocks that are gone come again in part, and what a transaction needs with them.
 * Everything else is for ever.
 */
const PASSING: ReadonlySet<string> = new Set([
  'UNKNOWN_ACCOUNT',
  'INSUFFICIENT_BALANCE',
  'NONCE_TOO_FAR',
  'UNKNOWN_PARENT',
  'UNKNOWN_MODEL',
  'CLAIM_MISMATCH',
  'CHANNEL_NOT_OVER',
  'POOL_FULL',
  'SENDER_LIMIT',
  'INSUFFICIENT_FUNDS',
  'NONCE_TOO_HIGH',
  'SENDER_FULL',
  'FUTURE_REPLACES_PENDING',
  'IN_FLIGHT_LIMIT',
  'DELEGATED_GAP',
  'AUTHORITY_RESERVED',
  'UNDERPRICED',
]);

/**
 * Transactions of blocks that are gone, on their way into the pools again, as if submitted once more: with all checks, since an index may
 * be somebody else's now. Lives in memory only. A transaction that does not hold yet is tried again after later blocks, for a while.
 */
export class Reoffers {
  readonly #options: Required<ReoffersOptions>;
  readonly #deps: ReoffersDeps;
  #items: Item[] = [];
  readonly #hashes = new Set<Field>();
  #bytes = 0;
  #round: Promise<void> | undefined;

  constructor(options: ReoffersOptions, deps: ReoffersDeps) {
    this.#options = { maxTxs: 20_000, maxBytes: 64 * 2 ** 20, perRound: 1_000, lifetimeMs: 600_000, ...options };
    this.#deps = deps;
  }

  get size(): number {
    return this.#items.length;
  }

  has(hash: Field): boolean {
    return this.#hashes.has(hash);
  }

  /** In the order of their blocks. What there is no room for is dropped. */
  offer({ txs, evmTxs }: { readonly txs: readonly SignedTx[]; readonly evmTxs: readonly Uint8Array[] }): void {
    const sinceMs = this.#deps.clock.nowMs();
    for (const included of txs) {
      const tx = unassigned(included);
      this.#take({ tx, hash: txHash(tx, this.#options.domain), bytes: txBytes(tx), sinceMs });
    }
    for (const raw of evmTxs) this.#take({ raw, bytes: raw.length, sinceMs });
  }

  /** Tries those that wait, the longest first; one round at a time. Never fails but for the state's database. */
  retry(): Promise<void> {
    if (this.#items.length === 0) return this.#round ?? Promise.resolve();
    this.#round ??= this.#retry().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  async #retry(): Promise<void> {
    const tried = this.#items.splice(0, this.#options.perRound);
    const oldest = this.#deps.clock.nowMs() - this.#options.lifetimeMs;
    const waiting: Item[] = [];
    const counts = { taken: 0, waiting: 0, dropped: 0 };
    for (const item of tried) {
      const code = await this.#try(item);
      if (code !== undefined && PASSING.has(code) && item.sinceMs >= oldest) {
        waiting.push(item);
        counts.waiting += 1;
        continue;
      }
      this.#forget(item);
      // In the pool by another way, or in a block: that is what was wanted.
      if (code === undefined || code === 'ALREADY_KNOWN' || code === 'NONCE_TOO_LOW') counts.taken += 1;
      else {
        counts.dropped += 1;
        if ('tx' in item) this.#deps.onDropped({ hash: item.hash, code: code as DroppedTx['code'] }); // what the pool said
      }
    }
    // Behind those that were not tried: no nonce goes before a lower one, as all keep their order.
    this.#items.push(...waiting);
    this.#deps.log.info(counts, 'transactions of blocks that are gone were offered again');
  }

  /** undefined: the pool took it; else why not. */
  async #try(item: Item): Promise<string | undefined> {
    try {
      await ('tx' in item ? this.#deps.add(item.tx) : this.#deps.addEvm(item.raw));
      return undefined;
    } catch (error) {
      if (error instanceof MempoolError || error instanceof ProtocolError || error instanceof EvmPoolError) {
        return error.code;
      }
      // No room among the signatures that wait, or the threads that check them are stopping.
      if (error instanceof RecoverError || error instanceof SequencerError) return 'POOL_FULL';
      throw error;
    }
  }

  #take(item: Item): void {
    const { maxTxs, maxBytes } = this.#options;
    if ('tx' in item) {
      if (this.#hashes.has(item.hash)) return;
      if (this.#items.length >= maxTxs || this.#bytes + item.bytes > maxBytes) {
        this.#deps.onDropped({ hash: item.hash, code: 'POOL_FULL' });
        return;
      }
      this.#hashes.add(item.hash);
    } else if (this.#items.length >= maxTxs || this.#bytes + item.bytes > maxBytes) return;
    this.#items.push(item);
    this.#bytes += item.bytes;
  }

  #forget(item: Item): void {
    this.#bytes -= item.bytes;
    if ('tx' in item) this.#hashes.delete(item.hash);
  }
}

/** As its user sent it: the indices that a block assigned are not part of what was signed. */
function unassigned(tx: SignedTx): SignedTx {
  if (!tx.ops.some(({ opcode }) => hasAssignedIndex(opcode))) return tx;
  return { ...tx, ops: tx.ops.map((op) => (hasAssignedIndex(op.opcode) ? { ...op, to: NO_ACCOUNT } : op)) };
}
