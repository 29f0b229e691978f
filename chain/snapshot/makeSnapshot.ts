import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { leafHash } from '../../protocol/account.ts';
import type { Account, AccountIndex } from '../../protocol/types.ts';
import type { Db } from '../db.ts';
import { ChainError } from '../errors.ts';
import { bytesHex } from '../evm/crypto.ts';
import { EvmError } from '../evm/errors.ts';
import type { EvmLane } from '../evm/evmLane.ts';
import type { ChainStore } from '../store.ts';
import { ChunkWriter } from './chunkWriter.ts';
import { encodeAccountItem, encodeStateItem, encodeWithdrawalItem } from './items.ts';
import { encodeLastBlock } from './lastBlock.ts';
import { encodeManifest } from './manifest.ts';
import { RootBuilder } from './rootBuilder.ts';
import { batchDir, batchesIn, MANIFEST_FILE } from './snapshotSource.ts';
import { TrieWalk } from './trieWalk.ts';
import { ChunkKind, MAX_CHUNK_BYTES, type PostedFacts, type SnapshotManifest } from './types.ts';

/** Snapshots of this many batches stay: whoever is taking one can finish while the next is made. */
const KEPT = 2;
/** One at a time; what a killed process left is replaced by the next. */
const BUILDING = 'building';
/** Items before others get their turn: an account's hash takes 0.1 ms. */
const SLICE = 100;
/** State items read at once. */
const READ_AHEAD = 16;
const ATTEMPTS = 3;

export interface MakeSnapshotOptions {
  readonly batch: number;
  /** Where snapshots are kept; `SnapshotSource.open` takes the same. */
  readonly dir: string;
  /** At most 512 KiB, the default. */
  readonly chunkBytes?: number;
}

export interface MakeSnapshotDeps {
  readonly store: ChainStore;
  readonly lane: EvmLane;
  /** The store's. */
  readonly db: Db;
  readonly posted: PostedFacts;
}

/**
 * Makes a snapshot of a proven batch, beside blocks: it works in slices, holds one path of each tree in memory, and changes nothing in the database.
 * The state of the batch's last block is not pruned meanwhile. Files appear at once when all are there. The snapshots of older batches are removed, but for the one before.
 * @throws ChainError OUT_OF_ORDER {batch, reason}: not proven, not the batch on L1, or batches kept closing meanwhile (try again);
 * EvmError STATE_MISSING: the state of its last block is not kept any more; errors of the file system
 */
export async function makeSnapshot(options: MakeSnapshotOptions, deps: MakeSnapshotDeps): Promise<SnapshotManifest> {
  const { batch, dir, chunkBytes = MAX_CHUNK_BYTES } = options;
  const facts = await factsOf(batch, deps);
  const building = join(dir, BUILDING);
  const unpin = deps.lane.pin(facts.block.header);
  try {
    await rm(building, { recursive: true, force: true });
    await mkdir(building, { recursive: true });
    const writer = new ChunkWriter({ dir: building, chunkBytes });
    await writer.addBytes(ChunkKind.BLOCK, encodeLastBlock(facts.evmBatch, facts.block));
    await writeWithdrawals(writer, facts.evmBatch.output.outboxCount, deps);
    const accounts = await writeAccounts(writer, deps);
    const state = await writeState(writer, facts.block.header.stateRoot, deps);
    const { outboxRoot, outboxCount, inboxCount } = facts.evmBatch.output;
    const manifest: SnapshotManifest = {
      domain: deps.store.domain,
      genesisHash: bytesHex(deps.lane.genesis.hash()),
      batch,
      header: facts.block.header.serialize(),
      ...{ outboxRoot, outboxCount, inboxCount },
      dataHash: facts.evmBatch.dataHash,
      accounts,
      ...state,
      ...(await writer.finish()),
    };
    await writeFile(join(building, MANIFEST_FILE), encodeManifest(manifest));
    await rm(batchDir(dir, batch), { recursive: true, force: true });
    await rename(building, batchDir(dir, batch));
    await removeOld(dir);
    return manifest;
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    throw error;
  } finally {
    unpin();
  }
}

