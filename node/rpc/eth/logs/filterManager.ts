import { randomBytes } from 'node:crypto';
import type { EvmTx } from '../../../../chain/evm/types.ts';
import type { Hex } from '../../../../protocol/lane/types.ts';
import type { EvmBackend } from '../backend.ts';
import { EthCode, EthRpcError, invalidParams, serverError } from '../ethError.ts';
import type { LogJson } from '../format/receiptJson.ts';
import { transactionJson } from '../format/transactionJson.ts';
import type { LogQuery } from './logFilter.ts';
import { logBlock, logsInRange, MAX_LOG_RANGE, searchLogs } from './logSearch.ts';

/** A filter that nobody asks for this long is gone. */
export const FILTER_MS = 5 * 60_000;
const MAX_FILTERS = 1_000;
/** Transactions of the pool that filters which are asked rarely can still be told of. */
const MAX_RECENT = 50_000;

type Filter = { expiresMs: number } & (
  | { readonly kind: 'logs'; readonly query: LogQuery; seen: bigint }
  | { readonly kind: 'blocks'; seen: bigint }
  /** `seen`: number of pool transactions told so far. */
  | { readonly kind: 'transactions'; readonly isFull: boolean; seen: number }
);

export interface FilterDependencies {
  readonly backend: EvmBackend;
  readonly nowMs: () => number;
}

/**
 * Filters that are polled. They keep where their reader is, not what it has to be told: blocks are read again from the store,
 * so that a filter costs the same however rarely it is asked.
 */
export class FilterManager {
  readonly #filters = new Map<Hex, Filter>();
  readonly #deps: FilterDependencies;
  /** Newest transactions of the pool, kept only while a filter wants them. */
  #recent: EvmTx[] = [];
  /** Number of transactions before the first of `#recent`. */
  #before = 0;
  readonly #remove: () => void;

  constructor(deps: FilterDependencies) {
    this.#deps = deps;
    this.#remove = deps.backend.on('transaction', (tx) => this.#onTransaction(tx));
  }

  get size(): number {
    return this.#filters.size;
  }

  close(): void {
    this.#remove();
    this.#filters.clear();
    this.#recent = [];
  }

  addLogs(query: LogQuery): Hex {
    const { backend } = this.#deps;
    if (query.blockHash !== undefined) throw invalidParams('invalid block range params');
    if (query.from !== undefined && query.to !== undefined) {
      if (logBlock(backend, query.from) > logBlock(backend, query.to))
        throw invalidParams('invalid block range params');
    }
    return this.#add({ kind: 'logs', query, seen: backend.heads.latest, expiresMs: 0 });
  }

  addBlocks(): Hex {
    return this.#add({ kind: 'blocks', seen: this.#deps.backend.heads.latest, expiresMs: 0 });
  }

  addTransactions(isFull: boolean): Hex {
    return this.#add({ kind: 'transactions', isFull, seen: this.#before + this.#recent.length, expiresMs: 0 });
  }

  remove(id: Hex): boolean {
    return this.#filters.delete(id);
  }

  /** What is new since the last time. @throws EthRpcError SERVER for an unknown filter */
  async changes(id: Hex): Promise<readonly unknown[]> {
    const filter = this.#find(id);
    if (filter.kind === 'transactions') {
      const from = Math.max(0, filter.seen - this.#before);
      filter.seen = this.#before + this.#recent.length;
      return this.#recent.slice(from).map((tx) => (filter.isFull ? transactionJson(tx, undefined) : tx.hash));
    }
    const { latest } = this.#deps.backend.heads;
    const from = filter.seen + 1n;
    const to = latest - from >= MAX_LOG_RANGE ? from + MAX_LOG_RANGE - 1n : latest;
    filter.seen = to; // before the reads: calls at the same time are not told the same
    if (filter.kind === 'logs') return this.#newLogs(filter.query, from, to);
    const hashes: Hex[] = [];
    for (let number = from; number <= to; number += 1n) {
      const block = await this.#deps.backend.block(number);
      if (block !== undefined) hashes.push(block.hash);
    }
    return hashes;
  }

  /** Everything a filter for logs takes. @throws EthRpcError SERVER for an unknown filter */
  async logs(id: Hex): Promise<LogJson[]> {
    const filter = this.#find(id);
    if (filter.kind !== 'logs') throw serverError('filter not found');
    return searchLogs(this.#deps.backend, filter.query);
  }

  async #newLogs({ filter, from, to }: LogQuery, first: bigint, last: bigint): Promise<LogJson[]> {
    const { backend } = this.#deps;
    // a tag that moves does not bound what is new
    const least = from?.kind === 'number' && from.number > first ? from.number : first;
    const most = to?.kind === 'number' && to.number < last ? to.number : last;
    return least > most ? [] : logsInRange(backend, filter, { from: least, to: most });
  }

  #add(filter: Filter): Hex {
    this.#sweep();
    if (this.#filters.size >= MAX_FILTERS) throw new EthRpcError(EthCode.LIMIT_EXCEEDED, 'too many filters');
    filter.expiresMs = this.#deps.nowMs() + FILTER_MS;
    const id = filterId();
    this.#filters.set(id, filter);
    return id;
  }

  #find(id: Hex): Filter {
    this.#sweep();
    const filter = this.#filters.get(id);
    if (filter === undefined) throw serverError('filter not found');
    filter.expiresMs = this.#deps.nowMs() + FILTER_MS;
    return filter;
  }

  #sweep(): void {
    const now = this.#deps.nowMs();
    for (const [id, { expiresMs }] of this.#filters) if (expiresMs <= now) this.#filters.delete(id);
    if (![...this.#filters.values()].some(({ kind }) => kind === 'transactions')) this.#forget(this.#recent.length);
  }

  #onTransaction(tx: EvmTx): void {
    if (this.#filters.size === 0) return;
    this.#recent.push(tx);
    if (this.#recent.length >= 2 * MAX_RECENT) this.#forget(MAX_RECENT);
  }

  #forget(count: number): void {
    this.#recent = this.#recent.slice(count);
    this.#before += count;
  }
}

/** Random, and a number without leading zeros as clients expect. */
export function filterId(): Hex {
  return `0x${randomBytes(16).toString('hex').replace(/^0+/, '')}`;
}
