import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isUnsigned } from '../../chain/wire/unsignedTx.ts';
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
