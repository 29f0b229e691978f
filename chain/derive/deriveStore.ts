import type { BlockHeader } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';
import { prefixedHex } from '../../protocol/bytes.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { big, fieldWord, hexBytes, index, int, type JsonCodec, list, object } from '../../protocol/json.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { AccountTree } from '../../protocol/tree.ts';
import type { AccountIndex, Field } from '../../protocol/types.ts';
import { type DbOp, put } from '../db.ts';
import { ChainError } from '../errors.ts';
import { EvmRecords } from '../evm/evmRecords.ts';
import { decodeLaneHeader } from '../evm/laneHeader.ts';
import { hex } from '../evm/records.ts';
import type { EvmBlockRecord } from '../evm/types.ts';
import { indexOfKey, keys, ranges } from '../keys.ts';
import { accountRecord, type RecordCodec, record } from '../records.ts';
import type { DeriveHead } from './types.ts';
import type { WriteBuffer } from './writeBuffer.ts';

const KEY = keys.meta('derive');
const bytes = hexBytes();

/** What a derivation belongs to: data of another one are refused. */
export interface DeriveIdentity {
  readonly domain: Field;
  readonly genesisHash: Hex;
  readonly evmLane: Hex;
}

/** Where it stands, and what the next batch begins with. */
export interface StoredHead extends Omit<DeriveHead, 'blockHash'> {
  /** Accounts that the close of the last batch changed. */
  readonly carried: readonly AccountIndex[];
}

/**
 * The derived chain on disk: blocks, state, accounts. Blocks are written as they come; the head, in the same write as the batch's last
 * ones, says which count.
 */
export class DeriveStore {
  readonly #db: WriteBuffer;
  readonly #identity: DeriveIdentity;
  readonly #head: RecordCodec<DeriveIdentity & StoredHead>;
  readonly #records: EvmRecords;
  /** Keys of blocks that no head counts yet. */
  #pending: string[] = [];

  constructor(options: { identity: DeriveIdentity; common: Common }, { db }: { db: WriteBuffer }) {
    this.#db = db;
    this.#identity = options.identity;
    this.#head = headRecord(options.common);
    this.#records = new EvmRecords({ common: options.common }, { db });
  }

  /** undefined: nothing was derived yet. @throws ChainError WRONG_CHAIN, STORE_CORRUPT */
  async head(): Promise<StoredHead | undefined> {
    const found = await this.#db.get(KEY);
    if (found === undefined) return undefined;
    const head = this.#head.decode(found, KEY);
    const { domain, genesisHash, evmLane } = this.#identity;
    if (head.domain !== domain || head.genesisHash !== genesisHash || head.evmLane !== evmLane) {
      throw new ChainError('WRONG_CHAIN', { stored: head.genesisHash, expected: genesisHash });
    }
    return head;
  }

  /** The account tree after the last whole batch. @throws ChainError STORE_CORRUPT */
  async tree({ ledgerRoot }: StoredHead): Promise<AccountTree> {
    const tree = new AccountTree();
    for await (const [key, value] of this.#db.range(ranges.accounts)) {
      tree.set(accountIndex(indexOfKey(key)), accountRecord.decode(value, key));
    }
    if (tree.root !== ledgerRoot) throw new ChainError('STORE_CORRUPT', { expected: ledgerRoot, found: tree.root });
    return tree;
  }

  block(number: bigint): Promise<EvmBlockRecord | undefined> {
    return this.#records.readBlock(number);
  }

  async addBlock(record: EvmBlockRecord, state: readonly DbOp[]): Promise<void> {
    const ops = this.#records.block(record);
    for (const { key } of ops) this.#pending.push(key);
    await this.#db.write([...state, ...ops]);
  }

  /** Takes back the blocks since the last head. State may stay: nothing refers to it. */
  async dropBlocks(): Promise<void> {
    await this.#db.write(this.#pending.map((key) => ({ type: 'del', key })));
    this.#pending = [];
  }

  /** Everything so far is on disk when it resolves. `changed`: accounts that may differ from the stored ones. */
  async commit(
    head: StoredHead,
    { tree, changed }: { tree: AccountTree; changed: Iterable<AccountIndex> },
  ): Promise<void> {
    const accounts = [...changed].flatMap((i) => {
      const account = tree.get(i);
      return account === undefined ? [] : [put(keys.account(i), accountRecord.encode(account))];
    });
    await this.#db.flush([...accounts, put(KEY, this.#head.encode({ ...this.#identity, ...head }))]);
    this.#pending = [];
  }
}

function headRecord(common: Common): RecordCodec<DeriveIdentity & StoredHead> {
  const header: JsonCodec<BlockHeader> = {
    encode: (value) => prefixedHex(value.serialize()),
    decode: (json) => decodeLaneHeader(bytes.decode(json), common),
  };
  return record(
    object<DeriveIdentity & StoredHead>({
      domain: fieldWord,
      genesisHash: hex,
      evmLane: hex,
      batch: int,
      ledgerRoot: fieldWord,
      header,
      inboxCount: big,
      nextQueueIndex: big,
      carried: list(index),
    }),
  );
}
