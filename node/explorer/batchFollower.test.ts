import { beforeAll, describe, expect, it } from 'vitest';
import { testGenesis } from '../../chain/derive/testing/testSequencer.ts';
import { SafeEmitter } from '../../chain/emitter.ts';
import { silentLogger } from '../../chain/logger.ts';
import { RandomHistory } from '../../chain/testing/history.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import type { GenesisState } from '../../genesis/spec.ts';
import { wordHex } from '../../protocol/bytes.ts';
import { batchNumber } from '../../protocol/ids.ts';
import { SeededRandom } from '../../protocol/testing/random.ts';
import { jobId } from '../../prover/proofQueue.ts';
import type { JobStatus } from '../../prover/proofRecords.ts';
import type { L1Cost } from '../../sdk/explorerTypes.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import type { SequencerEvents } from '../../sequencer/sequencerTypes.ts';
import { keys } from './keys.ts';
import { World } from './testing/world.ts';

let genesis: GenesisState;
beforeAll(async () => {
  genesis = await testGenesis();
}, 120_000);

const COMMIT = wordHex(0xc0n);
const PROVE = wordHex(0xe0n);

function costOf(transaction: string, batches = 1): L1Cost {
  // as it was asked for
  return { transaction: transaction as Hex, block: 7n, gasUsed: 100_000n, gasPrice: 5n, batches };
}

async function threeBatches(indexDb = memoryDb()): Promise<World> {
  const world = await World.open({ genesis, indexDb });
  const history = new RandomHistory(new SeededRandom(4));
  while (world.chain.store.head.closedBatch < 3) await history.block(world.chain);
  await world.follower.catchUp();
  return world;
}

async function setJob(world: World, batch: number, status: JobStatus): Promise<void> {
  const closed = await world.chain.store.batch(batch);
  if (closed === undefined) throw new RangeError(`no batch ${batch}`);
  const { shape } = closed.batch;
  const times = { attempts: 1, createdAtMs: 0, notBeforeMs: 0 };
  const id = jobId(closed);
  world.jobs.set(id, { id, batch: batchNumber(batch), shape, status, reason: undefined, ...times });
}

async function todos(world: World): Promise<number> {
  let count = 0;
  for await (const _ of world.index.range({ gte: 't/', lt: 't/\x7f' })) count += 1;
  return count;
}

