/** Publishers of a network: several send to one L1, turns change, and L1 may have other batches than a node's own. */
import { beforeEach, describe, expect, it } from 'vitest';
import { type Db, put } from '../chain/db.ts';
import { keys } from '../chain/keys.ts';
import { silentLogger } from '../chain/logger.ts';
import type { FakeClock } from '../chain/testing/fakeClock.ts';
import { addBlock, openLedger, openTestStore } from '../chain/testing/fixture.ts';
import { memoryDb } from '../chain/testing/memoryDb.ts';
import { actor, TEST_TIME } from '../protocol/testing/actors.ts';
import type { QueueItem } from '../protocol/types.ts';
import { SequencerError } from './errors.ts';
import { L1Error } from './l1Port.ts';
import type { Uncommittable } from './nextAction.ts';
import { type L1Mismatch, Publisher, type PublisherDeps, type PublisherOptions } from './publisher.ts';
import { FakeL1, fakeProof } from './testing/fakeL1.ts';
import { depositNew, testClock } from './testing/life.ts';
import { Timetable } from './timetable.ts';

/** Of each account's node. */
let dbs: Record<string, Db>;
let l1: FakeL1;
let clock: FakeClock;
let proven: Set<number>;
let mismatches: L1Mismatch[];
let uncommittable: Uncommittable[];

beforeEach(() => {
  dbs = { a: memoryDb(), b: memoryDb(), c: memoryDb() };
  l1 = new FakeL1();
  clock = testClock();
  proven = new Set();
  mismatches = [];
  uncommittable = [];
});

/** Closed batches of one deposit each, whose items are on L1: the same ones on all nodes. */
async function closeBatches(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const item = depositNew(actor(10 + l1.queue.length), 5n);
    l1.enqueue(item);
    l1.mine();
    for (const db of Object.values(dbs)) await closeBatch(db, item);
  }
}

async function closeBatch(db: Db, item: QueueItem): Promise<void> {
  const chain = await openLedger(db);
  await addBlock(chain, { deposits: [item] });
  await chain.ledger.close();
}

function dbOf(account: string): Db {
  return dbs[account] ?? expect.unreachable();
}

interface Setup {
  readonly options?: PublisherOptions;
  readonly deps?: Partial<PublisherDeps>;
  readonly of?: Db;
}

/** A publisher of a fresh process, that somebody else keeps in step with L1. */
async function publisher(
  account: string,
  { options = {}, deps = {}, of = dbOf(account) }: Setup = {},
): Promise<Publisher> {
  const { store } = await openTestStore(of);
  return new Publisher(
    { confirmations: 1, ...options },
    {
      store,
      l1: l1.as(account),
      proofs: {
        proof: async (number, c) => {
          const closed = await store.batch(number);
          if (closed === undefined || !proven.has(number) || closed.commitment.c !== c) return undefined;
          const { r, y } = closed.commitment;
          return { proof: fakeProof(closed), publicSignals: [c, r, y] };
        },
      },
      timetable: new Timetable({ resubmitAfterMs: 1000 }),
      clock,
      log: silentLogger,
      isFollowing: () => true,
      onMismatch: (mismatch) => void mismatches.push(mismatch),
      onUncommittable: (batch) => void uncommittable.push(batch),
      ...deps,
    },
  );
}

async function codeOf(act: Promise<unknown>): Promise<string> {
  const error = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof L1Error || error instanceof SequencerError) return error.code;
  throw error ?? new Error('did not fail');
}

