import { type LocalL1, localClients } from '../../../bridge/deploy/localL1.ts';
import { reorgL1 } from '../../../node/devnet/network/l1.ts';
import { growTogether, settles } from '../checks.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../until.ts';

const SHALLOW = 1;
const DEEP = 6;
/** Less than DEEP: the node that is told so must stop. */
const LIMIT = 3;

/** L1 takes blocks back: batches, proofs and attestations in them are gone. */
export const reorgs: Scenario = {
  name: 'reorgs',
  seat: 'account',
  isQuick: false,
  run: async (world, fault) => {
    const { l1 } = world.network;
    await fault(`L1 takes back ${SHALLOW} block, within the confirmations`, async () => {
      await reorgL1(l1, SHALLOW);
      await growTogether(world.nodes);
      await settles(world.rollup, { committed: 1 });
    });
    await fault(
      `L1 takes back ${DEEP} blocks with a batch in them; a node that follows only ${LIMIT} stops and says so`,
      async () => {
        await world.withFollower({ name: 'cautious', flags: { '--l1-max-reorg-blocks': LIMIT } }, async (cautious) => {
          await growTogether([...world.nodes, cautious]);
          await settles(world.rollup, { committed: 1 });
          await passes(l1, LIMIT);
          await reorgL1(l1, DEEP);
          await until('it has stopped', async () => (cautious.isRunning ? undefined : true));
          await until('it says why', async () => {
            const isSaid = cautious.program.tail().includes('HALTED: a part of the node halted (REORG_TOO_DEEP)');
            return isSaid ? true : undefined;
          });
        });
        await growTogether(world.nodes);
        await settles(world.rollup, { committed: 1, proven: 1 });
      },
    );
  },
};

/** So many blocks of L1, at its pace: nodes look at each of them. */
async function passes(l1: LocalL1, blocks: number): Promise<void> {
  const { publicClient } = localClients(l1);
  const target = (await publicClient.getBlockNumber({ cacheTime: 0 })) + BigInt(blocks);
  await until('blocks of L1', async () => {
    return (await publicClient.getBlockNumber({ cacheTime: 0 })) >= target ? true : undefined;
  });
}
