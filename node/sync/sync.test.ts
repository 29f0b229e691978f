import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isUnsigned } from '../../chain/wire/unsignedTx.ts';
import { PATIENT } from '../testing/testNode.ts';
import { SyncWorld, sameChain, until, type WorldNode } from './testing/world.ts';

let world: SyncWorld;
let sequencer: WorldNode;

beforeAll(async () => {
  world = await SyncWorld.start();
  sequencer = await world.node({ peers: [] });
  await world.fund(sequencer);
});
afterAll(() => world.stop());

describe('a node that follows', () => {
  it('has the chain of the sequencer from L1 alone, transactions without signatures', async () => {
    await world.included(sequencer, await world.send(sequencer));
    await world.settle(sequencer);
    const follower = await world.node({ key: null, flags: { '--sync-mode': 'l1' } });
    await sameChain(sequencer, follower);
    expect(follower.node.sync.status).toMatchObject({ isSynced: true, rollbacks: 0 });
    const { store } = follower.node;
    const blocks = await Promise.all(
      Array.from({ length: Number(store.head.block) }, (_, i) => store.block(BigInt(i + 1))),
    );
    const txs = blocks.flatMap((block) => block?.txs ?? []);
    expect(txs.length).toBeGreaterThan(0);
    expect(txs.every(isUnsigned)).toBe(true);
    await follower.stop();
  });

  it('hears of blocks and closes before L1 does, and passes its users’ transactions on', async () => {
    const follower = await world.node({ key: null, peers: [sequencer] });
    await sameChain(sequencer, follower);
    const before = follower.node.store.head.block;
    const hash = await world.send(follower);
    await world.included(sequencer, hash);
    await world.included(follower, hash);
    expect(follower.node.store.head.block).toBeGreaterThan(before);
    expect(follower.node.store.head.closedBatch).toBe(sequencer.node.store.head.closedBatch);
    await sequencer.node.sequencer.closeBatch();
    await sameChain(sequencer, follower);
    await world.settle(sequencer);
    await until(
      async () => follower.node.sequencer.publisher.state.proven === sequencer.node.store.head.closedBatch || undefined,
    );
    await follower.stop();
  });

  it('gets batches from peers, with the signatures that L1 does not have, also after it was away', async () => {
    const follower = await world.node({ key: null, peers: [sequencer], flags: { '--sync-mode': 'peers' } });
    await sameChain(sequencer, follower);
    await follower.stop();
    for (let batch = 0; batch < 3; batch += 1) {
      await world.included(sequencer, await world.send(sequencer));
      await world.settle(sequencer);
    }
    const hash = await world.send(sequencer);
    await world.included(sequencer, hash);
    const again = await world.node({ key: null, peers: [sequencer], folder: follower.folder });
    await sameChain(sequencer, again);
    await world.included(again, hash);
    const { store } = again.node;
    const newest = await store.block(store.head.block);
    expect(newest?.txs.some(isUnsigned)).toBe(false);
    await again.stop();
  });
});

describe('what L1 has otherwise', () => {
  it('a sequencer that comes back with blocks nobody heard of goes over to what L1 has, and keeps its transactions', async () => {
    const own = await SyncWorld.start();
    try {
      const first = await own.node();
      await own.fund(first);
      await own.included(first, await own.send(first));
      await own.settle(first);
      const lost = await own.send(first);
      await own.included(first, lost);
      await first.stop();

      const second = await own.node({ flags: { '--sync-mode': 'l1' } });
      await own.fixture.alice.depositTo({ index: 1, token: 0, amount: 5n });
      await until(async () => (second.node.store.head.nextQueueIndex === 2n ? true : undefined));
      await own.settle(second);

      const again = await own.node({ key: null, folder: first.folder });
      await until(async () =>
        again.node.store.head.closedRoot === second.node.store.head.closedRoot ? true : undefined,
      );
      expect(again.node.sync.status.rollbacks).toBeGreaterThan(0);
      expect(again.node.store.head.hash).toBe(second.node.store.head.hash);
      expect(await again.rpc.request('engram_getTransactionStatus', [lost])).toMatchObject({ status: 'pending' });
    } finally {
      await own.stop();
    }
  });

  it('a deposit that an L1 reorg took away is given up, here and by those who follow', async () => {
    const own = await SyncWorld.start();
    try {
      const first = await own.node({ peers: [] });
      await own.fund(first);
      await own.included(first, await own.send(first));
      await own.settle(first);
      const follower = await own.node({ key: null, peers: [first] });
      await sameChain(first, follower);
      const settled = first.node.store.head;

      const { testClient } = own.fixture.clients;
      const before = await testClient.snapshot();
      await own.fixture.alice.depositTo({ index: 1, token: 0, amount: 7n });
      await until(async () => (first.node.store.head.nextQueueIndex === 2n ? true : undefined));
      await sameChain(first, follower);
      const kept = await own.send(first);
      await own.included(follower, kept);
      // L1 goes back to before the deposit, and on without it.
      await testClient.revert({ id: before });
      await testClient.mine({ blocks: 4 });

      await until(async () => (first.node.store.head.nextQueueIndex === 1n ? true : undefined));
      await until(async () => (follower.node.store.head.nextQueueIndex === 1n ? true : undefined));
      await own.included(first, kept);
      await own.settle(first);
      await sameChain(first, follower);
      expect(first.node.sync.status.l1Reorgs).toBeGreaterThan(0);
      expect(first.node.store.head.closedBatch).toBe(settled.closedBatch + 1);
      expect((await first.rpc.request('engram_getAccount', [1]))?.balance).toBe((10n ** 18n).toString());
    } finally {
      await own.stop();
    }
  });

  it('a batch that waited too long for L1 is given up, and its transactions go into another one', async () => {
    const own = await SyncWorld.start({ ...PATIENT, graceSeconds: 3_600, maxAgeSeconds: 3_600 });
    try {
      const first = await own.node();
      await own.fund(first);
      const hash = await own.send(first);
      await own.included(first, hash);
      await first.node.sequencer.closeBatch();
      await first.stop();
      // It may have been committed before the stop: then there is nothing to give up.
      const { committed } = await own.fixture.sequencer.state();
      await own.fixture.warp(7_200);
      own.clock.advance(7_200_000);
      const again = await own.node({ folder: first.folder });
      await own.included(again, hash);
      await own.settle(again);
      expect(await again.rpc.request('engram_getTransactionStatus', [hash])).toMatchObject({ status: 'proven' });
      if (committed.batch === 0)
        expect(again.node.sync.status.rollbacks + again.node.store.head.closedBatch).toBeGreaterThan(0);
    } finally {
      await own.stop();
    }
  });
});
