import type { BlockHeader } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';
import { bytesToBigint } from '../protocol/bytes.ts';
import type { EvmBatch } from '../protocol/lane/types.ts';
import { EMPTY_ROOT } from '../protocol/tree.ts';
import type { ClosedBatch, Field } from '../protocol/types.ts';
import type { Block } from './block.ts';
import { type Db, type DbOp, put } from './db.ts';
import { ChainError } from './errors.ts';
import { EvmRecords, genesisBlock } from './evm/evmRecords.ts';
import { keys } from './keys.ts';
import { accountRecord, baseRecord, headRecord, summaryRecord } from './records.ts';
import { planRollback, type Rollback } from './rollback.ts';
import { RollbackGuard } from './rollbackGuard.ts';
import { type StoreParts, StoreReader } from './storeReader.ts';
import { batchWrites, ledgerWrites, summaryOf } from './storeWrites.ts';
import type { BatchStatus, BatchSummary, Head, OpenBatchRecord } from './types.ts';

export type { Rollback } from './rollback.ts';

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
export class ChainStore extends StoreReader {
  readonly #domain: Field;
  #head: Head;
  #unfinishedFrom: bigint | undefined;

  private constructor(parts: StoreParts & { domain: Field; head: Head; unfinishedFrom?: bigint | undefined }) {
    super(parts);
    this.#domain = parts.domain;
    this.#head = parts.head;
    this.#unfinishedFrom = parts.unfinishedFrom;
  }

