import { growTogether, settles } from '../checks.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../until.ts';

/** Everybody has the same chain while users send to all of them; batches are committed, proven and attested by two thirds of the stake. */
export const follow: Scenario = {
  name: 'follow',
  seat: 'account',
  isQuick: true,
  run: async (world, fault) => {
    const all = async (): Promise<void> => {
      await growTogether(world.nodes);
      await settles(world.rollup, { committed: 1, proven: 1 });
    };
    await fault('all nodes follow, batches are proven', all, { isControl: true });
    const attested = async (): Promise<void> => {
      const before = await world.lane.attestedBatch();
      await until('another batch attested', async () =>
        (await world.lane.attestedBatch()) > before ? true : undefined,
      );
    };
    await fault('batches are attested', attested, { isControl: true });
  },
};
