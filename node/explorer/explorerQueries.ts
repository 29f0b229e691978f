import type { Clock } from '../../chain/clock.ts';
import type { RecordCodec } from '../../chain/records.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { BatchSummary } from '../../chain/types.ts';
import constraints from '../../circuits/constraints.json' with { type: 'json' };
import { addressHex, wordHex } from '../../protocol/bytes.ts';
import { SHAPES } from '../../protocol/shapes.ts';
import type { Account, AccountIndex, SignedTx } from '../../protocol/types.ts';
import type { ProofQueue } from '../../prover/proofQueue.ts';
import type {
  BatchFacts,
  BlockSummary,
  EvmHistoryEntry,
  ExitRecord,
  HistoryEntry,
  L1Cost,
  LedgerTransactionView,
  Page,
  SearchHit,
  StatsBucket,
  StatsQuestion,
} from '../../sdk/explorerTypes.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import type { TxStatus } from '../../sequencer/txStatus.ts';
import { RpcCode, RpcError } from '../rpc/errors.ts';
import type { ExplorerBackend, ParsedPage } from '../rpc/explorerBackend.ts';
import { isCostOf, transactionOf } from './batchFollower.ts';
import type { ExplorerIndex } from './explorerIndex.ts';
import { keys, prefixes } from './keys.ts';
import type { L1Step } from './l1Costs.ts';
import { blockOfPlace, cursorOf, LISTS, type ListKind, placeOfCursor } from './places.ts';
import {
  type BatchEntry,
  batchEntry,
  blockEntry,
  costRecord,
  evmEntry,
  exitEntry,
  historyRecord,
  proofEntry,
} from './records.ts';
import { type SearchDeps, search } from './search.ts';
import { readStats } from './statsBuckets.ts';
import { Statuses } from './statuses.ts';
import { transactionView } from './transactionView.ts';

/** An index that is not further behind answers. */
export const MOST_BEHIND = 32n;
/** How long an answer waits for the newest blocks: so long that whoever was told of a block finds it. */
const WAIT_MS = 500;
const WAIT_STEP_MS = 10;

export interface ExplorerQueriesDeps {
  readonly index: ExplorerIndex;
  readonly store: ChainStore;
  readonly proofs: Pick<ProofQueue, 'job'>;
  /** As of the newest block. */
  readonly account: (index: AccountIndex) => Account | undefined;
  readonly status: (hash: bigint) => Promise<TxStatus>;
  /** A transaction of the mempool. */
  readonly pending: (hash: bigint) => SignedTx | undefined;
  readonly attestationsOf: SearchDeps['attestationsOf'];
  readonly clock: Clock;
}

/** Answers from the index; what must be of this moment (statuses, transactions, proof jobs) from where it is. */
export class ExplorerQueries implements ExplorerBackend {
  readonly #deps: ExplorerQueriesDeps;

  constructor(deps: ExplorerQueriesDeps) {
    this.#deps = deps;
  }

  async transaction(hash: bigint): Promise<LedgerTransactionView | undefined> {
    const { store, status, pending, account } = this.#deps;
    const found = await status(hash);
    const id = wordHex(hash);
    if (found.status === 'pending') {
      const tx = pending(hash);
      const signer = tx && account(tx.signer);
      return tx && signer && transactionView(tx, { hash: id, status: 'pending', token: signer.token });
    }
    if (found.status === 'unknown' || found.status === 'dropped') return undefined;
    const { block: number, batch, position } = found;
    const block = await store.block(number);
    const tx = block?.txs[position];
    const signer = tx && account(tx.signer);
    if (block === undefined || tx === undefined || signer === undefined) return undefined;
    const where = { block: number, batch, position, timestamp: block.timestamp };
    return transactionView(tx, { hash: id, status: found.status, token: signer.token, ...where });
  }

