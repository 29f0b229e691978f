import { growTogether, headOf } from '../checks.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../until.ts';

/** Packets between two parts get lost; then they arrive again. */
export const partition: Scenario = {
  name: 'partition',
  seat: 'account',
  isQuick: true,
  run: async (world, fault) => {
    const names = world.nodes.map(({ name }) => name);
    const away = ['validator3', 'validator4'].filter((name) => names.includes(name));
    const home = names.filter((name) => !away.includes(name));
    await fault(`partition ${away.join(', ')} from the rest, heal`, async () => {
      world.network.partition(home, away);
      await world.without(away, () => growTogether(world.nodes, 5));
      world.network.heal();
      await growTogether(world.nodes);
    });
    await fault('one validator without L1, then with it', async () => {
      world.network.cutL1('validator1');
      await world.without(['validator1'], () => growTogether(world.nodes, 5));
      world.network.heal();
      await growTogether(world.nodes);
    });
    await fault('one validator hangs (SIGSTOP), goes on', async () => {
      const node = world.network.node('validator2');
      node.program.suspend();
      try {
        await world.without([node.name], () => growTogether(world.nodes, 5));
      } finally {
        node.program.resume();
      }
      await until('it answers', () => headOf(node));
      await growTogether(world.nodes);
    });
  },
};