describe('what a batch cost on L1', () => {
  it('is asked once, and kept', async () => {
    const world = await threeBatches();
    const { store } = world.chain;
    world.l1Cost = (transaction) => costOf(transaction, transaction === PROVE ? 3 : 1);
    await world.batches.look();
    expect(world.asked).toBe(0);
    const statuses = [1, 2, 3].map(
      (batch) => ({ batch, status: 'committed', commitTx: wordHex(BigInt(batch)) }) as const,
    );
    await store.setStatuses(statuses);
    await world.batches.look();
    await world.batches.look();
    expect(world.asked).toBe(3);
    expect(await world.queries.batchFacts(2)).toMatchObject({ status: 'committed', commit: costOf(wordHex(2n)) });
    // One transaction for all of them.
    await store.setStatuses([1, 2, 3].map((batch) => ({ batch, status: 'proven', proveTx: PROVE }) as const));
    await world.batches.look();
    expect(world.asked).toBe(4);
    expect(await world.queries.batchFacts(3)).toMatchObject({ status: 'proven', prove: costOf(PROVE, 3) });
    expect(await todos(world)).toBe(0);
    await world.batches.look();
    expect(world.asked).toBe(4);
  });

  it('is asked later while L1 is away, also after a restart', async () => {
    const db = memoryDb();
    const world = await threeBatches(db);
    await world.chain.store.setStatuses([{ batch: 1, status: 'committed', commitTx: COMMIT }]);
    world.l1Cost = () => {
      throw new RangeError('L1 is away');
    };
    await expect(world.batches.look()).rejects.toThrow('L1 is away');
    expect((await world.queries.batchFacts(1))?.commit).toBeUndefined();
    await world.reopenIndex(db);
    world.l1Cost = (transaction) => costOf(transaction);
    await world.batches.look();
    expect((await world.queries.batchFacts(1))?.commit).toEqual(costOf(COMMIT));
  });

  it('is given up when L1 has forgotten the transaction of a proven batch', async () => {
    const world = await threeBatches();
    await world.chain.store.setStatuses([{ batch: 1, status: 'proven', commitTx: COMMIT, proveTx: PROVE }]);
    for (let i = 0; i < 12; i += 1) await world.batches.look();
    expect(world.asked).toBe(16);
    expect(await todos(world)).toBe(2);
    expect((await world.queries.batchFacts(1))?.commit).toBeUndefined();
  });

  it('is found by L1’s events if somebody else brought the batch', async () => {
    const world = await threeBatches();
    world.l1Cost = (transaction) => costOf(transaction);
    await world.chain.store.setStatuses([{ batch: 1, status: 'proven' }]);
    await world.batches.look();
    expect(world.asked).toBe(0);
    expect(await todos(world)).toBe(3);
    world.onL1.set('1 commit', COMMIT);
    world.onL1.set('1 prove', PROVE);
    await world.batches.look();
    expect(await world.queries.batchFacts(1)).toMatchObject({ commit: costOf(COMMIT), prove: costOf(PROVE) });
    expect(await todos(world)).toBe(2);
    // What was found once need not be found again.
    world.onL1.clear();
    await world.batches.look();
    expect((await world.queries.batchFacts(1))?.prove).toEqual(costOf(PROVE));
  });

  it('is not that of another batch under the same number', async () => {
    const world = await threeBatches();
    world.l1Cost = (transaction) => costOf(transaction);
    world.onL1.set('3 commit', COMMIT);
    await world.chain.store.setStatuses([{ batch: 3, status: 'committed' }]);
    await world.batches.look();
    expect((await world.queries.batchFacts(3))?.commit).toEqual(costOf(COMMIT));
    const { firstBlock } = (await world.chain.store.summary(3)) ?? { firstBlock: 1n };
    await world.back(firstBlock - 1n);
    const history = new RandomHistory(new SeededRandom(99));
    while (world.chain.store.head.closedBatch < 3) await history.block(world.chain);
    await world.chain.store.setStatuses([{ batch: 3, status: 'committed' }]);
    await world.follower.catchUp();
    const facts = await world.queries.batchFacts(3);
    expect([facts?.status, facts?.commit]).toEqual(['committed', undefined]);
  });

  it('is that of the transaction that counts, after a reorg of L1 too', async () => {
    const world = await threeBatches();
    const { store } = world.chain;
    const events = new SafeEmitter<SequencerEvents>({ log: silentLogger });
    world.batches.watch(events);
    world.l1Cost = (transaction) => costOf(transaction);
    await store.setStatuses([{ batch: 1, status: 'proven', commitTx: COMMIT, proveTx: PROVE }]);
    await world.batches.look();
    const [summary] = await store.setStatuses([{ batch: 1, status: 'closed' }]);
    if (summary === undefined) throw new RangeError('a summary for each change');
    events.tell('batchReorged', summary);
    await world.index.settled();
    const facts = await world.queries.batchFacts(1);
    expect([facts?.status, facts?.commit, facts?.prove]).toEqual(['closed', undefined, undefined]);
    await store.setStatuses([{ batch: 1, status: 'committed', commitTx: wordHex(0xc1n) }]);
    expect((await world.queries.batchFacts(1))?.commit).toBeUndefined();
    await world.batches.look();
    expect((await world.queries.batchFacts(1))?.commit).toEqual(costOf(wordHex(0xc1n)));
  });
});

describe('the proof of a batch', () => {
  it('is what this node’s prover says, and nothing if it is somebody else’s work', async () => {
    const world = await threeBatches();
    expect((await world.queries.batchFacts(1))?.proof).toBeUndefined();
    for (const status of ['pending', 'proving', 'failed'] as const) {
      await setJob(world, 1, status);
      await world.batches.look();
      expect((await world.queries.batchFacts(1))?.proof).toEqual({ state: status });
    }
    await setJob(world, 1, 'proven');
    await world.batches.look();
    expect((await world.queries.batchFacts(1))?.proof).toEqual({
      ...{ state: 'proven', peakMemoryMB: 7 },
      seconds: { witness: 1, prove: 2.5, verify: 0.5 },
    });
  });

  it('counts once in the interval its batch closed in, and no more when the batch is gone', async () => {
    const db = memoryDb();
    const world = await threeBatches(db);
    world.nowMs = world.chain.store.head.timestamp * 1_000;
    const proofs = async () => (await world.queries.stats({ interval: 86_400, count: 1 }))[0]?.proofs;
    expect(await proofs()).toEqual({ count: 0, seconds: 0 });
    await setJob(world, 1, 'proven');
    await setJob(world, 3, 'proven');
    await world.batches.look();
    await world.batches.look();
    expect(await proofs()).toEqual({ count: 2, seconds: 8 });
    const summary = await world.chain.store.summary(3);
    await world.back((summary?.lastBlock ?? 1n) - 1n);
    await world.follower.catchUp();
    expect(await proofs()).toEqual({ count: 1, seconds: 4 });
    expect(await world.index.get(keys.proof(3))).toBeUndefined();
    expect(await world.index.get(keys.proof(1))).toBeDefined();
    await world.back(0n);
    await world.follower.catchUp();
    const left: string[] = [];
    for await (const [key] of db.range({ gte: 'p/', lt: 'x/' })) left.push(key);
    expect(left).toEqual([]);
  });
});
