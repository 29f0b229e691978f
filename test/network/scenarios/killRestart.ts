import { growTogether, settles } from '../checks.ts';
import type { Scenario } from '../scenario.ts';

/** kill -9 of each process in turn, children included, and a new life on the same data. */
export const killRestart: Scenario = {
  name: 'kill',
  seat: 'account',
  isQuick: true,
  run: async (world, fault) => {
    for (const [i, node] of world.validators.entries()) {
      const again = async (): Promise<void> => {
        await node.kill();
        await growTogether(world.nodes);
        await node.start();
        await growTogether(world.nodes);
      };
      await fault(`kill -9 ${node.name}, start it again`, again, { isLong: i > 0 });
    }
    await fault('kill -9 the sequencer, start it again', async () => {
      await world.sequencer.kill();
      await world.sequencer.start();
      await growTogether(world.nodes);
    });
    for (const prover of world.network.provers) {
      const again = async (): Promise<void> => {
        await prover.kill();
        await prover.start();
        await settles(world.rollup, { proven: 1 });
      };
      await fault(`kill -9 ${prover.name}, start it again`, again, { isLong: true });
    }
  },
};
