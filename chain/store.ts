import type { BlockHeader } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';
import { bytesToBigint, wordHex } from '../protocol/bytes.ts';
import { accountIndex } from '../protocol/ids.ts';
import type { EvmBatch, Hex } from '../protocol/lane/types.ts';
import { EMPTY_ROOT } from '../protocol/tree.ts';
import { txHash } from '../protocol/tx.ts';
import type { Account, AccountIndex, ClosedBatch, Field, Point } from '../protocol/types.ts';
import { aiRecords, createdBy } from './aiRecords.ts';
import { type Block, blockOf, isHeaderOf } from './block.ts';
import { createdAccounts } from './createdAccounts.ts';
import { type Db, type DbOp, type DbRange, put } from './db.ts';
import { ChainError } from './errors.ts';
import { EvmRecords, genesisBlock } from './evm/evmRecords.ts';
import type { EvmBlockRecord, EvmTxLocation } from './evm/types.ts';
import { Withdrawals } from './evm/withdrawals.ts';
import { indexOfKey, keys, ranges } from './keys.ts';
import {
  accountRecord,
  baseRecord,
  bodyRecord,
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
  Base,
  BatchStatus,
  BatchSummary,
  ClaimRecord,
  Head,
  Location,
  OpenBatchRecord,
  OpLocation,
  TxLocation,
} from './types.ts';