  /**
   * Opens the chain in `db`, or starts one with no accounts and the block of the chain spec.
   * @throws ChainError WRONG_CHAIN, STORE_CORRUPT
   */
  static async open(options: ChainStoreOptions, deps: { db: Db }): Promise<ChainStore> {
    const { domain, common, genesis } = options;
    const { db } = deps;
    const guard = new RollbackGuard();
    const evm = new EvmRecords({ common }, { db, guard });
    const hash = bytesToBigint(genesis.header.hash());
    const text = await db.get(keys.head);
    if (text === undefined) {
      const store = new ChainStore({ domain, db, evm, guard, head: genesisHead(genesis.header, hash) });
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
    const unfinished = await db.get(keys.unfinished);
    const unfinishedFrom = unfinished === undefined ? undefined : BigInt(unfinished);
    return new ChainStore({ domain, db, evm, guard, head, base, unfinishedFrom });
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
    await this.#commit([...ledgerWrites(block, this.#domain), ...this.evm.block(block.evm), ...writes], {
      ...head,
      block: block.number,
      hash: block.hash,
      timestamp: block.timestamp,
      nextQueueIndex: head.nextQueueIndex + BigInt(block.l1.ops.length),
      inboxCount: block.evm.inboxCount,
      open,
    });
    this.evm.remember(block.evm);
  }

  /**
   * Closes the open batch: the batch, its summary, the accounts it changed and the head, at once.
   * @param evm what the lane came to; the commitment of a batch as L1 has it (`isPosted`) may say something else
   * @throws ChainError OUT_OF_ORDER
   */
  async closeBatch(closed: ClosedBatch, evm: EvmBatch, { isPosted = false } = {}): Promise<BatchSummary> {
    const head = this.#head;
    const { batch } = closed;
    const isNext =
      head.open !== undefined &&
      batch.number === head.open.number &&
      batch.oldRoot === head.closedRoot &&
      batch.firstBlock === head.open.firstBlock &&
      batch.lastBlock === head.block &&
      (isPosted || batch.evmCommitment === evm.commitment) &&
      BigInt(evm.output.blockHash) === head.hash;
    if (!isNext) throw new ChainError('OUT_OF_ORDER', { batch: batch.number, closedBatch: head.closedBatch });

    const summary = summaryOf(closed, head.nextQueueIndex);
    const ops: DbOp[] = [...batchWrites(closed, summary), this.evm.batch(batch.number, evm), ...this.#finishing()];
    if (isPosted) ops.push(put(keys.posted(batch.number), ''));
    for (const { index, after } of closed.slots) {
      if (after !== undefined) ops.push(put(keys.account(index), accountRecord.encode(after)));
    }
    await this.#commit(ops, { ...head, open: undefined, closedBatch: batch.number, closedRoot: batch.newRoot });
    this.#unfinishedFrom = undefined;
    return summary;
  }

  /**
   * Says that the blocks from here to the next close come from L1's data alone. The rules of those data are not the ones by which an open
   * batch is rebuilt from its blocks, so if the process dies before the close, they have to be taken back (`unfinishedFrom`).
   * @throws ChainError OUT_OF_ORDER: a batch is open
   */
  async beginPosted(): Promise<void> {
    const { block, open } = this.#head;
    if (open !== undefined) throw new ChainError('OUT_OF_ORDER', { batch: open.number });
    await this.db.write([put(keys.unfinished, block.toString())]);
    this.#unfinishedFrom = block;
  }

  /** The block to go back to, if a batch from L1's data alone is there in part. `Ledger.load` does. */
  get unfinishedFrom(): bigint | undefined {
    return this.#unfinishedFrom;
  }

  /**
   * Forgets all blocks above `toBlock` and all that looks things up in them, in one atomic write. Closed batches that end above are undone;
   * the one that contains `toBlock` is open again, unless that is its last block. States they left stay until they are pruned.
   * A batch from L1's data alone cannot be open: of such a one the rest is unfinished then (`unfinishedFrom`).
   * @throws ChainError ROLLBACK_TOO_DEEP {toBlock, reason}: nothing has changed
   */
  async rollback(toBlock: bigint): Promise<Rollback> {
    const deps = { store: this, evm: this.evm, domain: this.#domain, head: this.#head };
    const { ops, head, result, unfinishedFrom } = await planRollback(toBlock, deps);
    const mark = unfinishedFrom === undefined ? this.#finishing() : [put(keys.unfinished, unfinishedFrom.toString())];
    await this.guard.roll(async () => {
      await this.#commit([...ops, ...mark], head);
      this.#unfinishedFrom = unfinishedFrom;
      this.evm.forget();
      this.withdrawals.forget();
    });
    return result;
  }

  /**
   * Moves batches between closed, committed and proven, together with a named record of the layer above (the publisher's).
   * @throws ChainError OUT_OF_ORDER: there is no such batch (any more)
   */
  async setStatuses(changes: readonly StatusChange[], meta?: { name: string; value: string }): Promise<BatchSummary[]> {
    const found = await this.guard.read(() => Promise.all(changes.map(({ batch }) => this.summary(batch))));
    const ops: DbOp[] = meta === undefined ? [] : [put(keys.meta(meta.name), meta.value)];
    const summaries = changes.map(({ batch, ...change }, i) => {
      const summary = found[i];
      if (summary === undefined) throw new ChainError('OUT_OF_ORDER', { batch });
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      const changed: BatchSummary = { ...summary, ...given };
      ops.push(put(keys.summary(batch), summaryRecord.encode(changed)));
      return changed;
    });
    await this.db.write(ops);
    return summaries;
  }

  putMeta(name: string, value: string): Promise<void> {
    return this.db.write([put(keys.meta(name), value)]);
  }

  deleteMeta(name: string): Promise<void> {
    return this.db.write([{ type: 'del', key: keys.meta(name) }]);
  }

  #finishing(): DbOp[] {
    return this.#unfinishedFrom === undefined ? [] : [{ type: 'del', key: keys.unfinished }];
  }

  /** The head in memory changes only after the write: if it fails, the store still says what is on disk. */
  async #commit(ops: readonly DbOp[], head: Head): Promise<void> {
    await this.db.write([...ops, put(keys.head, headRecord.encode({ domain: this.#domain, head }))]);
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
