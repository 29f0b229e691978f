import { beforeEach, describe, expect, it } from 'vitest';
import type { Db } from '../chain/db.ts';
import { silentLogger } from '../chain/logger.ts';
import type { FakeClock } from '../chain/testing/fakeClock.ts';
import { addBlock, openLedger, openTestStore } from '../chain/testing/fixture.ts';
import { memoryDb } from '../chain/testing/memoryDb.ts';
import type { BatchSummary } from '../chain/types.ts';
import { actor } from '../protocol/testing/actors.ts';
import { SequencerError } from './errors.ts';
import { L1Error } from './l1Port.ts';
import { type BatchProof, Publisher, type PublisherOptions } from './publisher.ts';
import { FakeL1, fakeProof } from './testing/fakeL1.ts';
import { depositNew, testClock } from './testing/life.ts';
import { Timetable } from './timetable.ts';

let db: Db;
let l1: FakeL1;
let clock: FakeClock;
let proofs: Map<number, BatchProof>;
let told: [number, string, boolean][];

beforeEach(() => {
  db = memoryDb();
  l1 = new FakeL1();
  clock = testClock();
  proofs = new Map();
  told = [];
});

/** Closed batches of one deposit each, whose items are on L1. */
async function closeBatches(count: number): Promise<void> {
  const chain = await openLedger(db);
  for (let i = 0; i < count; i += 1) {
    const item = depositNew(actor(10 + chain.store.head.closedBatch), 5n);
    l1.enqueue(item);
    await addBlock(chain, { deposits: [item] });
    await chain.ledger.close();
  }
  l1.mine();
}

async function prove(...batches: number[]): Promise<void> {
  const { store } = await openTestStore(db);
  for (const number of batches) {
    const closed = await store.batch(number);
    if (closed === undefined) throw new Error('no such batch');
    const { c, r, y } = closed.commitment;
    proofs.set(number, { proof: fakeProof(closed), publicSignals: [c, r, y] });
  }
}

/** A publisher of a fresh process. */
async function publisher(options: PublisherOptions = {}): Promise<Publisher> {
  const { store } = await openTestStore(db);
  return new Publisher(
    { confirmations: 1, ...options },
    {
      store,
      l1,
      proofs: { proof: async (number) => proofs.get(number) },
      timetable: new Timetable({ resubmitAfterMs: 1000 }),
      clock,
      log: silentLogger,
      onStatus: ({ number, status }: BatchSummary, isReorg) => void told.push([number, status, isReorg]),
    },
  );
}

/** Steps and mines until nothing is left to do. */
async function settle(who: Publisher): Promise<void> {
  for (let i = 0; i < 50; i += 1) {
    const { isIdle } = await who.step();
    if (isIdle) return;
    l1.mine();
  }
  throw new Error('does not settle');
}

async function codeOf(act: Promise<unknown>): Promise<string> {
  const error = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof L1Error || error instanceof SequencerError) return error.code;
  throw error ?? new Error('did not fail');
}

describe('publishing', () => {
  it('commits in order and proves in order, telling each status once it is confirmed', async () => {
    await closeBatches(3);
    await prove(1, 2, 3);
    await settle(await publisher());
    expect(l1.committed).toHaveLength(3);
    expect(l1.proven).toBe(3);
    expect(l1.reverted).toBe(0);
    expect(told.map(([number, status]) => `${number} ${status}`)).toEqual([
      '1 committed',
      '1 proven',
      '2 committed',
      '2 proven',
      '3 committed',
      '3 proven',
    ]);
    const { store } = await openTestStore(db);
    expect(await store.summary(3)).toMatchObject({
      status: 'proven',
      commitTx: expect.any(String),
      proveTx: expect.any(String),
    });
  });

  it('proves several batches in one transaction, as many as follow each other', async () => {
    await closeBatches(6);
    const who = await publisher({ maxProofsPerTx: 3 });
    for (let i = 0; i < 8; i += 1) {
      await who.step();
      l1.mine();
    }
    expect(l1.committed).toHaveLength(6);
    await prove(1, 2, 3, 4, 6);
    await who.step();
    expect(who.state.intent).toMatchObject({ kind: 'prove', first: 1, last: 3 });
    l1.mine();
    await who.step();
    expect(who.state.intent).toMatchObject({ kind: 'prove', first: 4, last: 4 });
    await prove(5);
    l1.mine();
    await settle(who);
    expect(l1.proven).toBe(6);
  });

  it('does not commit further ahead of the proofs than allowed', async () => {
    await closeBatches(4);
    const who = await publisher({ maxCommitAhead: 2 });
    for (let i = 0; i < 10; i += 1) {
      await who.step();
      l1.mine();
    }
    expect(l1.committed).toHaveLength(2);
    await prove(1);
    for (let i = 0; i < 6; i += 1) {
      await who.step();
      l1.mine();
    }
    expect(l1.proven).toBe(1);
    expect(l1.committed).toHaveLength(3);
  });

  it('writes an intent down before anything leaves, and sends those bytes after a restart', async () => {
    await closeBatches(1);
    const first = await publisher();
    l1.isDown = false;
    const broadcast = l1.broadcast.bind(l1);
    l1.broadcast = async () => {
      throw new L1Error('UNAVAILABLE');
    };
    expect(await codeOf(first.step())).toBe('UNAVAILABLE');
    const { intent } = first.state;
    expect(intent).toMatchObject({ kind: 'commit', nonce: 0 });
    l1.broadcast = broadcast;
    l1.baseFee = 999n;
    const second = await publisher();
    await second.step();
    expect(second.state.intent).toEqual(intent);
    expect(l1.pooled).toMatchObject([{ nonce: 0, fees: intent?.fees }]);
    await prove(1);
    await settle(second);
    expect(l1.reverted).toBe(0);
  });
});

