import { describe, expect, it } from 'vitest';
import type { Db } from '../chain/db.ts';
import type { ChainStore } from '../chain/store.ts';
import { CrashError, CrashPoint, crashingDb } from '../chain/testing/crash.ts';
import type { FakeClock } from '../chain/testing/fakeClock.ts';
import { openTestStore } from '../chain/testing/fixture.ts';
import { memoryDb } from '../chain/testing/memoryDb.ts';
import { applyBatch } from '../protocol/applyBatch.ts';
import { accountIndex } from '../protocol/ids.ts';
import { AccountTree } from '../protocol/tree.ts';
import type { ClosedBatch } from '../protocol/types.ts';
import { ProofQueue } from '../prover/proofQueue.ts';
import type { ProofResult } from '../prover/types.ts';
import { L1Error } from './l1Port.ts';
import type { ProofQueuePort } from './sequencerTypes.ts';
import { crashingL1, FakeL1, fakeProof } from './testing/fakeL1.ts';
import { DEPOSITS, FINAL_BALANCES, FORCED_EXIT, startProcess, TX_HASHES, TXS, testClock } from './testing/life.ts';

/** What outlives a process: disk, L1, time, and the memory of the people outside. */
interface World {
  readonly db: Db;
  readonly l1: FakeL1;
  readonly clock: FakeClock;
  /** Hashes of the blocks that were announced. */
  readonly announced: Map<bigint, bigint>;
  hasForcedExit: boolean;
}

function newWorld(): World {
  const l1 = new FakeL1();
  l1.enqueue(...DEPOSITS);
  return { db: memoryDb(), l1, clock: testClock(), announced: new Map(), hasForcedExit: false };
}

/** Lives until everything is proven, or the crash point is reached. Returns whether it got to the end. */
async function live(
  world: World,
  crash: CrashPoint,
  disturb: (turn: number) => void = () => undefined,
): Promise<boolean> {
  const { db, l1, clock } = world;
  try {
    const queue = await ProofQueue.open({}, { db: crashingDb(db, crash), clock });
    const proofs: ProofQueuePort = {
      enqueue: async (closed) => void (await queue.enqueue(closed)),
      discard: (batches) => queue.discard(batches),
      proof: (batch, c) => queue.result(batch, c),
    };
    const { store, sequencer } = await startProcess({ db, l1: crashingL1(l1, crash), clock, crash, proofs });
    sequencer.events.on('block', (block) => void world.announced.set(block.number, block.hash));
    for (let turn = 0; turn < 200; turn += 1) {
      if (await isDone(world, store)) return true;
      disturb(turn);
      await tolerant(() => sequencer.pollQueue());
      for (const [i, tx] of TXS.entries()) {
        const { status } = await sequencer.status(TX_HASHES[i] ?? (0n as never));
        if (status !== 'unknown' && status !== 'dropped') continue;
        // People who are not served yet (no account, say) try again; a crash of the process must show.
        await sequencer.submit(tx).catch((error: unknown) => {
          if (error instanceof CrashError) throw error;
        });
      }
      const [last] = [...TX_HASHES].reverse();
      if (!world.hasForcedExit && last !== undefined && (await store.tx(last)) !== undefined) {
        l1.enqueue(FORCED_EXIT);
        world.hasForcedExit = true;
      }
      await sequencer.tick();
      const job = await queue.take();
      if (job !== undefined) await queue.complete(job.id, fakeResult(job.input));
      await tolerant(() => sequencer.publish());
      l1.mine();
      clock.advance(1000);
    }
    throw new Error('the chain stands still');
  } catch (error) {
    if (crash.isDead) return false;
    throw error;
  }
}

function fakeResult(closed: ClosedBatch): ProofResult {
  const { c, r, y } = closed.commitment;
  const seconds = { witness: 0, prove: 0, verify: 0 };
  return { proof: fakeProof(closed), publicSignals: [c, r, y], seconds, peakMemoryMB: 0 };
}

/** What run() does about L1's failures: go on. */
async function tolerant(step: () => Promise<unknown>): Promise<void> {
  await step().catch((error: unknown) => {
    if (!(error instanceof L1Error)) throw error;
  });
}

async function isDone(world: World, store: ChainStore): Promise<boolean> {
  const { head } = store;
  const hasAll = head.nextQueueIndex === BigInt(DEPOSITS.length + 1) && head.open === undefined;
  if (!hasAll || head.closedBatch === 0) return false;
  return (await store.summary(head.closedBatch))?.status === 'proven' && world.l1.proven === head.closedBatch;
}