  async blocks(page: ParsedPage): Promise<Page<BlockSummary>> {
    const statuses = this.#statuses();
    return this.#page(
      { kind: LISTS.blocks, prefix: prefixes.blocks, codec: blockEntry },
      page,
      async (entry, place) => {
        const { hash, timestamp, batch, l1Ops, ledgerTxs, evmTxs, evmGasUsed } = entry;
        const status = await statuses.of(batch);
        return { number: blockOfPlace(place), hash, timestamp, batch, status, l1Ops, ledgerTxs, evmTxs, evmGasUsed };
      },
    );
  }

  async batches(page: ParsedPage): Promise<Page<BatchFacts>> {
    const list = { kind: LISTS.batches, prefix: prefixes.batches, codec: batchEntry };
    return this.#page(list, page, (entry, place) => this.#facts(Number(blockOfPlace(place)), entry));
  }

  async batchFacts(number: number): Promise<BatchFacts | undefined> {
    await this.#upToDate();
    const key = keys.batch(number);
    const text = await this.#deps.index.get(key);
    return text === undefined ? undefined : this.#facts(number, batchEntry.decode(text, key));
  }

  async history(account: AccountIndex, page: ParsedPage): Promise<Page<HistoryEntry>> {
    const statuses = this.#statuses();
    const list = { kind: LISTS.history, prefix: prefixes.history(account), codec: historyRecord };
    return this.#page(list, page, async (entry, place) => {
      const { kind, transaction, queueIndex, batch, timestamp, change, other, isVoid } = entry;
      return {
        kind,
        ...(transaction !== undefined && { transaction }),
        ...(queueIndex !== undefined && { queueIndex }),
        block: blockOfPlace(place),
        batch,
        timestamp,
        status: await statuses.of(batch),
        change,
        ...(other !== undefined && { other }),
        ...(isVoid && { isVoid }),
      };
    });
  }

  async exits(recipient: bigint, page: ParsedPage): Promise<Page<ExitRecord>> {
    const statuses = this.#statuses();
    const to = addressHex(recipient);
    const list = { kind: LISTS.exits, prefix: prefixes.exits(to.slice(2)), codec: exitEntry };
    return this.#page(list, page, async (entry, place) => {
      const { account, token, amount, transaction, queueIndex, batch, timestamp } = entry;
      const summary = await statuses.summary(batch);
      const proveTx = await this.#proveTx(batch, summary);
      return {
        ...{ account, recipient: to, token, amount },
        ...(transaction !== undefined && { transaction }),
        ...(queueIndex !== undefined && { queueIndex }),
        ...{ block: blockOfPlace(place), batch, timestamp, status: await statuses.of(batch) },
        ...(proveTx !== undefined && { proveTx }),
      };
    });
  }

  async evmHistory(address: bigint, page: ParsedPage): Promise<Page<EvmHistoryEntry>> {
    const statuses = this.#statuses();
    const list = { kind: LISTS.evmHistory, prefix: prefixes.evm(addressHex(address).slice(2)), codec: evmEntry };
    return this.#page(list, page, async (entry, place) => {
      const { hash, batch, timestamp, from, to, value, isSuccess } = entry;
      const status = await statuses.of(batch);
      const block = blockOfPlace(place);
      return { hash, block, timestamp, from, ...(to !== undefined && { to }), value, isSuccess, status };
    });
  }

  async stats(question: Required<StatsQuestion>): Promise<readonly StatsBucket[]> {
    await this.#upToDate();
    const { clock, store, index } = this.#deps;
    const until = Math.max(Math.floor(clock.nowMs() / 1000), store.head.timestamp);
    return readStats(question, until, index);
  }

  search(text: string): Promise<readonly SearchHit[]> {
    return search(text, this.#deps);
  }

  /** One range of `limit` and one more: whatever the list, and wherever the page begins. */
  async #page<E, T>(
    { kind, prefix, codec }: { kind: ListKind; prefix: string; codec: RecordCodec<E> },
    { before, limit }: ParsedPage,
    view: (entry: E, place: string) => Promise<T>,
  ): Promise<Page<T>> {
    const end = before === undefined ? '\x7f' : placeOfCursor(kind, before);
    await this.#upToDate();
    const found: { readonly place: string; readonly entry: E }[] = [];
    const range = { gte: prefix, lt: `${prefix}${end}`, reverse: true, limit: limit + 1 };
    for await (const [key, text] of this.#deps.index.range(range)) {
      found.push({ place: key.slice(prefix.length), entry: codec.decode(text, key) });
    }
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    return {
      items: await Promise.all(shown.map(({ entry, place }) => view(entry, place))),
      ...(last !== undefined && found.length > limit && { next: cursorOf(kind, last.place) }),
    };
  }

  async #facts(number: number, entry: BatchEntry): Promise<BatchFacts> {
    const { store } = this.#deps;
    const { job, shape, timestamp, firstBlock, lastBlock, oldRoot, newRoot } = entry;
    const { l1Ops, ledgerTxs, ops, exits, evmTxs, ledgerBytes, evmBytes } = entry;
    const { L, N } = SHAPES[shape];
    const summary = await store.summary(number);
    const [commit, prove, proof] = await Promise.all([
      this.#cost(number, { summary, step: 'commit', job }),
      this.#cost(number, { summary, step: 'prove', job }),
      this.#proof(number, job),
    ]);
    return {
      ...{ number, shape, status: summary?.status ?? 'closed', timestamp, firstBlock, lastBlock },
      counts: { l1Ops, ledgerTxs, ops, exits, evmTxs },
      room: { l1Ops: L, ops: N },
      constraints: CONSTRAINTS.get(`batch-${shape}`) ?? 0,
      ...{ oldRoot, newRoot },
      posted: { ledgerBytes, evmBytes },
      ...(commit !== undefined && { commit }),
      ...(prove !== undefined && { prove }),
      ...(proof !== undefined && { proof }),
    };
  }

  async #cost(
    number: number,
    { summary, step, job }: { summary: BatchSummary | undefined; step: L1Step; job: string },
  ): Promise<L1Cost | undefined> {
    const key = keys.cost(number, step);
    const text = summary && (await this.#deps.index.get(key));
    if (summary === undefined || text === undefined) return undefined;
    const known = costRecord.decode(text, key);
    const { transaction, block, gasUsed, gasPrice, batches } = known;
    return isCostOf(known, { summary, step, job }) ? { transaction, block, gasUsed, gasPrice, batches } : undefined;
  }

  /** As this node sent it, or as it was found on L1. */
  async #proveTx(number: number, summary: BatchSummary | undefined): Promise<Hex | undefined> {
    if (summary?.status !== 'proven') return undefined;
    const own = transactionOf(summary, 'prove');
    if (own !== undefined) return own;
    const text = await this.#deps.index.get(keys.batch(number));
    const job = text === undefined ? '' : batchEntry.decode(text, keys.batch(number)).job;
    return (await this.#cost(number, { summary, step: 'prove', job }))?.transaction;
  }

  async #proof(number: number, job: string): Promise<BatchFacts['proof']> {
    const state = this.#deps.proofs.job(job)?.status;
    const key = keys.proof(number);
    const text = await this.#deps.index.get(key);
    const known = text === undefined ? undefined : proofEntry.decode(text, key);
    if (known?.job !== job) return state && { state };
    const { witness, prove, verify, peakMemoryMB } = known;
    return { state: 'proven', seconds: { witness, prove, verify }, peakMemoryMB };
  }

  #statuses(): Statuses {
    return new Statuses({ summary: (batch) => this.#deps.store.summary(batch) });
  }

  /**
   * Waits a moment for blocks that were stored just now.
   * @throws RpcError INDEX_BEHIND {indexed, head}
   */
  async #upToDate(): Promise<void> {
    const { index, store, clock } = this.#deps;
    const { block: head, closedBatch } = store.head;
    const isThere = (): boolean => index.cursor.block >= head && index.cursor.batch >= closedBatch;
    const isNear = (): boolean => index.cursor.block + MOST_BEHIND >= head;
    for (let waitedMs = 0; isNear() && !isThere() && waitedMs < WAIT_MS; waitedMs += WAIT_STEP_MS) {
      await clock.sleep(WAIT_STEP_MS);
    }
    if (isNear()) return;
    const data = { indexed: index.cursor.block, head };
    throw new RpcError(
      RpcCode.UNAVAILABLE,
      'INDEX_BEHIND',
      'the explorer’s index is behind the chain; try later',
      data,
    );
  }
}

/** By circuit; a shape that was never compiled has none. */
const CONSTRAINTS: ReadonlyMap<string, number> = new Map(Object.entries(constraints));
