import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GenesisState } from '../../genesis/spec.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { deposit, firstBlocks, secondBlocks } from '../derive/testing/story.ts';
import { testGenesis } from '../derive/testing/testSequencer.ts';
import { memoryDb } from '../testing/memoryDb.ts';
import { tempDb } from '../testing/tempDb.ts';
import { makeSnapshot } from './makeSnapshot.ts';
import { batchDir, SnapshotSource } from './snapshotSource.ts';
import {
  addBatch,
  addBlocks,
  CHANNEL,
  laterBlocks,
  MODEL,
  marketBlocks,
  openSnapshotChain,
  type SnapshotChain,
} from './testing/snapshotChain.ts';
import { keysIn, type Snapshot, snapshotOf, take } from './testing/taking.ts';
import type { PostedFacts } from './types.ts';

const CHUNK = 4_000;

let genesis: GenesisState;
let dir: string;
/** Three proven batches; the last one credits a fee account and a model. */
let origin: SnapshotChain;
let facts: PostedFacts;
let snapshot: Snapshot;

beforeAll(async () => {
  genesis = await testGenesis();
  dir = await mkdtemp(join(tmpdir(), 'engram-snapshot-'));
  ({ chain: origin, facts } = await story());
  await makeSnapshot({ batch: 3, dir, chunkBytes: CHUNK }, { ...origin, posted: facts });
  snapshot = await snapshotOf(await opened(dir));
}, 120_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

async function story(db = memoryDb()): Promise<{ chain: SnapshotChain; facts: PostedFacts }> {
  const chain = await openSnapshotChain(db, genesis);
  await addBatch(chain, await firstBlocks());
  await addBatch(chain, await secondBlocks());
  return { chain, facts: await addBatch(chain, await marketBlocks()) };
}

async function opened(at: string): Promise<SnapshotSource> {
  const source = await SnapshotSource.open(at);
  if (source === undefined) throw new RangeError('there is a snapshot');
  return source;
}

async function copied(db = memoryDb()): Promise<SnapshotChain> {
  await take(snapshot, { facts, genesis }, db);
  return openSnapshotChain(db, genesis);
}

/** Runs with a directory of its own. */
async function inDir(work: (path: string) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'engram-snapshot-'));
  try {
    await work(path);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

describe('a chain from a snapshot', () => {
  it('goes on as the original does, also after it was opened again', async () => {
    const { db, remove } = await tempDb();
    try {
      const { chain } = await story();
      let copy = await copied(db);
      expect(copy.store.head).toEqual(chain.store.head);
      const [first, ...rest] = await laterBlocks();
      for (const each of [chain, copy]) await addBlocks(each, first === undefined ? [] : [first]);
      copy = await openSnapshotChain(db, genesis);
      for (const each of [chain, copy]) await addBatch(each, rest);
      copy = await openSnapshotChain(db, genesis);
      expect(copy.store.head).toEqual(chain.store.head);
      expect(await copy.store.evmBatch(4)).toEqual(await chain.store.evmBatch(4));
      expect((await copy.store.batch(4))?.commitment).toEqual((await chain.store.batch(4))?.commitment);
    } finally {
      await remove();
    }
  });

  it('goes back to where it began, no further, and on from there', async () => {
    const { chain } = await story();
    const copy = await copied();
    await addBatch(copy, await laterBlocks());
    await addBlocks(copy, [{ messages: [deposit(6)] }]);
    await expect(copy.store.rollback(facts.lastBlock - 1n)).rejects.toMatchObject({ code: 'ROLLBACK_TOO_DEEP' });
    const header = await copy.store.header(facts.lastBlock);
    if (header === undefined) throw new RangeError('the base has a header');
    await copy.lane.rewind(header);
    expect((await copy.store.rollback(facts.lastBlock)).batches).toEqual([4]);
    expect(copy.store.head).toEqual(chain.store.head);
    const again = await openSnapshotChain(copy.db, genesis);
    for (const each of [chain, again]) await addBatch(each, (await laterBlocks()).slice(0, 1));
    expect(again.store.head).toEqual(chain.store.head);
  });

  it('knows what the close of the batch credited, and who is found by key and address', async () => {
    const { store, ledger } = await copied();
    expect(store.base).toEqual({ head: store.head, c: facts.c, carried: [9, MODEL] });
    for (const index of [1, 2, 9, MODEL, CHANNEL].map(accountIndex)) {
      expect(ledger.account(index)).toEqual(origin.ledger.account(index));
    }
    const { key, address } = actor(1);
    expect(await store.accountsByKey(key)).toEqual([1]);
    expect(await store.accountsByAddress(address)).toEqual([1]);
    const origins = [];
    for await (const [index, { block }] of store.origins()) origins.push([index, block]);
    expect(origins).toEqual([
      [MODEL, facts.lastBlock],
      [CHANNEL, facts.lastBlock],
    ]);
  });

  it('has the last block, the batch, its summary and the proofs of all withdrawals', async () => {
    const { store } = await copied();
    const found = await store.evmBlock(facts.lastBlock);
    const block = await origin.store.evmBlock(facts.lastBlock);
    const mirror = { leaves: [], claims: [] };
    expect({ ...found, header: found?.header.toJSON() }).toEqual({
      ...{ ...block, mirror, messages: [] },
      header: block?.header.toJSON(),
    });
    expect((await store.evmBlockByHash(block?.hash ?? '0x'))?.hash).toBe(block?.hash);
    expect(await store.evmBatch(3)).toEqual(await origin.store.evmBatch(3));
    expect(await store.summary(3)).toEqual(await origin.store.summary(3));
    expect(await store.withdrawals.proof(0n, 1n)).toEqual(await origin.store.withdrawals.proof(0n, 1n));
    expect(await store.block(facts.lastBlock)).toBeUndefined();
    expect(await store.batch(3)).toBeUndefined();
    expect(await store.block(facts.lastBlock - 1n)).toBeUndefined();
    expect((await store.evmBlock(0n))?.hash).toBe((await origin.store.evmBlock(0n))?.hash);
  });

  it('makes the snapshots the original makes', async () => {
    await inDir(async (path) => {
      const made = [];
      for (const chain of [await copied(), (await story()).chain]) {
        const posted = await addBatch(chain, await laterBlocks());
        made.push(await makeSnapshot({ batch: 4, dir: path }, { ...chain, posted }));
      }
      expect(made[0]).toEqual(made[1]);
    });
  });
});

describe('making a snapshot', () => {
  it('finds the accounts of an earlier batch, beside blocks and batches', async () => {
    await inDir(async (path) => {
      const { chain } = await story();
      const [one, two] = await laterBlocks();
      const making = makeSnapshot({ batch: 3, dir: path, chunkBytes: CHUNK }, { ...chain, posted: facts });
      await addBatch(chain, one === undefined ? [] : [one]);
      await addBlocks(chain, two === undefined ? [] : [two]);
      await chain.lane.prune([]);
      expect(await making).toEqual(snapshot.manifest);
      await chain.lane.prune([]);
      await expect(makeSnapshot({ batch: 3, dir: path }, { ...chain, posted: facts })).rejects.toMatchObject({
        code: 'STATE_MISSING',
      });
    });
  });

  it('finds the accounts of an earlier batch when later ones are long closed', async () => {
    await inDir(async (path) => {
      const { chain } = await story();
      for (const block of await laterBlocks()) await addBatch(chain, [block]);
      expect(await makeSnapshot({ batch: 3, dir: path, chunkBytes: CHUNK }, { ...chain, posted: facts })).toEqual(
        snapshot.manifest,
      );
    });
  });

  it('is refused for a batch that is not proven, or not the one on L1', async () => {
    await inDir(async (path) => {
      const { chain } = await story();
      const make = (posted: PostedFacts, batch = posted.number) =>
        makeSnapshot({ batch, dir: path }, { ...chain, posted });
      await expect(make({ ...facts, ledgerRoot: facts.c })).rejects.toMatchObject({ code: 'OUT_OF_ORDER' });
      await expect(make({ ...facts, evmCommitment: 1n })).rejects.toMatchObject({ code: 'OUT_OF_ORDER' });
      await expect(make(facts, 2)).rejects.toMatchObject({ code: 'OUT_OF_ORDER' });
      await expect(make(facts, 4)).rejects.toMatchObject({ code: 'OUT_OF_ORDER', data: { reason: 'not proven' } });
      await chain.store.setStatuses([{ batch: 3, status: 'committed' }]);
      await expect(make(facts)).rejects.toMatchObject({ code: 'OUT_OF_ORDER', data: { reason: 'not proven' } });
      expect(await readdir(path)).toEqual([]);
    });
  });

  it('ends without a trace when the state was pruned', async () => {
    await inDir(async (path) => {
      const { chain } = await story();
      await addBatch(chain, await laterBlocks());
      await chain.lane.prune([]);
      await expect(makeSnapshot({ batch: 3, dir: path }, { ...chain, posted: facts })).rejects.toMatchObject({
        code: 'STATE_MISSING',
      });
      expect(await readdir(path)).toEqual([]);
    });
  });

  it('keeps the two newest', async () => {
    await inDir(async (path) => {
      const chain = await openSnapshotChain(memoryDb(), genesis);
      for (const blocks of [firstBlocks, secondBlocks, marketBlocks]) {
        const posted = await addBatch(chain, await blocks());
        await makeSnapshot({ batch: posted.number, dir: path }, { ...chain, posted });
      }
      expect(await readdir(path)).toEqual(['batch-2', 'batch-3']);
      expect((await opened(path)).manifest.batch).toBe(3);
    });
  });
});

describe('a directory of snapshots', () => {
  it('has none until one is whole', async () => {
    expect(await SnapshotSource.open(join(dir, 'nowhere'))).toBeUndefined();
    await inDir(async (path) => expect(await SnapshotSource.open(path)).toBeUndefined());
  });

  it('passes over one whose manifest is broken', async () => {
    await inDir(async (path) => {
      await makeSnapshot({ batch: 3, dir: path }, { ...origin, posted: facts });
      await writeFile(join(batchDir(path, 3), 'manifest'), 'x');
      expect(await SnapshotSource.open(path)).toBeUndefined();
    });
  });

  it('gives no chunk that is not there or was changed on disk', async () => {
    await inDir(async (path) => {
      await makeSnapshot({ batch: 3, dir: path, chunkBytes: CHUNK }, { ...origin, posted: facts });
      const source = await opened(path);
      const chunks = source.manifest.chunks.length;
      for (const i of [-1, 0.5, chunks]) expect(await source.chunk(i)).toBeUndefined();
      expect(await source.chunk(chunks - 1)).toEqual(snapshot.chunks.at(-1));
      await writeFile(join(batchDir(path, 3), 'chunk-000001'), 'x');
      await rm(join(batchDir(path, 3), 'chunk-000002'));
      expect(await source.chunk(1)).toBeUndefined();
      expect(await source.chunk(2)).toBeUndefined();
    });
  });
});

describe('an import', () => {
  it('does not begin where there is a chain, nor take chunks in another order, nor end before the last', async () => {
    const { db } = await openSnapshotChain(memoryDb(), genesis);
    await expect(take(snapshot, { facts, genesis }, db)).rejects.toMatchObject({ code: 'OUT_OF_ORDER' });
    expect((await openSnapshotChain(db, genesis)).store.head.block).toBe(0n);
  });

  it('leaves what is not its own', async () => {
    const db = memoryDb();
    await db.write([{ type: 'put', key: 'm/x/mine', value: '1' }]);
    const bad = { ...snapshot, chunks: snapshot.chunks.slice(0, -1) };
    await expect(take(bad, { facts, genesis }, db)).rejects.toMatchObject({ code: 'OUT_OF_ORDER' });
    expect(await keysIn(db)).toEqual(['m/x/mine']);
  });
});
