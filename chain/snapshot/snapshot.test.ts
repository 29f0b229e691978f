import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GenesisState } from '../../genesis/spec.ts';
import { TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import type { Db } from '../db.ts';
import { firstBlocks, secondBlocks } from '../derive/testing/story.ts';
import { testGenesis } from '../derive/testing/testSequencer.ts';
import { memoryDb } from '../testing/memoryDb.ts';
import { tempDb } from '../testing/tempDb.ts';
import { makeSnapshot } from './makeSnapshot.ts';
import { decodeManifest } from './manifest.ts';
import { SnapshotImport } from './snapshotImport.ts';
import { SnapshotSource } from './snapshotSource.ts';
import { addBatch, laterBlocks, marketBlocks, openSnapshotChain, type SnapshotChain } from './testing/snapshotChain.ts';
import type { PostedFacts } from './types.ts';

let genesis: GenesisState;
let dir: string;
/** Three proven batches; the last one credits a fee account and a model. */
let origin: SnapshotChain;
let facts: PostedFacts;
let source: SnapshotSource;

beforeAll(async () => {
  genesis = await testGenesis();
  dir = await mkdtemp(join(tmpdir(), 'engram-snapshot-'));
  origin = await openSnapshotChain(memoryDb(), genesis);
  await addBatch(origin, await firstBlocks());
  await addBatch(origin, await secondBlocks());
  facts = await addBatch(origin, await marketBlocks());
  await makeSnapshot({ batch: 3, dir, chunkBytes: 4_000 }, { ...origin, posted: facts });
  source = (await SnapshotSource.open(dir)) as SnapshotSource; // just made
}, 120_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

async function imported(db: Db): Promise<SnapshotChain> {
  const manifest = decodeManifest(source.manifestBytes);
  const taking = await SnapshotImport.begin({ manifest, facts, domain: TEST_DOMAIN, genesis }, { db });
  for (let i = 0; i < manifest.chunks.length; i += 1)
    await taking.addChunk(i, (await source.chunk(i)) ?? new Uint8Array());
  await taking.finish();
  return openSnapshotChain(db, genesis);
}

describe('a chain from a snapshot', () => {
  it('goes on as the original does', async () => {
    const { db, remove } = await tempDb();
    try {
      const copy = await imported(db);
      expect(copy.store.head).toEqual(origin.store.head);
      await addBatch(copy, await laterBlocks());
      await addBatch(origin, await laterBlocks());
      expect(copy.store.head).toEqual(origin.store.head);
    } finally {
      await remove();
    }
  });
});
