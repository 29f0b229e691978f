import type { BlockHeader } from '@ethereumjs/block';
import { wordHex } from '../protocol/bytes.ts';
import { accountIndex } from '../protocol/ids.ts';
import type { EvmBatch, Hex } from '../protocol/lane/types.ts';
import type { Account, AccountIndex, ClosedBatch, Field, Point } from '../protocol/types.ts';
import { type Block, blockOf, isHeaderOf } from './block.ts';
import type { Db, DbRange } from './db.ts';
import { ChainError } from './errors.ts';
import type { EvmRecords } from './evm/evmRecords.ts';
import type { EvmBlockRecord, EvmTxLocation } from './evm/types.ts';
import { Withdrawals } from './evm/withdrawals.ts';
import { indexOfKey, keys, ranges } from './keys.ts';
import {
  accountRecord,
  bodyRecord,
  claimRecord,
  closedBatchRecord,
  locationRecord,
  originRecord,
  type RecordCodec,
  summaryRecord,
  txLocationRecord,
} from './records.ts';
import type { RollbackGuard } from './rollbackGuard.ts';
import type { Base, BatchSummary, ClaimRecord, Location, OpLocation, TxLocation } from './types.ts';

export interface StoreParts {
  readonly db: Db;
  readonly evm: EvmRecords;
  readonly guard: RollbackGuard;
  readonly base?: Base | undefined;
}

/** All that can be asked of the stored chain. */
export class StoreReader {
  protected readonly db: Db;
  protected readonly evm: EvmRecords;
  protected readonly guard: RollbackGuard;
  readonly withdrawals: Withdrawals;
  /** Absent: the chain is stored from its first block on. */
  readonly base: Base | undefined;

  constructor(parts: StoreParts) {
    this.db = parts.db;
    this.evm = parts.evm;
    this.guard = parts.guard;
    this.withdrawals = new Withdrawals(parts);
    this.base = parts.base;
  }

  getMeta(name: string): Promise<string | undefined> {
    return this.db.get(keys.meta(name));
  }

  /** A block from number 1 on; of the base there is the EVM part only. @throws ChainError STORE_CORRUPT */
  block(number: bigint): Promise<Block | undefined> {
    return this.guard.read(() => this.#block(number));
  }

  async #block(number: bigint): Promise<Block | undefined> {
    const [body, evm] = await Promise.all([this.#get(keys.block(number), bodyRecord), this.evm.readBlock(number)]);
    if (body === undefined || evm === undefined) {
      const isEvmOnly = number === 0n || number === this.base?.head.block;
      if (body === undefined && (evm === undefined || isEvmOnly)) return undefined;
      throw new ChainError('STORE_CORRUPT', { block: number });
    }
    if (!isHeaderOf(body, evm)) throw new ChainError('STORE_CORRUPT', { block: number });
    return blockOf(body, evm);
  }

  async blockByHash(hash: bigint): Promise<Block | undefined> {
    const number = await this.evm.numberOf(wordHex(hash));
    return number === undefined ? undefined : this.block(number);
  }

  /** The EVM part of a block, from number 0 on. */
  evmBlock(number: bigint): Promise<EvmBlockRecord | undefined> {
    return this.evm.readBlock(number);
  }

  /** The bloom of a block's logs; undefined if it has none. */
  evmBloom(number: bigint): Promise<Uint8Array | undefined> {
    return this.evm.bloom(number);
  }

  /** The Ethereum header of a block, from number 0 on: much quicker to read than the block. */
  header(number: bigint): Promise<BlockHeader | undefined> {
    return this.evm.header(number);
  }

  async evmBlockByHash(hash: Hex): Promise<EvmBlockRecord | undefined> {
    const number = await this.evm.numberOf(hash);
    return number === undefined ? undefined : this.evm.readBlock(number);
  }

  /** Where a transaction of the EVM lane is. */
  evmTx(hash: Hex): Promise<EvmTxLocation | undefined> {
    return this.evm.location(hash);
  }

  /** What a closed batch posts for the EVM lane. */
  evmBatch(number: number): Promise<EvmBatch | undefined> {
    return this.evm.readBatch(number);
  }

  /** Whether a closed batch was taken from L1's data alone: its ledger transactions have no signatures. */
  async isPosted(number: number): Promise<boolean> {
    return (await this.db.get(keys.posted(number))) !== undefined;
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
    for await (const [key, text] of this.db.range(ranges.summaries(from, to))) {
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
    for await (const [key, text] of this.db.range(ranges.accounts)) {
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
    for await (const [key, text] of this.db.range(ranges.origins)) {
      yield [accountIndex(indexOfKey(key)), originRecord.decode(text, key)];
    }
  }

  /** Claims of a channel (`at`: of one transaction), newest first; those of the open batch included. */
  async *claims(
    channel: AccountIndex,
    { limit = -1, at }: { limit?: number; at?: Pick<Location, 'block' | 'position'> } = {},
  ): AsyncGenerator<ClaimRecord> {
    const range = at === undefined ? ranges.claims(channel) : ranges.claimsAt(channel, at);
    for await (const [key, text] of this.db.range({ ...range, reverse: true, limit })) {
      yield claimRecord.decode(text, key);
    }
  }

  async #indices(range: DbRange): Promise<AccountIndex[]> {
    const found: AccountIndex[] = [];
    for await (const [key] of this.db.range(range)) found.push(accountIndex(indexOfKey(key)));
    return found;
  }

  async #get<T>(key: string, codec: RecordCodec<T>): Promise<T | undefined> {
    const text = await this.db.get(key);
    return text === undefined ? undefined : codec.decode(text, key);
  }
}
