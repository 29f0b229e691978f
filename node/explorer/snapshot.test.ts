import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { firstBlocks, secondBlocks } from '../../chain/derive/testing/story.ts';
import { testGenesis } from '../../chain/derive/testing/testSequencer.ts';
import { makeSnapshot } from '../../chain/snapshot/makeSnapshot.ts';
import { SnapshotSource } from '../../chain/snapshot/snapshotSource.ts';
import { addBatch, laterBlocks, marketBlocks, openSnapshotChain } from '../../chain/snapshot/testing/snapshotChain.ts';
import { snapshotOf, take } from '../../chain/snapshot/testing/taking.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { World } from './testing/world.ts';

const PAGE = { before: undefined, limit: 200 };

it('a chain that began with a snapshot is indexed from there: what was before is missing, what came after is the same', async () => {
  const genesis = await testGenesis();
  const dir = await mkdtemp(join(tmpdir(), 'engram-explorer-snapshot-'));
  try {
    const [whole, begun] = [memoryDb(), memoryDb()];
    const origin = await openSnapshotChain(whole, genesis);
    await addBatch(origin, await firstBlocks());
    await addBatch(origin, await secondBlocks());
    const facts = await addBatch(origin, await marketBlocks());
    const base = origin.store.head.block;
    await makeSnapshot({ batch: 3, dir }, { ...origin, posted: facts });
    const source = await SnapshotSource.open(dir);
    if (source === undefined) throw new RangeError('there is a snapshot');
    await take(await snapshotOf(source), { facts, genesis }, begun);
    await addBatch(origin, await laterBlocks());
    const copy = await openSnapshotChain(begun, genesis);
    const balances = new Map<number, bigint>();
    for await (const [index, { balance }] of copy.store.accounts()) balances.set(index, balance);
    await addBatch(copy, await laterBlocks());

    const one = await World.open({ genesis, db: whole });
    const other = await World.open({ genesis, db: begun });
    await one.follower.catchUp();
    await other.follower.catchUp();
    expect(other.index.cursor).toMatchObject({ base, block: one.index.cursor.block, hash: one.index.cursor.hash });
    const after = <T extends { readonly block: bigint }>(items: readonly T[]): T[] =>
      items.filter(({ block }) => block > base);
    let lines = 0;
    for (let index = 1; index < 40; index += 1) {
      const [all, some] = await Promise.all(
        [one, other].map(({ queries }) => queries.history(accountIndex(index), PAGE)),
      );
      expect(some?.items).toEqual(after(all?.items ?? []));
      const sum = (some?.items ?? []).reduce((total, { change }) => total + change, balances.get(index) ?? 0n);
      expect(sum).toBe(other.chain.ledger.account(accountIndex(index))?.balance ?? 0n);
      lines += some?.items.length ?? 0;
    }
    expect(lines).toBeGreaterThan(0);
    expect((await other.queries.batches(PAGE)).items.map(({ number }) => number)).toEqual([4]);
    expect(await other.queries.batchFacts(3)).toBeUndefined();
    expect((await other.queries.blocks(PAGE)).items.map(({ number }) => number).at(-1)).toBe(base + 1n);
  } finally {
    await rm(dir, { recursive: true });
  }
}, 60_000);
