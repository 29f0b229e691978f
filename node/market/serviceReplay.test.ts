import { describe, expect, it } from 'vitest';
import { P, SERVICE, ServiceWorld, w } from '../../protocol/epochs/testing/serviceWorld.ts';
import { TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import type { ReplayBatch } from './serviceReplay.ts';
import { ServiceReplay } from './serviceReplay.ts';
import { closedBatches } from './testing/closedBatches.ts';
import { payOps } from './testing/serviceChain.ts';

const SCORES = w([1, 60_000], [2, 30_000]);

function batchesOf(world: ServiceWorld): ReplayBatch[] {
  return closedBatches(world.batches).map(({ batch }) => ({ ...batch, ops: batch.txs.map(({ ops }) => ops) }));
}

function replayed(world: ServiceWorld, keepWeights?: number): ServiceReplay {
  const options = { service: SERVICE, document: world.document, domain: TEST_DOMAIN };
  const replay = new ServiceReplay({ ...options, ...(keepWeights !== undefined && { keepWeights }) });
  const batches = batchesOf(world);
  for (const batch of batches) replay.apply(batch, batches.length);
  return replay;
}

/** Epochs 0 … n − 1, each with six weights. */
function judged(epochs: number): ServiceWorld {
  const world = new ServiceWorld({}, 64).begin().join([400n, 300n, 300n], 3);
  for (let epoch = 0; epoch < epochs; epoch += 1) world.judge(epoch, { 1: SCORES, 2: SCORES, 3: SCORES });
  return world;
}

describe('a replay', () => {
  it('keeps as many epochs as there is room for, and goes on the same', () => {
    const world = judged(6);
    const [all, few] = [replayed(world), replayed(world, 12)];
    expect(all.summaries(99, 0).map(({ epoch }) => epoch)).toEqual([6, 5, 4, 3, 2, 1, 0]);
    expect(few.summaries(99, 0)).toEqual(all.summaries(3, 0));
    expect(few.view(4, 0)).toEqual(all.view(4, 0));
    expect(few.view(3, 0)).toBeUndefined();
    expect(few.lastOver).toEqual(all.lastOver);
    expect(few.view(6, 0)).toEqual(all.view(6, 0));
  });

  it('keeps the last epoch however large it is', () => {
    expect(
      replayed(judged(2), 0)
        .summaries(99, 0)
        .map(({ epoch }) => epoch),
    ).toEqual([2, 1]);
  });

  it('keeps 24 epochs at most', () => {
    const summaries = replayed(judged(26)).summaries(99, 0);
    expect([summaries.length, summaries.at(-1)?.epoch]).toEqual([25, 2]);
  });

  it('shows a payment in a view that was asked for before', () => {
    const world = judged(1);
    const replay = replayed(world);
    expect(replay.view(0, 0)?.state).toBe('unpaid');
    world.at(world.ledger.timestamp, payOps(world.ledger.payout(0)));
    const last = batchesOf(world).at(-1) as ReplayBatch; // there are many
    replay.apply(last, last.number);
    const view = replay.view(0, 0);
    expect([view?.state, view?.paid]).toEqual(['waiting', view?.due]);
    expect(view?.earners.find(({ account }) => account === P(1))?.paid).toBeGreaterThan(0n);
    expect(replay.view(0, last.number)?.state).toBe('paid');
  });

  it('goes back to a batch and on again with the same result', () => {
    const world = judged(2);
    const replay = replayed(world);
    const before = replay.summaries(99, 0);
    const batches = batchesOf(world);
    replay.goBack(batches.length);
    expect(replay.batch).toBe(batches.length);
    replay.goBack(batches.length - 1);
    expect(replay.batch).toBe(0);
    for (const batch of batches) replay.apply(batch, batches.length);
    expect(replay.summaries(99, 0)).toEqual(before);
  });
});
