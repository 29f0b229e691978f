import { accountIndex } from '../protocol/ids.ts';
import { EMPTY_ROOT } from '../protocol/tree.ts';
import { txHash } from '../protocol/tx.ts';
import type { Account, AccountIndex, ClosedBatch, Field, Point } from '../protocol/types.ts';
import { aiRecords, createdBy } from './aiRecords.ts';
import type { Block } from './block.ts';
import { createdAccounts } from './createdAccounts.ts';
import { type Db, type DbOp, type DbRange, put } from './db.ts';
import { ChainError } from './errors.ts';
import { indexOfKey, keys, ranges } from './keys.ts';
import {
  accountRecord,
  blockRecord,
  claimRecord,
  closedBatchRecord,
  headRecord,
  locationRecord,
  originRecord,
  type RecordCodec,
  summaryRecord,
  txLocationRecord,
} from './records.ts';
import type {
  BatchStatus,
  BatchSummary,
  ClaimRecord,
  Head,
  Location,
  OpenBatchRecord,
  OpLocation,
  TxLocation,
} from './types.ts';

export interface StatusChange {
  readonly batch: number;
  readonly status: BatchStatus;
  readonly commitTx?: string | undefined;
  readonly proveTx?: string | undefined;
}

/**
 * Blocks, batches and state on disk. Every step of the chain is one atomic write, so the store is consistent whenever the
 * process dies. The accounts it holds are those after the last *closed* batch; the open batch is its blocks (see replay.ts).
 * There is one writer.
 */
export class ChainStore {
  readonly #domain: Field;
  readonly #db: Db;
  #head: Head;

  private constructor(domain: Field, db: Db, head: Head) {
    this.#domain = domain;
    this.#db = db;
    this.#head = head;
  }

  /** Opens the chain in `db`, or starts one with no accounts. @throws ChainError WRONG_CHAIN, STORE_CORRUPT */
  static async open(options: { domain: Field }, deps: { db: Db }): Promise<ChainStore> {
    const text = await deps.db.get(keys.head);
    if (text === undefined) return new ChainStore(options.domain, deps.db, GENESIS);
    const { domain, head } = headRecord.decode(text, keys.head);
    if (domain !== options.domain) throw new ChainError('WRONG_CHAIN', { stored: domain, expected: options.domain });
    return new ChainStore(options.domain, deps.db, head);
  }

  get domain(): Field {
    return this.#domain;
  }

  get head(): Head {
    return this.#head;
  }

