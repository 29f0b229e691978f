import { en } from '../../../bridge/web/src/texts/en.ts';
import { same } from '../errors.ts';
import { onBridge } from '../on.ts';
import { BridgeUi } from '../pages/bridge.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../until.ts';
import { REJECTED, WalletError } from '../wallet/testWallet.ts';
import { saysTrouble } from './refusals.ts';

export const reload: Scenario = {
  name: 'reload',
  about:
    'the page is loaded again while the wallet asks, and while the transaction waits; another browser shows the same list',
  run: async (world, saw) => {
    const person = await world.person('restless');
    const { wallet } = person;
    const listed = await onBridge(world, person, async ({ ui, visit }) => {
      const deposit = async (amount: string) => {
        const form = await ui.fillDeposit({ amount });
        await form.getByRole('button', { name: en.bridge.form.deposit }).click();
        return form;
      };
      const refused = async (amount: string) => saysTrouble(await ui.told(await deposit(amount)), 'ALREADY_SENDING');
      // the wallet asks; the page goes; the person confirms
      const confirmed = wallet.holdOnce('eth_sendTransaction');
      await deposit('0.5');
      await confirmed.asked();
      await visit.page.reload();
      await ui.rows('intent').first().waitFor();
      await refused('0.5');
      same('asked to send', wallet.count('eth_sendTransaction'), 1);
      confirmed.release();
      await ui.step('deposit', 'onL1');
      same('rows of deposits', await ui.rows('deposit').count(), 1);
      same('rows of intents', await ui.rows('intent').count(), 0);
      saw('loaded again while the wallet asked: found on the chain afterwards, not sent twice');

      // the same, but the person declines
      const declined = wallet.holdOnce('eth_sendTransaction');
      await deposit('0.25');
      await declined.asked();
      await visit.page.reload();
      declined.release(new WalletError(REJECTED, 'User rejected the request.'));
      await ui.rows('intent').first().waitFor();
      await ui.rows('intent').first().getByRole('button', { name: en.bridge.list.notSent }).click();
      await until('the intent is gone', async () => (await ui.rows('intent').count()) === 0);
      same('sent', wallet.sent.length, 1);
      saw('declined while the page was away: dropped when the person says so');

      // sent, not mined
      await world.withoutBlocks(async () => {
        await deposit('0.125');
        await until('it is sent', async () => wallet.sent.length === 2);
        await visit.page.reload();
        await until('it is in the list', async () => (await ui.ids()).length === 2);
        await refused('0.125');
        same('asked to send', wallet.count('eth_sendTransaction'), 3);
      });
      await until('both are on L1', async () => (await ui.rows('deposit').count()) === 2);
      await ui.step('deposit', 'inBlock');
      same('sent', wallet.sent.length, 2);
      saw('loaded again before it was mined: listed, and not sent twice');
      return ui.ids();
    });
    await onBridge(world, person, async ({ visit }) => {
      const ui = new BridgeUi(visit.page);
      const again = await until('another browser has the list', async () => {
        const ids = await ui.ids();
        return ids.length >= listed.length ? ids : undefined;
      });
      same('the list in another browser', again, listed);
      saw(`another browser, with nothing kept, shows the same ${again.length} transfers`);
    });
  },
};