async function factsOf(batch: number, { store, posted }: MakeSnapshotDeps) {
  const [summary, evmBatch] = await Promise.all([store.summary(batch), store.evmBatch(batch)]);
  const refused = (reason: string): ChainError => new ChainError('OUT_OF_ORDER', { batch, reason });
  if (summary?.status !== 'proven') throw refused('not proven');
  const isPosted =
    posted.number === batch && posted.ledgerRoot === summary.newRoot && posted.evmCommitment === evmBatch?.commitment;
  if (!isPosted || evmBatch === undefined) throw refused('not the batch on L1');
  const block = await store.evmBlock(summary.lastBlock);
  if (block === undefined) throw refused('its last block is not stored');
  return { evmBatch, block };
}

async function writeWithdrawals(writer: ChunkWriter, count: bigint, { store }: MakeSnapshotDeps): Promise<void> {
  for (let index = 0n; index < count; index += 1n) {
    const withdrawal = await store.withdrawals.get(index);
    if (withdrawal === undefined) throw new ChainError('STORE_CORRUPT', { withdrawal: index });
    await writer.add(ChunkKind.WITHDRAWALS, encodeWithdrawalItem(withdrawal.leaf));
    if (Number(index) % SLICE === SLICE - 1) await setImmediate();
  }
}

/** The accounts as of the batch, in order, and their number. */
async function writeAccounts(writer: ChunkWriter, { store, posted }: MakeSnapshotDeps): Promise<number> {
  const root = new RootBuilder();
  let count = 0;
  for await (const [index, account] of accountsAsOf(posted.number, store)) {
    root.add(index, leafHash(account));
    await writer.add(ChunkKind.ACCOUNTS, encodeAccountItem(index, account));
    count += 1;
    if (count % SLICE === 0) await setImmediate();
  }
  // A batch that closes in the one moment between what is undone and what is read, or a record that was changed.
  if (root.root() !== posted.ledgerRoot)
    throw new ChainError('OUT_OF_ORDER', { batch: posted.number, reason: 'accounts' });
  return count;
}

/** The stored accounts with later batches undone. The database's iterator stays what it was when it began, whatever is closed meanwhile. */
async function* accountsAsOf(batch: number, store: ChainStore): AsyncGenerator<readonly [AccountIndex, Account]> {
  for (let attempt = 1; ; attempt += 1) {
    const { closedBatch } = store.head;
    const before = await changedSince(batch, closedBatch, store);
    const accounts = store.accounts();
    let next = await accounts.next();
    if (store.head.closedBatch !== closedBatch && attempt < ATTEMPTS) {
      await accounts.return(undefined);
      continue;
    }
    for (; next.done !== true; next = await accounts.next()) {
      const [index, account] = next.value;
      const then = before.has(index) ? before.get(index) : account;
      if (then !== undefined) yield [index, then];
    }
    return;
  }
}

/** What accounts that changed after the batch were before; undefined: not there. */
async function changedSince(
  batch: number,
  closedBatch: number,
  store: ChainStore,
): Promise<Map<AccountIndex, Account | undefined>> {
  const changed = new Map<AccountIndex, Account | undefined>();
  for (let number = closedBatch; number > batch; number -= 1) {
    const closed = await store.batch(number);
    if (closed === undefined) throw new ChainError('STORE_CORRUPT', { batch: number });
    for (const { index, before, after } of closed.slots) if (after !== undefined) changed.set(index, before);
  }
  return changed;
}

async function writeState(
  writer: ChunkWriter,
  stateRoot: Uint8Array,
  { db }: MakeSnapshotDeps,
): Promise<{ nodes: number; codes: number }> {
  const walk = new TrieWalk(stateRoot);
  const read = new Map<string, Promise<Uint8Array | undefined>>();
  for (let seen = 1; !walk.isDone; seen += 1) {
    const ahead = walk.ahead(READ_AHEAD);
    for (const key of ahead) {
      if (read.has(key)) continue;
      const bytes = db.getBytes(key);
      bytes.catch(() => undefined); // whoever awaits it hears of it
      read.set(key, bytes);
    }
    const [key = ''] = ahead;
    const bytes = await read.get(key);
    read.delete(key);
    if (bytes === undefined) throw new EvmError('STATE_MISSING', { key });
    walk.take(bytes);
    await writer.add(ChunkKind.STATE, encodeStateItem(bytes));
    if (seen % SLICE === 0) await setImmediate();
  }
  return walk.counts;
}

async function removeOld(dir: string): Promise<void> {
  const old = (await batchesIn(dir)).slice(KEPT);
  for (const batch of old) await rm(batchDir(dir, batch), { recursive: true, force: true });
}
