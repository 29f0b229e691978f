import { describe, expect, it } from 'vitest';
import type { Hex } from '../../protocol/lane/types.ts';
import { L1Ring } from './l1Ring.ts';

/** An L1 whose blocks can be replaced; `branch` makes hashes differ. */
function world({ maxBlocks = 10 } = {}) {
  const blocks: Hex[] = [];
  let saved: string | undefined;
  const hash = (number: number, branch: number): Hex => `0x${(number * 100 + branch).toString(16).padStart(64, '0')}`;
  const deps = {
    latest: async () => ({ number: BigInt(blocks.length - 1), hash: blocks.at(-1) ?? '0x' }) as const,
    hashOf: async (number: bigint) => blocks[Number(number)],
    load: async () => saved,
    save: async (text: string) => {
      saved = text;
    },
  };
  const mine = (count: number, branch = 0): void => {
    for (let i = 0; i < count; i += 1) blocks.push(hash(blocks.length, branch));
  };
  const reorg = (depth: number, branch: number, count = depth): void => {
    blocks.length -= depth;
    mine(count, branch);
  };
  /** Another node of L1 answers, which does not have the newest blocks yet. */
  const back = (count: number): { restore: () => void } => {
    const newest = blocks.splice(-count);
    return { restore: () => void blocks.push(...newest) };
  };
  return {
    mine,
    back,
    reorg,
    ring: () => new L1Ring({ maxBlocks }, deps),
    damage: () => {
      saved = '{"not":"ours"}';
    },
  };
}

describe('L1Ring', () => {
  it('sees a growing chain without a fork, block by block or with gaps', async () => {
    const { mine, ring } = world();
    const ours = ring();
    for (const count of [1, 1, 5, 1, 30]) {
      mine(count);
      expect((await ours.look()).forkedAbove).toBeUndefined();
    }
  });

  it('says the last block that stands, whether the new branch is longer, shorter or as long', async () => {
    for (const count of [3, 2, 7]) {
      const { mine, reorg, ring } = world();
      const ours = ring();
      for (let i = 0; i < 8; i += 1) {
        mine(1);
        await ours.look();
      }
      reorg(3, 1, count);
      expect((await ours.look()).forkedAbove).toBe(4n);
      expect((await ours.look()).forkedAbove).toBeUndefined();
    }
  });

  it('waits for a node of L1 that is late, and takes what is left of L1 for L1 after a while', async () => {
    const { mine, back, ring } = world();
    const ours = ring();
    for (let i = 0; i < 8; i += 1) {
      mine(1);
      await ours.look();
    }
    const late = back(3);
    expect(await ours.look()).toMatchObject({ forkedAbove: undefined, isBehind: true });
    late.restore();
    expect(await ours.look()).toMatchObject({ forkedAbove: undefined, isBehind: false });
    back(3);
    for (let i = 0; i < 5; i += 1) expect(await ours.look()).toMatchObject({ isBehind: true });
    expect(await ours.look()).toMatchObject({ forkedAbove: 4n, isBehind: false });
    expect(await ours.look()).toMatchObject({ forkedAbove: undefined, isBehind: false });
  });

  it('finds a fork that happened while the node was down', async () => {
    const { mine, reorg, ring } = world();
    const first = ring();
    for (let i = 0; i < 5; i += 1) {
      mine(1);
      await first.look();
    }
    reorg(2, 1);
    expect((await ring().look()).forkedAbove).toBe(2n);
  });

  it('refuses a fork deeper than the limit, again and again', async () => {
    const { mine, reorg, ring } = world({ maxBlocks: 10 });
    const ours = ring();
    for (let i = 0; i < 40; i += 1) {
      mine(1);
      await ours.look();
    }
    reorg(12, 1);
    await expect(ours.look()).rejects.toMatchObject({ code: 'REORG_TOO_DEEP' });
    await expect(ours.look()).rejects.toMatchObject({ code: 'REORG_TOO_DEEP' });
    await expect(ring().look()).rejects.toMatchObject({ code: 'REORG_TOO_DEEP' });
  });

  it('follows a fork as deep as the limit', async () => {
    const { mine, reorg, ring } = world({ maxBlocks: 10 });
    const ours = ring();
    for (let i = 0; i < 40; i += 1) {
      mine(1);
      await ours.look();
    }
    reorg(10, 1);
    expect((await ours.look()).forkedAbove).toBe(29n);
  });

  it('forgets a damaged record', async () => {
    const { mine, ring, damage } = world();
    mine(3);
    await ring().look();
    damage();
    expect((await ring().look()).forkedAbove).toBeUndefined();
  });
});