describe('fees', () => {
  it('raises the fee under the same nonce when a transaction is not mined in time', async () => {
    await closeBatches(1);
    l1.minimumFee = 25n;
    const who = await publisher();
    await who.step();
    l1.mine(3);
    await who.step();
    expect(who.state.intent?.hashes).toHaveLength(1);
    clock.advance(1000);
    await who.step();
    expect(who.state.intent).toMatchObject({ nonce: 0, fees: { maxFeePerGas: 20n + 20n / 8n + 1n } });
    clock.advance(1000);
    await who.step();
    expect(who.state.intent?.hashes).toHaveLength(3);
    l1.mine();
    await prove(1);
    l1.minimumFee = 0n;
    await settle(who);
    expect(l1.committed).toHaveLength(1);
  });

  it('follows the market when that asks for more', async () => {
    await closeBatches(1);
    const who = await publisher();
    l1.minimumFee = 1000n;
    await who.step();
    l1.baseFee = 600n;
    clock.advance(1000);
    await who.step();
    expect(who.state.intent?.fees.maxFeePerGas).toBe(1200n);
  });

  it('never offers more than the cap, and keeps sending at the cap', async () => {
    await closeBatches(1);
    const who = await publisher({ maxFeePerGas: 22n });
    l1.minimumFee = 1000n;
    await who.step();
    clock.advance(1000);
    await who.step();
    expect(who.state.intent?.fees.maxFeePerGas).toBe(22n);
    l1.forgetPool();
    clock.advance(1000);
    await who.step();
    expect(l1.pooled).toHaveLength(1);
    expect(who.state.intent?.hashes).toHaveLength(2);
  });

  it('outbids a transaction of its own that waits under the same nonce and that it does not know', async () => {
    await closeBatches(1);
    const { store } = await openTestStore(db);
    const [closed, evm] = [await store.batch(1), await store.evmBatch(1)];
    if (closed === undefined || evm === undefined) throw new Error('no such batch');
    const fees = { maxFeePerGas: 100n, maxPriorityFeePerGas: 1n };
    await l1.broadcast((await l1.signCommit({ closed, evm }, { nonce: 0, fees })).raw);
    l1.minimumFee = 200n;
    const who = await publisher();
    expect(await codeOf(who.step())).toBe('UNDERPRICED');
    for (let i = 0; i < 30 && l1.pooled[0]?.fees.maxFeePerGas === 100n; i += 1) await who.step().catch(() => undefined);
    expect(l1.pooled[0]?.fees.maxFeePerGas).toBeGreaterThan(109n);
    l1.minimumFee = 0n;
    await prove(1);
    await settle(who);
    expect(l1.committed).toHaveLength(1);
    expect(l1.reverted).toBe(0);
  });
});