  /**
   * Appends a block to the open batch (`open` describes that batch; for its first block it opens it), with everything that
   * looks things up in it.
   * @throws ChainError OUT_OF_ORDER
   */
  async appendBlock(block: Block, open: OpenBatchRecord): Promise<void> {
    const head = this.#head;
    const isNext =
      block.number === head.block + 1n &&
      block.parentHash === head.hash &&
      block.timestamp >= head.timestamp &&
      block.batch === open.number &&
      open.number === head.closedBatch + 1 &&
      (head.open === undefined ? open.firstBlock === block.number : open.firstBlock === head.open.firstBlock) &&
      block.l1.firstQueueIndex === head.nextQueueIndex;
    if (!isNext) throw new ChainError('OUT_OF_ORDER', { block: block.number, head: head.block, batch: block.batch });

    const { batch } = block;
    const ops: DbOp[] = [
      put(keys.block(block.number), blockRecord.encode(block)),
      put(keys.blockHash(block.hash), block.number.toString()),
    ];
    block.txs.forEach((tx, position) => {
      const location = { block: block.number, batch, position };
      const hash = txHash(tx, this.#domain);
      ops.push(put(keys.tx(hash), txLocationRecord.encode({ ...location, created: createdBy(tx) })));
      ops.push(...aiRecords(tx, { ...location, txHash: hash, timestamp: block.timestamp }));
    });
    block.l1.ops.forEach((_, position) => {
      const key = keys.queueItem(block.l1.firstQueueIndex + BigInt(position));
      ops.push(put(key, locationRecord.encode({ block: block.number, batch, position })));
    });
    for (const created of createdAccounts(block)) {
      ops.push(
        put(keys.byKey(created.key, created.index), ''),
        put(keys.byAddress(created.address, created.index), ''),
      );
    }
    await this.#commit(ops, {
      ...head,
      block: block.number,
      hash: block.hash,
      timestamp: block.timestamp,
      nextQueueIndex: head.nextQueueIndex + BigInt(block.l1.ops.length),
      open,
    });
  }

  /** Closes the open batch: the batch, its summary, the accounts it changed and the head, at once. @throws ChainError OUT_OF_ORDER */
  async closeBatch(closed: ClosedBatch): Promise<BatchSummary> {
    const head = this.#head;
    const { batch } = closed;
    const isNext =
      head.open !== undefined &&
      batch.number === head.open.number &&
      batch.oldRoot === head.closedRoot &&
      batch.firstBlock === head.open.firstBlock &&
      batch.lastBlock === head.block;
    if (!isNext) throw new ChainError('OUT_OF_ORDER', { batch: batch.number, closedBatch: head.closedBatch });

    const summary: BatchSummary = {
      number: batch.number,
      shape: batch.shape,
      status: 'closed',
      oldRoot: batch.oldRoot,
      newRoot: batch.newRoot,
      timestamp: batch.timestamp,
      firstBlock: batch.firstBlock,
      lastBlock: batch.lastBlock,
      firstQueueIndex: head.nextQueueIndex - BigInt(batch.l1Ops.length),
      l1Ops: batch.l1Ops.length,
      txs: batch.txs.length,
      ops: batch.txs.reduce((sum, tx) => sum + tx.ops.length, 0),
      exits: closed.exits.length,
      commitTx: undefined,
      proveTx: undefined,
    };
    const ops: DbOp[] = [
      put(keys.batch(batch.number), closedBatchRecord.encode(closed)),
      put(keys.summary(batch.number), summaryRecord.encode(summary)),
    ];
    for (const { index, after } of closed.slots) {
      if (after !== undefined) ops.push(put(keys.account(index), accountRecord.encode(after)));
    }
    await this.#commit(ops, { ...head, open: undefined, closedBatch: batch.number, closedRoot: batch.newRoot });
    return summary;
  }

  /** Moves batches between closed, committed and proven, together with a named record of the layer above (the publisher's). */
  async setStatuses(changes: readonly StatusChange[], meta?: { name: string; value: string }): Promise<BatchSummary[]> {
    const ops: DbOp[] = meta === undefined ? [] : [put(keys.meta(meta.name), meta.value)];
    const summaries: BatchSummary[] = [];
    for (const { batch, ...change } of changes) {
      const summary = await this.summary(batch);
      if (summary === undefined) throw new ChainError('OUT_OF_ORDER', { batch });
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      const changed: BatchSummary = { ...summary, ...given };
      summaries.push(changed);
      ops.push(put(keys.summary(batch), summaryRecord.encode(changed)));
    }
    await this.#db.write(ops);
    return summaries;
  }

  getMeta(name: string): Promise<string | undefined> {
    return this.#db.get(keys.meta(name));
  }

  putMeta(name: string, value: string): Promise<void> {
    return this.#db.write([put(keys.meta(name), value)]);
  }

  block(number: bigint): Promise<Block | undefined> {
    return this.#get(keys.block(number), blockRecord);
  }

  async blockByHash(hash: bigint): Promise<Block | undefined> {
    const number = await this.#db.get(keys.blockHash(hash));
    return number === undefined ? undefined : this.block(BigInt(number));
  }

  batch(number: number): Promise<ClosedBatch | undefined> {
    return this.#get(keys.batch(number), closedBatchRecord);
  }

  summary(number: number): Promise<BatchSummary | undefined> {
    return this.#get(keys.summary(number), summaryRecord);
  }

  /** Summaries of batches `from` … `to`, both inclusive. */
  async summaries(from: number, to: number): Promise<BatchSummary[]> {
    const found: BatchSummary[] = [];
    for await (const [key, text] of this.#db.range(ranges.summaries(from, to))) {
      found.push(summaryRecord.decode(text, key));
    }
    return found;
  }

  tx(hash: Field): Promise<TxLocation | undefined> {
    return this.#get(keys.tx(hash), txLocationRecord);
  }

  queueItem(index: bigint): Promise<Location | undefined> {
    return this.#get(keys.queueItem(index), locationRecord);
  }

  /** The account as of the last closed batch. */
  account(index: AccountIndex): Promise<Account | undefined> {
    return this.#get(keys.account(index), accountRecord);
  }

  /** All accounts as of the last closed batch, by index. */
  async *accounts(): AsyncGenerator<readonly [AccountIndex, Account]> {
    for await (const [key, text] of this.#db.range(ranges.accounts)) {
      yield [accountIndex(indexOfKey(key)), accountRecord.decode(text, key)];
    }
  }

  /** Accounts of a key, by index, the first `limit` of them; those created in the open batch included. */
  accountsByKey(key: Point, { limit = -1 } = {}): Promise<AccountIndex[]> {
    return this.#indices({ ...ranges.byKey(key), limit });
  }

  /** As `accountsByKey`, of an Ethereum address (a number below 2^160). */
  accountsByAddress(address: bigint, { limit = -1 } = {}): Promise<AccountIndex[]> {
    return this.#indices({ ...ranges.byAddress(address), limit });
  }

  /** What created a channel or an attestation (the open batch included). */
  origin(index: AccountIndex): Promise<OpLocation | undefined> {
    return this.#get(keys.origin(index), originRecord);
  }

  /** All channels and attestations with what created them, by index; those of the open batch included. */
  async *origins(): AsyncGenerator<readonly [AccountIndex, OpLocation]> {
    for await (const [key, text] of this.#db.range(ranges.origins)) {
      yield [accountIndex(indexOfKey(key)), originRecord.decode(text, key)];
    }
  }

  /** Claims of a channel (`at`: of one transaction), newest first; those of the open batch included. */
  async *claims(
    channel: AccountIndex,
    { limit = -1, at }: { limit?: number; at?: Pick<Location, 'block' | 'position'> } = {},
  ): AsyncGenerator<ClaimRecord> {
    const range = at === undefined ? ranges.claims(channel) : ranges.claimsAt(channel, at);
    for await (const [key, text] of this.#db.range({ ...range, reverse: true, limit })) {
      yield claimRecord.decode(text, key);
    }
  }

  async #indices(range: DbRange): Promise<AccountIndex[]> {
    const found: AccountIndex[] = [];
    for await (const [key] of this.#db.range(range)) found.push(accountIndex(indexOfKey(key)));
    return found;
  }

  async #get<T>(key: string, codec: RecordCodec<T>): Promise<T | undefined> {
    const text = await this.#db.get(key);
    return text === undefined ? undefined : codec.decode(text, key);
  }

  /** The head in memory changes only after the write: if it fails, the store still says what is on disk. */
  async #commit(ops: readonly DbOp[], head: Head): Promise<void> {
    await this.#db.write([...ops, put(keys.head, headRecord.encode({ domain: this.#domain, head }))]);
    this.#head = head;
  }
}

const GENESIS: Head = {
  block: 0n,
  hash: 0n,
  timestamp: 0,
  nextQueueIndex: 0n,
  open: undefined,
  closedBatch: 0,
  closedRoot: EMPTY_ROOT,
};
