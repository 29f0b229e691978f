import { beforeEach, describe, expect, it } from 'vitest';
import { BridgeError } from '../../bridge/client/errors.ts';
import type { PostedBatch } from '../../bridge/client/types.ts';
import { silentLogger } from '../../chain/logger.ts';
import { addBlock, openLedger } from '../../chain/testing/fixture.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { headerOf } from '../../protocol/codec/header.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { depositNew } from '../../sequencer/testing/life.ts';
import { L1Follower, type L1FollowerDeps } from './l1Follower.ts';
import { Turns } from './turns.ts';

/** What a look at L1 needs, and nothing else. */
class Scene {
  forkedAbove: bigint | undefined;
  committed = 0;
  hasL1 = true;
  conflict: bigint | undefined;
  head = { block: 5n, closedBatch: 0 };
  posted: PostedBatch | undefined;
  onCheck: () => void = () => undefined;
  readonly told: string[] = [];
  readonly rollbacks: bigint[] = [];
  readonly metas = new Map<string, string>();
  readonly follower: L1Follower;

  constructor() {
    const deps = {
      store: {
        head: this.head,
        getMeta: async (name: string) => this.metas.get(name),
        putMeta: async (name: string, value: string) => void this.metas.set(name, value),
        batch: async () => undefined,
        evmBatch: async () => undefined,
        summary: async (number: number) => {
          if (!Number.isSafeInteger(number)) throw new TypeError('no number');
          return undefined;
        },
      },
      chain: {
        rollback: async (toBlock: bigint) => {
          this.rollbacks.push(toBlock);
          this.head.block = toBlock;
        },
        onL1Reorg: () => this.told.push('reorg'),
      },
      rollup: {
        state: async () => {
          if (!this.hasL1) throw new BridgeError('L1_UNREACHABLE', {});
          return { committed: { batch: this.committed, queue: 0n } };
        },
      },
      posted: {
        reset: () => this.told.push('reset'),
        batch: async () => this.posted,
        derivable: ({ header, body }: PostedBatch) => ({ header, body }),
      },
      ring: {
        // As the real one: it tells a fork once.
        look: async () => {
          const { forkedAbove } = this;
          this.forkedAbove = undefined;
          return { head: { number: 100n, hash: '0x00' }, forkedAbove, isBehind: false };
        },
      },
      unsafe: {
        firstConflict: async () => {
          this.told.push('checked');
          this.onCheck();
          return this.conflict;
        },
      },
      peers: undefined,
      turns: new Turns(),
      log: silentLogger,
      metrics: { imported: () => undefined },
    };
    // The members that a chain without batches on L1 never asks for are left out.
    this.follower = new L1Follower(
      { confirmations: 2, deployedAt: 1n, maxDriftSeconds: 900 },
      deps as unknown as L1FollowerDeps,
    );
  }
}

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});

describe('a reorganisation of L1', () => {
  it('is followed even if L1 fails in the same step', async () => {
    await scene.follower.step();
    scene.told.length = 0;
    scene.forkedAbove = 90n;
    scene.hasL1 = false;
    await expect(scene.follower.step()).rejects.toMatchObject({ code: 'L1_UNREACHABLE' });
    scene.hasL1 = true;
    await scene.follower.step();
    expect(scene.told).toEqual(['reset', 'reorg', 'checked']);
    expect(scene.follower.status).toMatchObject({ l1Reorgs: 1, deepestReorg: 10, isSynced: true });
  });

  it('that somebody else notices in the middle of a step is looked at in the next one', async () => {
    scene.onCheck = () => {
      scene.onCheck = () => undefined;
      scene.follower.recheck();
    };
    await scene.follower.step();
    expect(scene.follower.status).toMatchObject({ agreedBatch: 0, isSynced: false });
    await scene.follower.step();
    expect(scene.told.filter((one) => one === 'checked')).toHaveLength(2);
    expect(scene.follower.status).toMatchObject({ agreedBatch: 0, isSynced: true });
  });

  it('gives up what L1 does not have any more, and no less than something else has given up already', async () => {
    scene.conflict = 4n;
    await scene.follower.step();
    expect(scene.rollbacks).toEqual([3n]);
    scene.follower.recheck();
    scene.onCheck = () => {
      scene.head.block = 2n;
    };
    await scene.follower.step();
    expect(scene.rollbacks).toEqual([3n]);
  });
});

describe('a committed batch whose C is not that of its data', () => {
  /** One deposit; the committer says this C of it. */
  async function posted(c: (truth: bigint) => bigint): Promise<PostedBatch> {
    const chain = await openLedger(memoryDb());
    await addBlock(chain, { deposits: [depositNew(actor(1), 5n)] });
    const { closed } = await chain.ledger.close();
    const { batch, commitment } = closed;
    const { oldRoot } = batch;
    const header = headerOf(batch, closed.exits.length);
    // Only what is looked at before anything is taken in.
    return {
      ...{ number: 1, header, oldRoot, shape: batch.shape, body: commitment.body },
      stored: { c: c(commitment.c), r: commitment.r, y: commitment.y },
    } as unknown as PostedBatch;
  }

  it('cannot be proven: nothing is given up for it, no peer is asked, and nothing stands on it', async () => {
    scene.posted = await posted((c) => c + 1n);
    scene.committed = 1;
    for (let look = 0; look < 3; look += 1) await scene.follower.step();
    expect(scene.follower.status).toMatchObject({ agreedBatch: 0, isSynced: false, invalidBatch: 1 });
    expect(scene.rollbacks).toEqual([]);
    // L1 has dropped it.
    scene.committed = 0;
    await scene.follower.step();
    expect(scene.follower.status).toMatchObject({ isSynced: true, invalidBatch: undefined });
  });
});
