import { setImmediate } from 'node:timers/promises';
import type { BlockHeader } from '@ethereumjs/block';
import { leafHash } from '../../protocol/account.ts';
import { batchNumber } from '../../protocol/ids.ts';
import { type Account, type AccountIndex, type Field, Kind } from '../../protocol/types.ts';
import { type DbOp, put, putBytes } from '../db.ts';
import type { EngramCommon } from '../evm/common.ts';
import { withdrawalWrites } from '../evm/withdrawals.ts';
import { keys } from '../keys.ts';
import { accountRecord, originRecord } from '../records.ts';
import type { OpLocation } from '../types.ts';
import { invalid } from './invalid.ts';
import {
  ACCOUNT_BYTES,
  decodeAccountItem,
  decodeWithdrawalItem,
  fixedItems,
  stateItems,
  WITHDRAWAL_BYTES,
} from './items.ts';
import { decodeLastBlock, type LastBlock } from './lastBlock.ts';
import { OutboxFrontier } from './outboxFrontier.ts';
import { RootBuilder } from './rootBuilder.ts';
import { TrieWalk } from './trieWalk.ts';
import type { PostedFacts, SnapshotManifest } from './types.ts';

/** Items before others get their turn. */
const SLICE = 100;
/** What a batch posts and a block's transactions and receipts: no gas limit allows more. */
const MAX_BLOCK_BYTES = 32 * 1024 * 1024;
const NO_HASH = `0x${'00'.repeat(32)}` as const;

/** What a snapshot says, once begin has checked it against L1. */
export interface SectionContext {
  readonly manifest: SnapshotManifest;
  readonly facts: PostedFacts;
  readonly header: BlockHeader;
  readonly common: EngramCommon;
}

/** The chunks of one kind. All errors, of whatever kind, mean that the snapshot is not what it claims. */
export interface Section {
  /** What a chunk's payload adds to the database. */
  take(payload: Uint8Array): Promise<readonly DbOp[]>;
  /** All chunks of the kind are in. */
  end(): void;
}

export class BlockSection implements Section {
  readonly #context: SectionContext;
  readonly #parts: Uint8Array[] = [];
  #bytes = 0;
  #block: LastBlock | undefined;

  constructor(context: SectionContext) {
    this.#context = context;
  }

  async take(payload: Uint8Array): Promise<readonly DbOp[]> {
    this.#bytes += payload.length;
    if (this.#bytes > MAX_BLOCK_BYTES) throw invalid('last block too long');
    this.#parts.push(payload.slice());
    return [];
  }

  end(): void {
    this.#block = decodeLastBlock(Buffer.concat(this.#parts), this.#context);
    this.#parts.length = 0;
  }

  /** @throws ChainError SNAPSHOT_INVALID before `end` */
  get block(): LastBlock {
    if (this.#block === undefined) throw invalid('last block');
    return this.#block;
  }
}

export class WithdrawalsSection implements Section {
  readonly #context: SectionContext;
  readonly #frontier = new OutboxFrontier();

  constructor(context: SectionContext) {
    this.#context = context;
  }

  async take(payload: Uint8Array): Promise<readonly DbOp[]> {
    const { manifest, header } = this.#context;
    const ops: DbOp[] = [];
    for (const item of fixedItems(payload, WITHDRAWAL_BYTES)) {
      const index = this.#frontier.count;
      if (index === manifest.outboxCount) throw invalid('more withdrawals than there are');
      const leaf = decodeWithdrawalItem(item, index);
      this.#frontier.append(leaf);
      // The tree proves the leaf; which block and transaction it came with only the blocks before could.
      ops.push(...withdrawalWrites({ leaf, block: header.number, txHash: NO_HASH }));
      if (index % BigInt(SLICE) === 0n) await setImmediate();
    }
    return ops;
  }

  end(): void {
    const { outboxCount, outboxRoot } = this.#context.manifest;
    if (this.#frontier.count !== outboxCount) throw invalid('withdrawals are missing');
    if (outboxCount > 0n && this.#frontier.root() !== outboxRoot) throw invalid('withdrawals');
  }
}

export class AccountsSection implements Section {
  readonly #context: SectionContext;
  readonly #root = new RootBuilder();
  #last = 0;
  #count = 0;

  constructor(context: SectionContext) {
    this.#context = context;
  }

  async take(payload: Uint8Array): Promise<readonly DbOp[]> {
    const ops: DbOp[] = [];
    for (const item of fixedItems(payload, ACCOUNT_BYTES)) {
      const [index, account] = decodeAccountItem(item);
      if (index <= this.#last) throw invalid('order of the accounts', { index });
      if (this.#count === this.#context.manifest.accounts) throw invalid('more accounts than there are');
      this.#last = index;
      this.#count += 1;
      this.#root.add(index, leafHash(account));
      ops.push(put(keys.account(index), accountRecord.encode(account)), ...this.#lookUps(index, account));
      if (this.#count % SLICE === 0) await setImmediate();
    }
    return ops;
  }

  end(): void {
    if (this.#count !== this.#context.manifest.accounts) throw invalid('accounts are missing');
    if (this.#root.root() !== this.#context.facts.ledgerRoot) throw invalid('root of the accounts');
  }

  #lookUps(index: AccountIndex, { kind, a, b, c }: Account): DbOp[] {
    if (kind === Kind.KEY) return [put(keys.byKey([a, b], index), ''), put(keys.byAddress(c, index), '')];
    const { header, facts } = this.#context;
    // It came to be in this block or before; in which transaction only the blocks before could tell.
    const origin: OpLocation = {
      block: header.number,
      batch: batchNumber(facts.number),
      position: 0,
      op: 0,
      txHash: 0n as Field,
      timestamp: Number(header.timestamp),
    };
    return [put(keys.origin(index), originRecord.encode(origin))];
  }
}

export class StateSection implements Section {
  readonly #context: SectionContext;
  readonly #walk: TrieWalk;
  #taken = 0;

  constructor(context: SectionContext) {
    this.#context = context;
    this.#walk = new TrieWalk(context.header.stateRoot);
  }

  async take(payload: Uint8Array): Promise<readonly DbOp[]> {
    const ops: DbOp[] = [];
    for (const item of stateItems(payload)) {
      ops.push(putBytes(this.#walk.take(item), item));
      this.#taken += 1;
      if (this.#taken % SLICE === 0) await setImmediate();
    }
    return ops;
  }

  end(): void {
    const { nodes, codes } = this.#walk.counts;
    const { manifest } = this.#context;
    if (!this.#walk.isDone) throw invalid('state is missing');
    if (nodes !== manifest.nodes || codes !== manifest.codes) throw invalid('counts of the state');
  }
}
