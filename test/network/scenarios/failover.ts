import { growTogether, settles } from '../checks.ts';
import type { Scenario } from '../scenario.ts';

/** Others follow: more would only prove the same on this one machine. */
const STANDING_BY = 2;

/** The holder of the seat is gone: after the grace period validators build, prove and submit by themselves; when it is back, it follows, and goes on. */
export const failover: Scenario = {
  name: 'failover',
  seat: 'account',
  isQuick: false,
  run: async (world, fault) => {
    const { sequencer } = world;
    await fault('the sequencer is killed and stays away', async () => {
      for (const node of world.validators.slice(0, STANDING_BY)) {
        await node.restart({ '--sequencer-fallback': true, '--prover-enabled': true });
      }
      await growTogether(world.nodes);
      await sequencer.kill();
      // nothing but a validator can have built, proven and submitted these
      await growTogether(world.nodes, 5);
      await settles(world.rollup, { committed: 2, proven: 2 });
    });
    await fault('the sequencer comes back', async () => {
      await sequencer.start();
      await growTogether(world.nodes);
      await settles(world.rollup, { committed: 2, proven: 2 });
      await growTogether(world.nodes);
    });
  },
};
