import { growTogether, settles } from '../checks.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../until.ts';

/** Everybody has the same chain while users send to all of them; batches are committed, proven and attested by two thirds of the stake. */
export const follow: Scenario = {
  name: 'follow',
  seat: 'account',
  isQuick: true,
  run: async (world, fault) => {
    await fault('none: all nodes follow', async () => {
      await growTogether(world.nodes);
      await settles(world.rollup, { committed: 1, proven: 1 });
    });
    await fault('none: batches are attested', async () => {
      const before = await world.lane.attestedBatch();
      await until('another batch attested', async () =>
        (await world.lane.attestedBatch()) > before ? true : undefined,
      );
    });
  },
};