async function expectNothingLostOrDoubled(world: World): Promise<void> {
  const { l1, db } = world;
  const { store } = await openTestStore(db);
  // L1 has every batch exactly once, all of them proven, and they re-execute from nothing, signatures included.
  const tree = new AccountTree();
  for (const { batch } of l1.committed) applyBatch(tree, batch);
  expect(l1.committed.map(({ batch }) => batch.number)).toEqual(l1.committed.map((_, i) => i + 1));
  expect(l1.proven).toBe(l1.committed.length);
  expect(store.head.closedBatch).toBe(l1.committed.length);
  expect(tree.root).toBe(store.head.closedRoot);
  for (const [index, balance] of FINAL_BALANCES) expect(tree.get(accountIndex(index))?.balance).toBe(balance);
  // Every transaction is in exactly one block; every block that was announced is still the block of its number.
  const hashes: bigint[] = [];
  for (let number = 1n; number <= store.head.block; number += 1n) {
    const block = await store.block(number);
    if (world.announced.has(number)) expect(block?.hash).toBe(world.announced.get(number));
    for (const [position, tx] of (block?.txs ?? []).entries()) {
      const at = TXS.findIndex((known) => known.signer === tx.signer && known.nonce === tx.nonce);
      const hash = TX_HASHES[at] ?? (0n as never);
      expect(await store.tx(hash)).toMatchObject({ block: number, batch: block?.batch, position });
      hashes.push(hash);
    }
  }
  expect(hashes.sort()).toEqual([...TX_HASHES].sort());
  for (const { status } of await store.summaries(1, store.head.closedBatch)) expect(status).toBe('proven');
}

/** What L1 may do with a waiting transaction while nobody looks. */
const MEANWHILE: Record<string, (l1: FakeL1) => void> = {
  waits: () => undefined,
  mines: (l1) => l1.mine(2),
  forgets: (l1) => l1.forgetPool(),
};

describe('kill -9 at every step', () => {
  it('reaches the end undisturbed', async () => {
    const world = newWorld();
    expect(await live(world, new CrashPoint())).toBe(true);
    await expectNothingLostOrDoubled(world);
    expect(world.l1.reverted).toBe(0);
    expect(world.l1.committed.length).toBeGreaterThanOrEqual(3);
  });

  it('loses and doubles nothing, whichever write or L1 call is the last', { timeout: 300_000 }, async () => {
    const whole = new CrashPoint();
    await live(newWorld(), whole);
    expect(whole.steps).toBeGreaterThan(100);
    for (let dieAt = 0; dieAt < whole.steps; dieAt += 1) {
      for (const [what, meanwhile] of Object.entries(MEANWHILE)) {
        const world = newWorld();
        expect(await live(world, new CrashPoint(dieAt)), `crash at ${dieAt}`).toBe(false);
        const isWaiting = world.l1.pooled.length > 0;
        meanwhile(world.l1);
        expect(await live(world, new CrashPoint()), `life after a crash at ${dieAt}, L1 ${what}`).toBe(true);
        await expectNothingLostOrDoubled(world);
        expect(world.l1.reverted, `reverted after a crash at ${dieAt}, L1 ${what}`).toBe(0);
        // Without a transaction on its way, L1 does nothing that matters while the process is dead.
        if (!isWaiting) break;
      }
    }
  });

  it('survives dying again and again', async () => {
    for (const stride of [7, 13, 29]) {
      const world = newWorld();
      let lives = 0;
      while (!(await live(world, new CrashPoint(stride + (lives % 11))))) {
        lives += 1;
        world.l1.mine();
        world.clock.advance(1000);
        expect(lives).toBeLessThan(400);
      }
      expect(lives).toBeGreaterThan(3);
      await expectNothingLostOrDoubled(world);
    }
  });
});

describe('L1 reorgs', () => {
  it.each([
    { depth: 1, areTxsForgotten: false },
    { depth: 1, areTxsForgotten: true },
    { depth: 3, areTxsForgotten: false },
    { depth: 3, areTxsForgotten: true },
  ])(
    'publishes again what a reorg of $depth blocks dropped (forgotten: $areTxsForgotten)',
    async ({ depth, areTxsForgotten }) => {
      const world = newWorld();
      // Deposits are buried first: reorganising the queue itself is beyond l1Confirmations' promise.
      world.l1.mine(depth + 2);
      let reorgs = 0;
      const end = await live(world, new CrashPoint(), (turn) => {
        if (turn < 6 || turn % 4 !== 0 || reorgs >= 4) return;
        world.l1.reorg(depth, { areTxsForgotten });
        reorgs += 1;
      });
      expect(end).toBe(true);
      expect(reorgs).toBeGreaterThan(0);
      await expectNothingLostOrDoubled(world);
    },
  );
});
