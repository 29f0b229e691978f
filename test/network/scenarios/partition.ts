import { growTogether, headOf } from '../checks.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../until.ts';
import type { World } from '../world.ts';

/** Packets between two parts get lost; then they arrive again. */
export const partition: Scenario = {
  name: 'partition',
  seat: 'account',
  isQuick: true,
  run: async (world, fault) => {
    const names = world.nodes.map(({ name }) => name);
    const away = names.slice(-2);
    const home = names.filter((name) => !away.includes(name));
    const about = away.join(', ');
    const lost = async (): Promise<void> => {
      world.network.partition([home, away], 'silent');
      await world.without(away, () => growTogether(world.nodes, 5));
      world.network.heal();
      await growTogether(world.nodes);
    };
    await fault(`packets between ${about} and the rest get lost, then arrive`, lost, { isLong: true });

    const divided = async (): Promise<void> => {
      const peersOfAway = async (): Promise<number> =>
        Math.max(...(await Promise.all(away.map((name) => peersOf(world, name)))));
      const before = await peersOfAway();
      world.network.partition([home, away], 'off');
      await until('the others are gone', async () => ((await peersOfAway()) < away.length ? true : undefined));
      await world.without(away, () => growTogether(world.nodes, 5));
      world.network.heal();
      await growTogether(world.nodes);
      await until('all peers are back', async () => ((await peersOfAway()) >= before ? true : undefined));
    };
    await fault(`partition ${about} from the rest until nobody knows them any more, heal`, divided);

    const withoutL1 = async (): Promise<void> => {
      world.network.cutL1('validator1');
      await world.without(['validator1'], () => growTogether(world.nodes, 5));
      world.network.heal();
      await growTogether(world.nodes);
    };
    await fault('one validator without L1, then with it', withoutL1, { isLong: true });

    const hangs = async (): Promise<void> => {
      const node = world.network.node('validator2');
      node.program.suspend();
      try {
        await world.without([node.name], () => growTogether(world.nodes, 5));
      } finally {
        node.program.resume();
      }
      await until('it answers', () => headOf(node));
      await growTogether(world.nodes);
    };
    await fault('one validator hangs (SIGSTOP), goes on', hangs, { isLong: true });
  },
};

async function peersOf(world: World, name: string): Promise<number> {
  return (await world.network.node(name).rpc.request('engram_getNetwork', [])).peers.length;
}
