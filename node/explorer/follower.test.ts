import { beforeAll, describe, expect, it } from 'vitest';
import type { Db } from '../../chain/db.ts';
import { testGenesis } from '../../chain/derive/testing/testSequencer.ts';
import { SafeEmitter } from '../../chain/emitter.ts';
import { silentLogger } from '../../chain/logger.ts';
import { CrashPoint, crashingDb } from '../../chain/testing/crash.ts';
import { RandomHistory } from '../../chain/testing/history.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { tempDb } from '../../chain/testing/tempDb.ts';
import type { GenesisState } from '../../genesis/spec.ts';
import { SeededRandom } from '../../protocol/testing/random.ts';
import type { SequencerEvents } from '../../sequencer/sequencerTypes.ts';
import { ExplorerIndex } from './explorerIndex.ts';
import { keys } from './keys.ts';
import { BusyHistory } from './testing/busyHistory.ts';
import { World } from './testing/world.ts';

let genesis: GenesisState;
beforeAll(async () => {
  genesis = await testGenesis();
}, 120_000);

async function everything(db: Db): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const [key, value] of db.range({ gte: '', lt: '\x7f' })) found[key] = value;
  return found;
}

/** What an index says that was made of this chain and nothing else. */
async function fresh(world: World): Promise<Record<string, string>> {
  const db = memoryDb();
  const other = await World.open({ genesis, db: world.chain.db, indexDb: db });
  await other.follower.catchUp();
  return everything(db);
}

async function grow(world: World, history: { block(chain: World['chain']): Promise<unknown> }, blocks: number) {
  for (let i = 0; i < blocks; i += 1) await history.block(world.chain);
}

describe('an index that follows', () => {
  it.each([1, 2, 3, 4])(
    'is after every rollback what it would be without (seed %i)',
    async (seed) => {
      const random = new SeededRandom(seed);
      const db = memoryDb();
      const world = await World.open({ genesis, indexDb: db });
      const history = random.oneIn(2) ? new RandomHistory(random) : new BusyHistory(random);
      await grow(world, history, 12);
      for (let round = 0; round < 5; round += 1) {
        await world.follower.catchUp();
        await world.back(BigInt(random.int(Number(world.chain.store.head.block) + 1)));
        if (random.oneIn(2)) await grow(world, history, 3);
        await world.follower.catchUp();
        expect(await everything(db), `seed ${seed}, round ${round}`).toEqual(await fresh(world));
        await grow(world, history, 3);
      }
    },
    60_000,
  );

  it('takes back the close of a batch whose last block stays', async () => {
    const db = memoryDb();
    const world = await World.open({ genesis, indexDb: db });
    const history = new RandomHistory(new SeededRandom(5));
    await grow(world, history, 4);
    const last = world.chain.store.head.block;
    await world.chain.ledger.close();
    await grow(world, history, 2);
    await world.follower.catchUp();
    const before = world.index.cursor.batch;
    await world.back(last - 1n);
    await world.follower.catchUp();
    expect(world.index.cursor.batch).toBeLessThan(before);
    expect(await everything(db)).toEqual(await fresh(world));
  });

  it('goes back as far as it is told, though the blocks came back the same', async () => {
    const db = memoryDb();
    const world = await World.open({ genesis, indexDb: db });
    await grow(world, new RandomHistory(new SeededRandom(6)), 6);
    await world.follower.catchUp();
    const events = new SafeEmitter<SequencerEvents>({ log: silentLogger });
    const stop = world.follower.watch(events);
    const { step } = world.index.cursor;
    const before = await everything(db);
    const writes: number[] = [];
    const update = world.index.back.bind(world.index);
    world.index.back = async (also) => {
      writes.push(world.index.cursor.step);
      return update(also);
    };
    events.tell('rolledBack', { toBlock: 2n, blocks: 4, batches: [], reason: 'test' });
    await world.follower.catchUp();
    expect(writes.length).toBeGreaterThanOrEqual(4);
    expect(world.index.cursor.step).toBe(step);
    expect(await everything(db)).toEqual(before);
    stop();
    events.tell('rolledBack', { toBlock: 0n, blocks: 6, batches: [], reason: 'test' });
    writes.length = 0;
    await world.follower.catchUp();
    expect(writes).toEqual([]);
  });

  it('is made anew when the chain went back further than it remembers', async () => {
    const db = memoryDb();
    const world = await World.open({ genesis, indexDb: db, keptSteps: 3 });
    const history = new RandomHistory(new SeededRandom(8));
    await grow(world, history, 10);
    await world.follower.catchUp();
    await world.back(2n);
    await grow(world, history, 4);
    await world.follower.catchUp();
    const { [keys.cursor]: cursor, ...rest } = await everything(db);
    const other = await fresh(world);
    expect(cursor).toBe(other[keys.cursor]);
    const known = (found: Record<string, string>) => Object.entries(found).filter(([key]) => !key.startsWith('u/'));
    expect(known({ ...rest, [keys.cursor]: cursor ?? '' }).sort()).toEqual(known(other).sort());
    expect(Object.keys(rest).filter((key) => key.startsWith('u/'))).toHaveLength(3);
  });

  it('is made anew for a chain that knows nothing of it', async () => {
    const db = memoryDb();
    const old = await World.open({ genesis, indexDb: db });
    await grow(old, new RandomHistory(new SeededRandom(1)), 8);
    await old.follower.catchUp();
    const world = await World.open({ genesis, indexDb: db });
    await grow(world, new BusyHistory(new SeededRandom(2)), 3);
    await world.follower.catchUp();
    expect(await everything(db)).toEqual(await fresh(world));
  });
});

