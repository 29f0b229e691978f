import { en } from '../../../bridge/web/src/texts/en.ts';
import { onBridge } from '../on.ts';
import type { Scenario } from '../scenario.ts';

export const nodeDown: Scenario = {
  name: 'nodeDown',
  about: 'the node goes away and comes back',
  run: async (world, saw) => {
    const person = await world.person('patient');
    await onBridge(world, person, async ({ ui, visit }) => {
      await ui.deposit({ amount: '0.5' });
      await ui.step('deposit', 'inBlock');
      visit.expect(/ERR_(CONNECTION|EMPTY|SOCKET|FAILED)|WebSocket connection/);
      world.cable.cut('off');
      try {
        const notice = visit.page.getByText(en.common.nodeAway, { exact: false }).first();
        await notice.waitFor({ timeout: 60_000 });
        await visit.page.getByText(en.common.nodeAwayNext, { exact: false }).first().waitFor();
        saw('told in plain words that the node is away, and that the money is safe');
        await ui.deposit({ amount: '0.25', to: 'lane' });
        await ui.step('laneDeposit', 'onL1');
        saw('a deposit goes on by L1 alone meanwhile');
        world.cable.join();
        await notice.waitFor({ state: 'detached', timeout: 60_000 });
        await ui.step('laneDeposit', 'inBlock');
        saw('the node is back: the notice goes, and the deposit is in a block');
      } finally {
        world.cable.join();
      }
    });
  },
};
