import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { GenesisState } from '../../genesis/spec.ts';
import { TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import type { Db } from '../db.ts';
import { firstBlocks } from '../derive/testing/story.ts';
import { testGenesis } from '../derive/testing/testSequencer.ts';
import { CrashError, CrashPoint, crashingDb } from '../testing/crash.ts';
import { memoryDb } from '../testing/memoryDb.ts';
import { makeSnapshot } from './makeSnapshot.ts';
import { SnapshotImport } from './snapshotImport.ts';
import { SnapshotSource } from './snapshotSource.ts';
import { addBatch, openSnapshotChain } from './testing/snapshotChain.ts';
import { keysIn, type Snapshot, snapshotOf, take } from './testing/taking.ts';
import type { PostedFacts } from './types.ts';

let genesis: GenesisState;
let facts: PostedFacts;
let snapshot: Snapshot;
let hash: bigint;

beforeAll(async () => {
  genesis = await testGenesis();
  const dir = await mkdtemp(join(tmpdir(), 'engram-crash-'));
  const chain = await openSnapshotChain(memoryDb(), genesis);
  facts = await addBatch(chain, await firstBlocks());
  hash = chain.store.head.hash;
  await makeSnapshot({ batch: 1, dir, chunkBytes: 20_000 }, { ...chain, posted: facts });
  const source = await SnapshotSource.open(dir);
  if (source !== undefined) snapshot = await snapshotOf(source);
  await rm(dir, { recursive: true });
}, 120_000);

/** As a process does it that nobody tells of its death: without `abandon`. */
async function dying(db: Db): Promise<void> {
  const { manifest, chunks } = snapshot;
  const taking = await SnapshotImport.begin({ manifest, facts, domain: TEST_DOMAIN, genesis }, { db });
  for (const [i, chunk] of chunks.entries()) await taking.addChunk(i, chunk);
  await taking.finish();
}

/** Kills an import at every point in turn, and hands on what it left. */
async function atEveryDeath(seen: (db: Db) => Promise<void>): Promise<number> {
  for (let dieAt = 0; ; dieAt += 1) {
    const db = memoryDb();
    const crash = new CrashPoint(dieAt);
    try {
      await dying(crashingDb(db, crash));
      return dieAt;
    } catch (error) {
      expect(error).toBeInstanceOf(CrashError);
    }
    await seen(db);
  }
}

describe('an import that is killed', () => {
  it('is begun again clean', async () => {
    const deaths = await atEveryDeath(async (db) => {
      // Only whoever died between the last write and its answer has a chain.
      if ((await db.get('m/head')) === undefined) await take(snapshot, { facts, genesis }, db);
      const { store } = await openSnapshotChain(db, genesis);
      expect(store.head.hash).toBe(hash);
      expect(await db.get('m/import')).toBeUndefined();
    });
    // two for each write: the mark, one a chunk that has anything, the head
    expect(deaths).toBe(2 * (snapshot.chunks.length + 2));
  });

  it('leaves a database in which a chain can begin as in an empty one', async () => {
    const empty = memoryDb();
    await openSnapshotChain(empty, genesis);
    const keys = await keysIn(empty);
    await atEveryDeath(async (db) => {
      const { store } = await openSnapshotChain(db, genesis);
      if (store.base !== undefined) return;
      expect(store.head.block).toBe(0n);
      expect(await keysIn(db)).toEqual(keys);
    });
  });

  it('is removed by a removal that was killed itself, the next time', async () => {
    const { manifest, chunks } = snapshot;
    const options = { manifest, facts, domain: TEST_DOMAIN, genesis };
    for (let dieAt = 0; ; dieAt += 1) {
      const db = memoryDb();
      const taking = await SnapshotImport.begin(options, { db });
      for (const [i, chunk] of chunks.entries()) await taking.addChunk(i, chunk);
      const crash = new CrashPoint(dieAt);
      await SnapshotImport.begin(options, { db: crashingDb(db, crash) }).catch((error: unknown) => {
        expect(error).toBeInstanceOf(CrashError);
      });
      await take(snapshot, { facts, genesis }, db);
      expect((await openSnapshotChain(db, genesis)).store.head.hash).toBe(hash);
      if (!crash.isDead) break;
    }
  });

  it('is over when the database fails', async () => {
    const db = memoryDb();
    const crash = new CrashPoint(4);
    const { manifest, chunks } = snapshot;
    const taking = await SnapshotImport.begin(
      { manifest, facts, domain: TEST_DOMAIN, genesis },
      { db: crashingDb(db, crash) },
    );
    const add = async () => {
      for (const [i, chunk] of chunks.entries()) await taking.addChunk(i, chunk);
    };
    await expect(add()).rejects.toBeInstanceOf(CrashError);
    const [chunk = new Uint8Array(0)] = chunks.slice(taking.next);
    await expect(taking.addChunk(taking.next, chunk)).rejects.toMatchObject({ code: 'OUT_OF_ORDER' });
    await expect(taking.finish()).rejects.toMatchObject({ code: 'OUT_OF_ORDER' });
  });
});