describe('an index whose process dies', () => {
  it('says the same after a restart, wherever it died', async () => {
    const world = await World.open({ genesis });
    const history = new RandomHistory(new SeededRandom(3));
    await grow(world, history, 40);
    const expected = await fresh(world);
    const [counting] = [new CrashPoint()];
    await world.reopenIndex(crashingDb(memoryDb(), counting));
    await world.follower.catchUp();
    expect(counting.steps).toBeGreaterThan(6);
    for (let dieAt = 0; dieAt < counting.steps; dieAt += 1) {
      const db = memoryDb();
      const die = async (): Promise<void> => {
        await world.reopenIndex(crashingDb(db, new CrashPoint(dieAt)));
        await world.follower.catchUp();
      };
      await expect(die()).rejects.toMatchObject({ name: 'CrashError' });
      await world.reopenIndex(db);
      await world.follower.catchUp();
      expect(await everything(db), `died at ${dieAt}`).toEqual(expected);
    }
  }, 60_000);

  it('while it is emptied, too', async () => {
    const world = await World.open({ genesis });
    await grow(world, new RandomHistory(new SeededRandom(4)), 8);
    const expected = await fresh(world);
    for (let dieAt = 0; dieAt < 4; dieAt += 1) {
      const db = memoryDb();
      await db.write([{ type: 'put', key: 'b/0000000000000001', value: 'of another chain' }]);
      const open = () => world.reopenIndex(crashingDb(db, new CrashPoint(dieAt)));
      await expect(open()).rejects.toMatchObject({ name: 'CrashError' });
      await world.reopenIndex(db);
      await world.follower.catchUp();
      expect(await everything(db), `died at ${dieAt}`).toEqual(expected);
    }
  });

  it('on a real database', async () => {
    const { db, remove } = await tempDb();
    try {
      const world = await World.open({ genesis, indexDb: db });
      await grow(world, new RandomHistory(new SeededRandom(9)), 10);
      await world.follower.catchUp();
      expect(await everything(db)).toEqual(await fresh(world));
      await world.reopenIndex(db);
      await world.follower.catchUp();
      expect(await everything(db)).toEqual(await fresh(world));
    } finally {
      await remove();
    }
  });
});

describe('an index in the background', () => {
  it('follows events, and survives a database that fails', async () => {
    const db = memoryDb();
    let isBroken = true;
    const failing: Db = {
      ...db,
      write: (ops) => (isBroken && ops.length > 3 ? Promise.reject(new RangeError('disk full')) : db.write(ops)),
    };
    const world = await World.open({ genesis, indexDb: failing });
    await grow(world, new RandomHistory(new SeededRandom(2)), 3);
    const sleeping: (() => void)[] = [];
    world.clock.sleep = (_, signal) =>
      new Promise((resolve) => {
        sleeping.push(resolve);
        signal?.addEventListener('abort', () => resolve(), { once: true });
      });
    const asleep = async (): Promise<void> => {
      while (sleeping.length === 0) await new Promise(setImmediate);
    };
    const stop = new AbortController();
    const running = world.follower.run(stop.signal);
    await asleep();
    expect(world.index.cursor.block).toBe(0n);
    isBroken = false;
    sleeping.shift()?.();
    await asleep();
    expect(world.index.cursor.block).toBe(world.chain.store.head.block);
    await grow(world, new RandomHistory(new SeededRandom(3)), 2);
    world.follower.nudge();
    while (world.index.cursor.block < world.chain.store.head.block) await new Promise(setImmediate);
    stop.abort();
    await running;
    expect(await everything(db)).toEqual(await fresh(world));
  });

  it('begins behind the block a snapshot left, and in another form not at all', async () => {
    const db = memoryDb();
    const start = { block: 0n, hash: 5n, batch: 0 };
    const index = await ExplorerIndex.open({ domain: 1n, start }, { db });
    expect(index.cursor).toMatchObject({ block: 0n, base: 0n, step: 0 });
    await db.write([{ type: 'put', key: 'b/1', value: '' }]);
    const later = await ExplorerIndex.open({ domain: 1n, start: { block: 9n, hash: 6n, batch: 4 } }, { db });
    expect(later.cursor).toMatchObject({ block: 9n, hash: 6n, base: 9n, batch: 4 });
    expect(Object.keys(await everything(db))).toEqual([keys.cursor]);
    await db.write([{ type: 'put', key: keys.cursor, value: '{"version":99}' }]);
    expect((await ExplorerIndex.open({ domain: 1n, start }, { db })).cursor).toMatchObject({ block: 0n, hash: 5n });
    expect((await ExplorerIndex.open({ domain: 2n, start }, { db })).cursor).toMatchObject({ domain: 2n });
  });
});