describe('turns', () => {
  it('a publisher commits while it leads, and proves what others committed', async () => {
    await closeBatches(3);
    const [a, b] = [await publisher('a'), await publisher('b')];
    l1.leader = 'a';
    await b.step();
    expect(l1.pooled).toEqual([]);
    await a.step();
    l1.mine();
    l1.leader = 'b';
    await a.step();
    await b.step();
    l1.mine();
    expect(l1.commits.map(({ from }) => from)).toEqual(['a', 'b']);
    proven = new Set([1, 2]);
    l1.leader = 'c';
    await a.step();
    expect(a.state.intent).toMatchObject({ kind: 'prove', first: 1, last: 2 });
    l1.mine();
    expect(l1.proven).toBe(2);
  });

  it('a commit that lost the race is no failure: what L1 has then is where it goes on', async () => {
    await closeBatches(2);
    const [a, b] = [await publisher('a'), await publisher('b')];
    await a.step();
    await b.step();
    // Both commit batch 1; one of them reverts.
    l1.mine();
    expect(l1.reverted).toBe(1);
    await a.step();
    await b.step();
    expect(l1.pooled.length).toBeGreaterThan(0);
    l1.mine();
    expect(l1.committed).toHaveLength(2);
  });

  it('a commit that comes after its turn is no failure', async () => {
    await closeBatches(1);
    l1.leader = 'a';
    const a = await publisher('a');
    await a.step();
    l1.leader = 'b';
    l1.mine();
    expect(l1.reverted).toBe(1);
    expect(await a.step()).toEqual({ isIdle: false });
    expect(a.state.intent).toBeUndefined();
    l1.leader = 'a';
    await a.step();
    l1.mine();
    expect(l1.committed).toHaveLength(1);
  });

  it('a seat that is lost between the look and the transaction is no failure', async () => {
    await closeBatches(1);
    const port = l1.as('a');
    const state = port.state.bind(port);
    l1.leader = 'b';
    const a = await publisher('a', {
      deps: { l1: { ...port, state: async (at) => ({ ...(await state(at)), canCommit: true }) } },
    });
    expect(await a.step()).toEqual({ isIdle: false });
    expect(l1.pooled).toEqual([]);
  });
});

describe('a node that only follows', () => {
  const following: Setup = { deps: { mayPublish: () => false } };

  it('tells what L1 has of its batches and sends nothing', async () => {
    await closeBatches(2);
    proven = new Set([1, 2]);
    const [a, b] = [await publisher('a'), await publisher('b', following)];
    for (let i = 0; i < 8; i += 1) {
      await a.step();
      await b.step();
      l1.mine();
    }
    expect(b.state).toMatchObject({ committed: 2, proven: 2, intent: undefined });
    expect(l1.commits.every(({ from }) => from === 'a')).toBe(true);
  });

  it('needs no account', async () => {
    await closeBatches(1);
    const nonce = async () => {
      throw new L1Error('UNAVAILABLE', { reason: 'no L1 key is configured' });
    };
    const b = await publisher('b', { deps: { mayPublish: () => false, l1: { ...l1.as('b'), nonce } } });
    expect(await b.step()).toEqual({ isIdle: false });
  });

  it('that is behind moves statuses as far as its batches go', async () => {
    await closeBatches(3);
    const a = await publisher('a');
    for (let i = 0; i < 5; i += 1) {
      await a.step();
      l1.mine();
    }
    expect(l1.committed).toHaveLength(3);
    const behind = memoryDb();
    await closeBatch(behind, depositNew(actor(10), 5n));
    const b = await publisher('b', { of: behind });
    await b.step();
    expect(b.state).toMatchObject({ committed: 1, proven: 0 });
    expect(mismatches).toEqual([]);
    expect(l1.pooled).toEqual([]);
  });

  it('that is behind stops if nobody brings it to where L1 is', async () => {
    await closeBatches(1);
    await (await publisher('a')).step();
    l1.mine(3);
    const alone = await publisher('b', { of: memoryDb(), deps: { isFollowing: () => false } });
    expect(await codeOf(alone.step())).toBe('L1_MISMATCH');
  });
});

describe('L1 has another batch', () => {
  let other: Db;

  /** L1 has batch 1 of all nodes; `other` has another one. */
  beforeEach(async () => {
    await closeBatches(1);
    await (await publisher('a')).step();
    l1.mine();
    other = memoryDb();
    await closeBatch(other, depositNew(actor(77), 1n));
  });

  it('it is told once it is confirmed, and nothing is sent or changed until it is resolved', async () => {
    const b = await publisher('b', { of: other });
    await b.step();
    expect(mismatches).toEqual([]);
    l1.mine();
    for (let i = 0; i < 2; i += 1) expect(await b.step()).toEqual({ isIdle: false });
    expect(mismatches).toMatchObject([
      { batch: 1, committed: 1, closedBatch: 1 },
      { batch: 1, committed: 1, closedBatch: 1 },
    ]);
    expect(b.state).toMatchObject({ committed: 0, intent: undefined });
    expect(l1.pooled).toEqual([]);
  });

  it('a batch that differs in the EVM lane only is told by its commitment, on any look after a reorg', async () => {
    const a = await publisher('a');
    l1.mine();
    await a.step();
    expect(a.state.committed).toBe(1);
    l1.postedCommitment = async () => 12345n as never;
    await a.step();
    expect(mismatches).toEqual([]);
    a.recheck();
    await a.step();
    expect(mismatches).toMatchObject([{ batch: 1 }]);
  });

  it('no batch is committed on one that differs in the EVM lane only', async () => {
    await closeBatches(1);
    const a = await publisher('a');
    l1.postedCommitment = async () => 12345n as never;
    await a.step();
    expect(l1.pooled).toEqual([]);
  });
});

