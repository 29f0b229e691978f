/** Blocks that are given up, and batches from L1 alone: what users must not lose. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Block } from '../chain/block.ts';
import type { Db } from '../chain/db.ts';
import { CrashPoint } from '../chain/testing/crash.ts';
import { memoryDb } from '../chain/testing/memoryDb.ts';
import { headerOf } from '../protocol/codec/header.ts';
import { accountIndex } from '../protocol/ids.ts';
import { register, signed, TEST_TIME, transfer } from '../protocol/testing/actors.ts';
import { ALICE, BOB, CAROL, instantProofs } from './testing/life.ts';
import { codeOf, follow, hashOf, pay, settled, TestNodes } from './testing/nodes.ts';

let nodes: TestNodes;

beforeEach(() => {
  nodes = new TestNodes();
});

describe('going back', () => {
  it('users lose nothing: their transactions come into other blocks', async () => {
    const a = await nodes.funded();
    const before = a.store.head.block;
    const txs = [pay(0), pay(1), signed(ALICE, { signer: 2, nonce: 2, ops: [register(2, 0, CAROL, 50n)] })];
    for (const tx of txs) {
      await a.sequencer.submit(tx);
      await nodes.tick(a);
    }
    await a.sequencer.closeBatch();
    expect(a.sequencer.account(accountIndex(4))?.balance).toBe(50n);
    const waiting = pay(3);
    await a.sequencer.submit(waiting);
    const events: unknown[] = [];
    a.sequencer.events.on('rolledBack', (event) => void events.push(event));
    await a.sequencer.rollback(before, 'BECAUSE');
    expect(events).toEqual([
      { toBlock: before, blocks: 3, batches: [a.store.head.closedBatch + 1], reason: 'BECAUSE' },
    ]);
    expect(a.sequencer.account(accountIndex(4))).toBeUndefined();
    expect(a.sequencer.account(accountIndex(2))?.nonce).toBe(0);
    for (const tx of [...txs, waiting]) expect((await a.sequencer.status(hashOf(tx))).status).toBe('pending');
    await settled();
    await nodes.tick(a);
    for (const tx of [...txs, waiting]) expect((await a.sequencer.status(hashOf(tx))).status).toBe('included');
    expect(a.sequencer.account(accountIndex(4))?.balance).toBe(50n);
    expect(a.dropped).toEqual([]);
  });

  it('what stood on accounts that come again waits for them', async () => {
    const a = await nodes.node();
    await nodes.fund(a);
    await a.sequencer.submit(pay(0));
    await nodes.tick(a);
    await a.sequencer.rollback(0n, 'BECAUSE');
    await settled();
    expect((await a.sequencer.status(hashOf(pay(0)))).status).toBe('pending');
    await a.sequencer.pollQueue();
    for (let i = 0; i < 6; i += 1) {
      await nodes.tick(a);
      await settled();
    }
    expect((await a.sequencer.status(hashOf(pay(0)))).status).toBe('included');
  });

  it('what no longer holds is dropped with the reason', async () => {
    const a = await nodes.funded();
    const before = a.store.head.block;
    const tx = signed(ALICE, { signer: 2, nonce: 0, ops: [transfer(2, 3, 1n)], validUntil: TEST_TIME + 60 });
    await a.sequencer.submit(tx);
    await nodes.tick(a);
    nodes.clock.advance(100_000);
    await a.sequencer.rollback(before, 'BECAUSE');
    await settled();
    expect(await a.sequencer.status(hashOf(tx))).toEqual({ status: 'dropped', code: 'EXPIRED' });
  });

  it('proofs of batches that are gone are not looked for any more, and others are made', async () => {
    const discarded: number[] = [];
    const proofs = instantProofs();
    const a = await nodes.funded({
      proofs: {
        ...proofs,
        discard: async (batches) => {
          discarded.push(...batches);
          await proofs.discard(batches);
        },
      },
    });
    const { closedBatch, block } = a.store.head;
    await a.sequencer.submit(pay(0));
    await nodes.tick(a);
    await a.sequencer.closeBatch();
    await a.sequencer.rollback(block, 'BECAUSE');
    expect(discarded).toEqual([closedBatch + 1]);
    await settled();
    nodes.clock.advance(5000);
    await a.sequencer.submit(signed(BOB, { signer: 3, nonce: 0, ops: [transfer(3, 2, 7n)] }));
    await nodes.tick(a);
    await a.sequencer.closeBatch();
    for (let i = 0; i < 20; i += 1) {
      await a.sequencer.publish();
      nodes.l1.mine();
    }
    expect(nodes.l1.proven).toBe(closedBatch + 1);
  });

  it('is refused beyond what there is, and nothing has changed', async () => {
    const a = await nodes.funded();
    await a.sequencer.submit(pay(0));
    await nodes.tick(a);
    const { head } = a.store;
    expect(await codeOf(a.sequencer.rollback(head.block + 1n, 'x'))).toBe('OUT_OF_ORDER');
    await a.sequencer.rollback(head.block, 'x');
    expect(a.store.head).toEqual(head);
  });

  it('is refused when the state is not kept any more, and nothing has changed', async () => {
    const a = await nodes.funded();
    const before = a.store.head.block;
    await a.sequencer.submit(pay(0));
    await nodes.tick(a);
    const { head } = a.store;
    const { lane } = a.sequencer;
    lane.hasState = async () => false;
    expect(await codeOf(a.sequencer.rollback(before, 'x'))).toBe('STATE_MISSING');
    expect(a.store.head).toEqual(head);
    await a.sequencer.submit(pay(1));
    await nodes.tick(a);
    expect(a.store.head.block).toBe(head.block + 1n);
  });

  it('a store that fails halts the sequencer; a restart finds one chain or the other', async () => {
    const db = memoryDb();
    const healthy = await nodes.funded({ db });
    const before = healthy.store.head.block;
    await healthy.sequencer.submit(pay(0));
    await nodes.tick(healthy);
    for (let dieAt = 0; dieAt < 8; dieAt += 1) {
      const crash = new CrashPoint(dieAt);
      const a = await nodes.node({ db: await copyOf(db), crash });
      const failed = await codeOf(a.sequencer.rollback(before, 'x'));
      if (!crash.isDead) break;
      expect(failed).not.toBe('no error');
      await expect(a.sequencer.tick()).rejects.toThrow();
    }
  });

  async function copyOf(db: Db): Promise<Db> {
    const copy = memoryDb();
    const a = await nodes.node({ db });
    const b = await nodes.node({ db: copy });
    await follow(a, b);
    return copy;
  }
});

describe('from L1 alone', () => {
  it('a node comes to the same state, and can lead from there', async () => {
    const a = await nodes.funded();
    for (let nonce = 0; nonce < 3; nonce += 1) {
      await a.sequencer.submit(pay(nonce));
      await nodes.tick(a);
      await a.sequencer.closeBatch();
    }
    for (let i = 0; i < 20; i += 1) {
      await a.sequencer.publish();
      nodes.l1.mine();
    }
    const b = await nodes.node();
    const blocks: Block[] = [];
    b.sequencer.events.on('block', (block) => void blocks.push(block));
    for (const { closed, evm, at } of nodes.l1.commits) {
      const header = headerOf(closed.batch, closed.exits.length);
      const { body } = closed.commitment;
      await b.sequencer.importPosted({ header, body, evmData: evm.data, committedAt: at }, []);
    }
    expect(b.store.head).toEqual(a.store.head);
    expect(blocks).toHaveLength(Number(a.store.head.block));
    expect((await b.store.batch(2))?.commitment.c).toBe((await a.store.batch(2))?.commitment.c);
    await b.sequencer.publish();
    expect(b.sequencer.publisher.state).toMatchObject({
      committed: nodes.l1.committed.length,
      proven: nodes.l1.proven,
    });
    await b.sequencer.submit(pay(3));
    await nodes.tick(b);
    expect(b.sequencer.account(accountIndex(3))?.balance).toBe(504n);
  });
});

describe('a batch that was not committed in time', () => {
  it('is given up, and what it held is taken in again', async () => {
    nodes.l1.maxAgeSeconds = 3600;
    nodes.l1.now = () => Math.floor(nodes.clock.nowMs() / 1000);
    const a = await nodes.node({ options: { publisher: { confirmations: 1, maxAgeSeconds: 3600 } } });
    const back: Promise<void>[] = [];
    a.sequencer.events.on('uncommittable', ({ batch }) => {
      back.push(
        (async () => {
          const summary = await a.store.summary(batch);
          if (summary !== undefined) await a.sequencer.rollback(summary.firstBlock - 1n, 'UNCOMMITTABLE');
        })(),
      );
    });
    await nodes.fund(a);
    await a.sequencer.submit(pay(0));
    await nodes.tick(a);
    await a.sequencer.closeBatch();
    nodes.l1.isDown = true;
    nodes.clock.advance(4_000_000);
    nodes.l1.isDown = false;
    nodes.l1.mine();
    for (let i = 0; i < 40 && nodes.l1.proven < a.store.head.closedBatch + (i < 20 ? 1 : 0); i += 1) {
      await a.sequencer.publish();
      await Promise.all(back.splice(0));
      await settled();
      await a.sequencer.pollQueue();
      await nodes.tick(a);
      if (i === 15) await a.sequencer.closeBatch();
      nodes.l1.mine();
    }
    expect(nodes.l1.proven).toBeGreaterThan(0);
    expect(nodes.l1.proven).toBe(a.store.head.closedBatch);
    expect((await a.sequencer.status(hashOf(pay(0)))).status).toBe('proven');
    expect(a.sequencer.account(accountIndex(3))?.balance).toBe(501n);
    expect(nodes.l1.reverted).toBe(0);
  });
});