describe('L1 misbehaving', () => {
  it('waits out an outage with growing pauses and goes on', async () => {
    await closeBatches(1);
    await prove(1);
    const who = await publisher({ confirmations: 0 });
    const abort = new AbortController();
    l1.isDown = true;
    const running = who.run(abort.signal);
    await turn();
    clock.advance(999);
    await turn();
    l1.isDown = false;
    clock.advance(1);
    await turn();
    expect(l1.pooled).toHaveLength(1);
    abort.abort();
    await running;
  });

  it('sends again what a reorg dropped and tells that the status went back', async () => {
    await closeBatches(2);
    await prove(1, 2);
    const who = await publisher();
    await settle(who);
    told = [];
    l1.reorg(4, { areTxsForgotten: true });
    await settle(who);
    expect(l1.proven).toBe(2);
    expect(told.some(([, , isReorg]) => isReorg)).toBe(true);
    expect(told.at(-1)).toEqual([2, 'proven', false]);
    expect(who.state).toMatchObject({ committed: 2, proven: 2, intent: undefined });
  });

  it('notices when its waiting transaction was dropped, and sends it again', async () => {
    await closeBatches(1);
    const who = await publisher();
    await who.step();
    l1.forgetPool();
    clock.advance(1000);
    await who.step();
    l1.mine();
    expect(l1.committed).toHaveLength(1);
  });

  it('commits again after the contract reverted unproven batches', async () => {
    await closeBatches(2);
    const who = await publisher();
    for (let i = 0; i < 6; i += 1) {
      await who.step();
      l1.mine();
    }
    expect(l1.committed).toHaveLength(2);
    // What revertBatches does, seen from here: the heads go back.
    l1.reorg(8, { areTxsForgotten: true });
    l1.mine(2);
    await prove(1, 2);
    await settle(who);
    expect(l1.proven).toBe(2);
  });

  it('reports a transaction that reverted and decides anew from what L1 says', async () => {
    await closeBatches(1);
    const who = await publisher();
    await who.step();
    // The item the batch takes in vanishes under it.
    const pool = l1.pooled;
    expect(pool).toHaveLength(1);
    l1.reorg(1, { areTxsForgotten: false });
    const items = l1.takeWaiting();
    l1.mine();
    expect(l1.reverted).toBe(1);
    expect(await codeOf(who.step())).toBe('REVERTED');
    expect(who.state.intent).toBeUndefined();
    l1.enqueue(...items);
    l1.mine();
    await prove(1);
    await settle(who);
    expect(l1.committed).toHaveLength(1);
  });

  it('gives up a waiting transaction that L1 made pointless', async () => {
    await closeBatches(1);
    const who = await publisher();
    await who.step();
    l1.mine();
    await who.step();
    await prove(1);
    await who.step();
    expect(who.state.intent?.kind).toBe('prove');
    // The commit is gone with a reorg, the proof's transaction with the pool; its nonce is still the next one after the new commit.
    l1.reorg(1, { areTxsForgotten: true });
    l1.mine();
    await settle(who);
    expect(l1.proven).toBe(1);
    // Now the proof comes from someone else while ours waits and is forgotten.
    await closeBatches(1);
    await prove(2);
    const again = await publisher();
    while (again.state.intent?.kind !== 'prove') {
      await again.step();
      if (again.state.intent?.kind === 'commit') l1.mine();
    }
    l1.forgetPool();
    l1.proveByOther(2);
    clock.advance(1000);
    expect(await again.step()).toEqual({ isIdle: false });
    expect(again.state.intent).toBeUndefined();
    await settle(again);
    expect(l1.proven).toBe(2);
  });

  it('stops at batches that are not ours, once they are confirmed', async () => {
    await closeBatches(1);
    await prove(1);
    await settle(await publisher());
    // Another store, of the same chain as far as L1 can tell.
    db = memoryDb();
    const chain = await openLedger(db);
    await addBlock(chain, { deposits: [depositNew(actor(77), 1n)] });
    await chain.ledger.close();
    expect(await codeOf((await publisher()).step())).toBe('L1_MISMATCH');
  });

  it('waits while batches that are not ours are not confirmed yet', async () => {
    await closeBatches(1);
    const other = memoryDb();
    const ours = db;
    db = other;
    const chain = await openLedger(db);
    await addBlock(chain, { deposits: [depositNew(actor(77), 1n)] });
    await chain.ledger.close();
    db = ours;
    await (await publisher()).step();
    l1.mine();
    db = other;
    const who = await publisher();
    expect(await who.step()).toEqual({ isIdle: false });
    expect(who.state.intent).toBeUndefined();
  });

  it('stops when the store knows less than L1', async () => {
    await closeBatches(1);
    await prove(1);
    await settle(await publisher());
    db = memoryDb();
    expect(await codeOf((await publisher()).step())).toBe('L1_MISMATCH');
  });

  it('stops when the rollup is frozen', async () => {
    await closeBatches(1);
    l1.isFrozen = true;
    expect(await codeOf((await publisher()).step())).toBe('HALTED');
  });

  it('does not publish a proof of something else', async () => {
    await closeBatches(2);
    await prove(1, 2);
    const second = proofs.get(2);
    if (second !== undefined) proofs.set(1, second);
    const who = await publisher();
    await who.step();
    l1.mine();
    expect(await codeOf(who.step())).toBe('PROOF_MISMATCH');
  });
});

describe('without the sequencer’s seat', () => {
  it('submits batches with their proofs on the open path', async () => {
    await closeBatches(2);
    l1.canCommit = false;
    const who = await publisher();
    await who.step();
    await prove(1, 2);
    await who.step();
    expect(l1.pooled).toHaveLength(0);
    l1.isOpen = true;
    await who.step();
    expect(who.state.intent).toMatchObject({ kind: 'submit', first: 1, last: 1 });
    l1.mine();
    await settle(who);
    expect(l1.proven).toBe(2);
    expect(l1.reverted).toBe(0);
  });
});

/** Lets everything run that is ready to. */
async function turn(): Promise<void> {
  for (let i = 0; i < 50; i += 1) await Promise.resolve();
}
