import { growTogether, settles } from '../checks.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../until.ts';

/** The seat is the registry's: validators lead in turns. */
export const rotation: Scenario = {
  name: 'rotation',
  seat: 'rotating',
  isQuick: false,
  run: async (world, fault) => {
    const inTurns = async (): Promise<void> => {
      const from = await committer(world, (await world.rollup.state()).committed.batch);
      await until('a batch of another leader', async () => {
        const { committed } = await world.rollup.state();
        return (await committer(world, committed.batch)) === from ? undefined : true;
      });
      await growTogether(world.nodes);
    };
    await fault('several leaders commit in turns', inTurns, { isControl: true });
    await fault('one of the leaders is killed and stays away', async () => {
      const [node] = world.validators;
      await node?.kill();
      await settles(world.rollup, { committed: 3, proven: 1 });
      await growTogether(world.nodes);
      await node?.start();
      await growTogether(world.nodes);
    });
  },
};

async function committer({ rollup }: Parameters<Scenario['run']>[0], batch: number): Promise<string | undefined> {
  return batch === 0 ? undefined : (await rollup.readBatch(batch)).stored.committer;
}