export interface ChainStoreOptions {
  readonly domain: Field;
  /** By whose rules headers decode. */
  readonly common: Common;
  /** Block 0, and the state it stands for. */
  readonly genesis: { readonly header: BlockHeader; writes(): Promise<readonly DbOp[]> };
}

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
  readonly #evm: EvmRecords;
  readonly withdrawals: Withdrawals;
  /** Absent: the chain is stored from its first block on. */
  readonly base: Base | undefined;
  #head: Head;

  private constructor(parts: { domain: Field; db: Db; evm: EvmRecords; head: Head; base?: Base | undefined }) {
    this.#domain = parts.domain;
    this.#db = parts.db;
    this.#evm = parts.evm;
    this.withdrawals = new Withdrawals(parts);
    this.#head = parts.head;
    this.base = parts.base;
  }

  /**
   * Opens the chain in `db`, or starts one with no accounts and the block of the chain spec.
   * @throws ChainError WRONG_CHAIN, STORE_CORRUPT
   */
  static async open(options: ChainStoreOptions, deps: { db: Db }): Promise<ChainStore> {
    const { domain, common, genesis } = options;
    const { db } = deps;
    const evm = new EvmRecords({ common }, { db });
    const hash = bytesToBigint(genesis.header.hash());
    const text = await db.get(keys.head);
    if (text === undefined) {
      const store = new ChainStore({ domain, db, evm, head: genesisHead(genesis.header, hash) });
      await store.#commit([...evm.block(genesisBlock(genesis.header)), ...(await genesis.writes())], store.head);
      return store;
    }
    const { domain: stored, head } = headRecord.decode(text, keys.head);
    if (stored !== domain) throw new ChainError('WRONG_CHAIN', { stored, expected: domain });
    const begun = await evm.readBlock(0n);
    if (begun === undefined || BigInt(begun.hash) !== hash) {
      throw new ChainError('WRONG_CHAIN', { genesis: hash, stored: begun?.hash ?? 'none' });
    }
    const begin = await db.get(keys.base);
    const base = begin === undefined ? undefined : baseRecord.decode(begin, keys.base);
    return new ChainStore({ domain, db, evm, head, base });
  }

  get domain(): Field {
    return this.#domain;
  }

  get head(): Head {
    return this.#head;
  }

  /**
   * Appends a block to the open batch (`open` describes that batch; for its first block it opens it), with everything that
   * looks things up in it, and the state its EVM part leaves (`writes`).
   * @throws ChainError OUT_OF_ORDER
   */
  async appendBlock(block: Block, open: OpenBatchRecord, writes: readonly DbOp[]): Promise<void> {
    const head = this.#head;
    const isNext =
      block.number === head.block + 1n &&
      block.parentHash === head.hash &&
      block.timestamp >= head.timestamp &&
      block.batch === open.number &&
      open.number === head.closedBatch + 1 &&
      (head.open === undefined ? open.firstBlock === block.number : open.firstBlock === head.open.firstBlock) &&
      block.l1.firstQueueIndex === head.nextQueueIndex &&
      block.evm.inboxCount >= head.inboxCount;
    if (!isNext) throw new ChainError('OUT_OF_ORDER', { block: block.number, head: head.block, batch: block.batch });

    const { batch } = block;
    const ops: DbOp[] = [
      put(keys.block(block.number), bodyRecord.encode(block)),
      ...this.#evm.block(block.evm),
      ...writes,
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
      inboxCount: block.evm.inboxCount,
      open,
    });
    this.#evm.remember(block.evm);
  }

  /** Closes the open batch: the batch, its summary, the accounts it changed and the head, at once. @throws ChainError OUT_OF_ORDER */
  async closeBatch(closed: ClosedBatch, evm: EvmBatch): Promise<BatchSummary> {
    const head = this.#head;
    const { batch } = closed;
    const isNext =
      head.open !== undefined &&
      batch.number === head.open.number &&
      batch.oldRoot === head.closedRoot &&
      batch.firstBlock === head.open.firstBlock &&
      batch.lastBlock === head.block &&
      batch.evmCommitment === evm.commitment &&
      BigInt(evm.output.blockHash) === head.hash;
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
      this.#evm.batch(batch.number, evm),
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

  /** A block from number 1 on; of the base there is the EVM part only. @throws ChainError STORE_CORRUPT */
  async block(number: bigint): Promise<Block | undefined> {
    const [body, evm] = await Promise.all([this.#get(keys.block(number), bodyRecord), this.#evm.readBlock(number)]);
    if (body === undefined || evm === undefined) {
      const isEvmOnly = number === 0n || number === this.base?.head.block;
      if (body === undefined && (evm === undefined || isEvmOnly)) return undefined;
      throw new ChainError('STORE_CORRUPT', { block: number });
    }
    if (!isHeaderOf(body, evm)) throw new ChainError('STORE_CORRUPT', { block: number });
    return blockOf(body, evm);
  }

  async blockByHash(hash: bigint): Promise<Block | undefined> {
    const number = await this.#evm.numberOf(wordHex(hash));
    return number === undefined ? undefined : this.block(number);
  }

  /** The EVM part of a block, from number 0 on. */
  evmBlock(number: bigint): Promise<EvmBlockRecord | undefined> {
    return this.#evm.readBlock(number);
  }

  /** The bloom of a block's logs; undefined if it has none. */
  evmBloom(number: bigint): Promise<Uint8Array | undefined> {
    return this.#evm.bloom(number);
  }

  /** The Ethereum header of a block, from number 0 on: much quicker to read than the block. */
  header(number: bigint): Promise<BlockHeader | undefined> {
    return this.#evm.header(number);
  }

  async evmBlockByHash(hash: Hex): Promise<EvmBlockRecord | undefined> {
    const number = await this.#evm.numberOf(hash);
    return number === undefined ? undefined : this.#evm.readBlock(number);
  }

  /** Where a transaction of the EVM lane is. */
  evmTx(hash: Hex): Promise<EvmTxLocation | undefined> {
    return this.#evm.location(hash);
  }

  /** What a closed batch posts for the EVM lane. */
  evmBatch(number: number): Promise<EvmBatch | undefined> {
    return this.#evm.readBatch(number);
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

function genesisHead(header: BlockHeader, hash: bigint): Head {
  return {
    block: 0n,
    hash,
    timestamp: Number(header.timestamp),
    nextQueueIndex: 0n,
    inboxCount: 0n,
    open: undefined,
    closedBatch: 0,
    closedRoot: EMPTY_ROOT,
  };
}