describe('a batch that L1 will never take', () => {
  it('is told when its timestamp is too old', async () => {
    await closeBatches(1);
    l1.maxAgeSeconds = 3600;
    l1.now = () => TEST_TIME + 3600;
    l1.mine();
    const a = await publisher('a', { options: { maxAgeSeconds: 3600 } });
    expect(uncommittable).toEqual([]);
    l1.now = () => TEST_TIME + 3601;
    l1.mine();
    expect(await a.step()).toEqual({ isIdle: false });
    expect(uncommittable).toEqual([{ batch: 1, reason: 'too old' }]);
    expect(l1.pooled).toEqual([]);
  });

  it('is none that is known from L1’s data alone, which dropped it: it is left to who can prove it, until it is too old', async () => {
    await closeBatches(1);
    await dbOf('a').write([put(keys.posted(1), '')]);
    const a = await publisher('a', { options: { maxAgeSeconds: 3600 } });
    await a.step();
    expect([l1.pooled, uncommittable]).toEqual([[], []]);
    l1.now = () => TEST_TIME + 3601;
    l1.mine();
    await a.step();
    expect(uncommittable).toEqual([{ batch: 1, reason: 'too old' }]);
  });

  it('is told by L1’s refusal where the parameter is not known', async () => {
    await closeBatches(1);
    l1.maxAgeSeconds = 3600;
    l1.now = () => TEST_TIME + 3601;
    l1.mine();
    await (await publisher('a')).step();
    expect(uncommittable).toEqual([{ batch: 1, reason: 'too old' }]);
  });

  it('is not told while its timestamp is ahead of L1’s clock', async () => {
    await closeBatches(1);
    l1.now = () => TEST_TIME - 5000;
    l1.mine();
    const signCommit = async () => {
      throw new L1Error('REVERTED', { reason: 'BadTimestamp' });
    };
    const a = await publisher('a', { deps: { l1: { ...l1.as('a'), signCommit } } });
    expect(await codeOf(a.step())).toBe('REVERTED');
    expect(uncommittable).toEqual([]);
  });

  it('is told when its queue items are gone and the reorg that took them is buried', async () => {
    await closeBatches(1);
    l1.reorg(1, { areTxsForgotten: true, areItemsForgotten: true });
    l1.mine();
    const a = await publisher('a', { options: { confirmations: 2 } });
    expect(await codeOf(a.step())).toBe('REVERTED');
    l1.mine();
    expect(await codeOf(a.step())).toBe('REVERTED');
    expect(uncommittable).toEqual([]);
    l1.mine();
    await a.step();
    expect(uncommittable).toEqual([{ batch: 1, reason: 'queue' }]);
  });

  it('is not told when its queue items come back', async () => {
    await closeBatches(1);
    l1.reorg(1, { areTxsForgotten: true });
    l1.mine(0);
    const items = l1.takeWaiting();
    l1.mine();
    const a = await publisher('a', { options: { confirmations: 2 } });
    expect(await codeOf(a.step())).toBe('REVERTED');
    l1.enqueue(...items);
    l1.mine(3);
    await a.step();
    expect(uncommittable).toEqual([]);
    expect(a.state.intent).toMatchObject({ kind: 'commit', first: 1 });
  });
});

