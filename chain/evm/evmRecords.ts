import type { BlockHeader } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';
import { prefixedHex } from '../../protocol/bytes.ts';
import type { EvmBatch, Hex } from '../../protocol/lane/types.ts';
import { type Db, type DbOp, put, putBytes } from '../db.ts';
import { ChainError } from '../errors.ts';
import { keys } from '../keys.ts';
import type { RecordCodec } from '../records.ts';
import { RollbackGuard } from '../rollbackGuard.ts';
import { evmBatchRecord, evmBlockRecord, headerRecord, receiptsRecord } from './records.ts';
import type { EvmBlockRecord, EvmTxLocation } from './types.ts';
import { withdrawalRecords } from './withdrawals.ts';

/** Blocks kept decoded: clients ask for the newest ones again and again. */
const CACHED_BLOCKS = 64;
/** Batches on their way to L1: the publisher and the attestor read them at every step, and decoding hashes what they post. */
const CACHED_BATCHES = 8;

/** The EVM lane's records in the chain's database. Writing is the store's: these are parts of its atomic writes. */
export class EvmRecords {
  readonly #db: Db;
  readonly #guard: RollbackGuard;
  readonly #header: RecordCodec<BlockHeader>;
  /** By number, oldest first. */
  readonly #cache = new Map<bigint, EvmBlockRecord>();
  readonly #batches = new Map<number, EvmBatch>();

  constructor({ common }: { common: Common }, { db, guard }: { db: Db; guard?: RollbackGuard }) {
    this.#db = db;
    this.#guard = guard ?? new RollbackGuard();
    this.#header = headerRecord(common);
  }

  block(record: EvmBlockRecord): DbOp[] {
    const { hash, header, receipts, ...stored } = record;
    const { number } = header;
    return [
      put(keys.header(number), this.#header.encode(header)),
      put(keys.evmBlock(number), evmBlockRecord.encode(stored)),
      put(keys.receipts(number), receiptsRecord.encode(receipts)),
      put(keys.blockHash(BigInt(hash)), number.toString()),
      ...withdrawalRecords(number, receipts),
      ...(receipts.some(({ logs }) => logs.length > 0) ? [putBytes(keys.bloom(number), header.logsBloom)] : []),
      ...receipts.map(({ txHash }, position) => put(keys.evmTx(txHash), `${number}:${position}`)),
    ];
  }

  batch(number: number, batch: EvmBatch): DbOp {
    return put(keys.evmBatch(number), evmBatchRecord.encode(batch));
  }

  /** @throws ChainError STORE_CORRUPT */
  async readBlock(number: bigint): Promise<EvmBlockRecord | undefined> {
    const cached = this.#cache.get(number);
    if (cached !== undefined) return cached;
    return this.#guard.read(
      () => this.#readBlock(number),
      (record) => record && this.remember(record),
    );
  }

  async #readBlock(number: bigint): Promise<EvmBlockRecord | undefined> {
    const [key, receiptsKey] = [keys.evmBlock(number), keys.receipts(number)];
    const [header, text, receipts] = await Promise.all([
      this.header(number),
      this.#db.get(key),
      this.#db.get(receiptsKey),
    ]);
    if (header === undefined && text === undefined && receipts === undefined) return undefined;
    if (header === undefined || text === undefined || receipts === undefined) {
      throw new ChainError('STORE_CORRUPT', { block: number });
    }
    const record: EvmBlockRecord = {
      ...evmBlockRecord.decode(text, key),
      header,
      hash: prefixedHex(header.hash()),
      receipts: receiptsRecord.decode(receipts, receiptsKey),
    };
    // Whatever was changed on disk, the hash that other blocks and L1 know is not this one's any more.
    if (header.number !== number || (await this.numberOf(record.hash)) !== number) {
      throw new ChainError('STORE_CORRUPT', { block: number });
    }
    return record;
  }

  /** The bloom of a block's logs, without reading the block; undefined if it has none. */
  bloom(number: bigint): Promise<Uint8Array | undefined> {
    return this.#db.getBytes(keys.bloom(number));
  }

  async header(number: bigint): Promise<BlockHeader | undefined> {
    const key = keys.header(number);
    const text = await this.#db.get(key);
    return text === undefined ? undefined : this.#header.decode(text, key);
  }

  async numberOf(hash: Hex): Promise<bigint | undefined> {
    const number = await this.#db.get(keys.blockHash(BigInt(hash)));
    return number === undefined ? undefined : BigInt(number);
  }

  async location(hash: Hex): Promise<EvmTxLocation | undefined> {
    const text = await this.#db.get(keys.evmTx(hash));
    if (text === undefined) return undefined;
    const [block = '', position = ''] = text.split(':');
    return { block: BigInt(block), position: Number(position) };
  }

  async readBatch(number: number): Promise<EvmBatch | undefined> {
    const cached = this.#batches.get(number);
    if (cached !== undefined) return cached;
    const key = keys.evmBatch(number);
    return this.#guard.read(
      async () => {
        const text = await this.#db.get(key);
        return text === undefined ? undefined : evmBatchRecord.decode(text, key);
      },
      (batch) => batch && keep(this.#batches, number, batch, CACHED_BATCHES),
    );
  }

  /** Once it is on disk. */
  remember(record: EvmBlockRecord): void {
    keep(this.#cache, record.header.number, record, CACHED_BLOCKS);
  }

  /** After a rollback: what is in memory may not be on the chain any more. */
  forget(): void {
    this.#cache.clear();
    this.#batches.clear();
  }
}

/** Block 0 as a record: it holds nothing. */
export function genesisBlock(header: BlockHeader): EvmBlockRecord {
  return {
    header,
    hash: prefixedHex(header.hash()),
    mirror: { leaves: [], claims: [] },
    messages: [],
    txs: [],
    systemTxs: 0,
    receipts: [],
    inboxCount: 0n,
    outbox: { root: `0x${'00'.repeat(32)}`, count: 0n },
  };
}

/** Puts a value behind all others; what came in longest ago goes when there are too many. */
function keep<K, V>(map: Map<K, V>, key: K, value: V, limit: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > limit && oldest !== undefined) map.delete(oldest);
}
