import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localClients, startLocalL1 } from '../../bridge/deploy/localL1.ts';
import { systemClock } from '../../chain/clock.ts';
import { DevnetDir } from './dataDir.ts';
import { DevnetTime } from './time.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engram-time-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What a devnet does before its node starts; how far L1 and the clock are ahead of real time, in 100,000 s. */
async function life(work: (time: DevnetTime, ahead: () => Promise<number[]>) => Promise<void>): Promise<void> {
  const dir = await DevnetDir.open(folder);
  const l1 = await startLocalL1({ statePath: dir.l1State, accounts: 1, blockTimeSeconds: 1 });
  const { publicClient, testClient } = localClients(l1);
  try {
    const time = await DevnetTime.start({ l1, dir });
    await work(time, async () => {
      await testClient.mine({ blocks: 1 });
      const { timestamp } = await publicClient.getBlock();
      // a minute more or less is how the test runs
      const round = (ms: number): number => Math.floor((ms - systemClock.nowMs() + 50_000_000) / 100_000_000);
      return [round(Number(timestamp) * 1000), round(time.clock.nowMs())];
    });
  } finally {
    await l1.stop();
  }
}

describe('a devnet’s time', () => {
  it('is the real one, goes forward on L1 and in the node together, and stays there over a restart', async () => {
    await life(async (time, ahead) => {
      expect(await ahead()).toEqual([0, 0]);
      await time.advance(100_000);
      expect(await ahead()).toEqual([1, 1]);
      await time.advance(200_000);
      expect(await ahead()).toEqual([3, 3]);
    });
    await life(async (time, ahead) => {
      expect(await ahead()).toEqual([3, 3]);
      await time.advance(100_000);
      expect(await ahead()).toEqual([4, 4]);
    });
  });
});