describe('batches that are not proven in time', () => {
  beforeEach(async () => {
    await closeBatches(2);
    l1.proveDeadlineSeconds = 1000;
    const a = await publisher('a');
    l1.leader = 'a';
    await a.step();
    l1.mine();
    await a.step();
    l1.mine();
    expect(l1.committed).toHaveLength(2);
  });

  it('are dropped by another node, once', async () => {
    l1.leader = 'nobody';
    const b = await publisher('b');
    await b.step();
    expect(b.state.intent).toBeUndefined();
    l1.now = () => TEST_TIME + 1001;
    l1.mine();
    await b.step();
    expect(b.state.intent).toMatchObject({ kind: 'revert', first: 1, last: 2 });
    const c = await publisher('c');
    await c.step();
    l1.mine();
    expect(l1.committed).toHaveLength(0);
    expect(l1.reverted).toBe(1);
    await b.step();
    await c.step();
    expect(b.state.intent).toBeUndefined();
    expect(c.state.intent).toBeUndefined();
  });

  it.each<[string, string, PublisherOptions]>([
    ['by who committed them: it would lose its own stake', 'a', {}],
    ['by a node that is told not to', 'b', { reverts: false }],
  ])('are not dropped %s', async (_, account, options) => {
    l1.leader = 'nobody';
    l1.now = () => TEST_TIME + 1001;
    l1.mine();
    const who = await publisher(account, { options });
    await who.step();
    expect(who.state.intent).toBeUndefined();
    expect(l1.pooled).toEqual([]);
  });

  it('are proven rather than dropped by who has the proofs', async () => {
    l1.leader = 'nobody';
    l1.now = () => TEST_TIME + 1001;
    l1.mine();
    proven = new Set([1]);
    const b = await publisher('b');
    await b.step();
    expect(b.state.intent).toMatchObject({ kind: 'prove', first: 1, last: 1 });
  });
});

describe('an account that is shared', () => {
  class Turn {
    isTaken = false;
    releases = 0;
    take(): boolean {
      if (this.isTaken) return false;
      this.isTaken = true;
      return true;
    }
    release(): void {
      this.isTaken = false;
      this.releases += 1;
    }
  }

  it('is held from before the nonce is asked for until it is used', async () => {
    await closeBatches(1);
    const turn = new Turn();
    const a = await publisher('a', { deps: { turn } });
    turn.isTaken = true;
    await a.step();
    expect(l1.pooled).toEqual([]);
    turn.isTaken = false;
    await a.step();
    expect(l1.pooled).toHaveLength(1);
    expect(turn).toMatchObject({ isTaken: true, releases: 0 });
    await a.step();
    expect(turn).toMatchObject({ isTaken: true, releases: 0 });
    l1.mine();
    await a.step();
    expect(turn).toMatchObject({ isTaken: false, releases: 1 });
  });

  it('is taken again after a restart before anything of the old transaction is touched', async () => {
    await closeBatches(1);
    await (await publisher('a')).step();
    const turn = new Turn();
    turn.isTaken = true;
    const again = await publisher('a', { deps: { turn } });
    l1.mine();
    await again.step();
    expect(again.state.intent).toMatchObject({ kind: 'commit' });
    turn.isTaken = false;
    await again.step();
    expect(again.state.intent).toBeUndefined();
    expect(turn.isTaken).toBe(false);
  });

  it('is given back when a transaction cannot be made', async () => {
    await closeBatches(1);
    const turn = new Turn();
    const suggestFees = async () => {
      throw new L1Error('UNAVAILABLE');
    };
    const a = await publisher('a', { deps: { turn, l1: { ...l1.as('a'), suggestFees } } });
    expect(await codeOf(a.step())).toBe('UNAVAILABLE');
    expect(turn).toMatchObject({ isTaken: false, releases: 1 });
  });
});

describe('batches that are taken back', () => {
  it('what is under way for them is forgotten, and what comes next has its nonce', async () => {
    await closeBatches(1);
    const a = await publisher('a');
    await a.step();
    expect(a.state.intent).toMatchObject({ kind: 'commit', nonce: 0 });
    const { store } = await openTestStore(dbOf('a'));
    await a.takingBack(0, async () => void (await store.rollback(0n)));
    expect(a.state).toMatchObject({ intent: undefined, committed: 0 });
    const again = await publisher('a');
    expect(await again.step()).toMatchObject({ isIdle: true });
  });

  it('wait for the step at hand: nothing of them is sent afterwards', async () => {
    await closeBatches(1);
    const port = l1.as('a');
    let go: () => void = () => undefined;
    const suggestFees = async () => {
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      return port.suggestFees();
    };
    const a = await publisher('a', { deps: { l1: { ...port, suggestFees } } });
    const step = a.step();
    while (l1.pooled.length === 0) {
      go();
      const isOver = await Promise.race([step.then(() => true), new Promise((resolve) => setImmediate(resolve))]);
      if (isOver === true) break;
    }
    const order: string[] = [];
    await Promise.all([step.then(() => order.push('sent')), a.takingBack(0, async () => order.push('gone'))]);
    expect(order).toEqual(['sent', 'gone']);
    expect(a.state.intent).toBeUndefined();
  });
});
