import { parseEther } from 'viem';
import { en } from '../../../bridge/web/src/texts/en.ts';
import { same, WebCheckError } from '../errors.ts';
import { onBridge } from '../on.ts';
import { BridgeUi } from '../pages/bridge.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../until.ts';

/** A chain that the wallet knows and that has no bridge. */
const ELSEWHERE = 424_242;

/** The page says it in the words of its texts, what to do next included. */
export function saysTrouble(said: string, code: keyof typeof en.errors): void {
  const { what, next } = en.errors[code];
  for (const words of [what, next]) {
    const start = words.split('{')[0] ?? '';
    if (!said.includes(start))
      throw new WebCheckError('DIFFERS', `“${start}” (${code}) was expected, the page says “${said}”`);
  }
}

export const rejection: Scenario = {
  name: 'rejection',
  about: 'the person says no in the wallet, and yes the next time',
  run: async (world, saw) => {
    const person = await world.person('sceptic');
    const { wallet } = person;
    await onBridge(world, person, async ({ ui }) => {
      const form = await ui.fillDeposit({ amount: '0.5' });
      const submit = form.getByRole('button', { name: en.bridge.form.deposit });
      // first to the signature that makes the ledger key, then to the transaction
      wallet.rejectOnce('personal_sign');
      wallet.rejectOnce('eth_signTypedData_v4');
      await submit.click();
      saysTrouble(await ui.told(form), 'REJECTED');
      same('transactions asked for', wallet.count('eth_sendTransaction'), 0);
      wallet.clearHooks();
      wallet.rejectOnce('eth_sendTransaction');
      await submit.click();
      await until('the wallet is asked', async () => wallet.count('eth_sendTransaction') === 1);
      saysTrouble(await ui.told(form), 'REJECTED');
      same('sent', wallet.sent.length, 0);
      await submit.click();
      await ui.sent(form);
      same('sent', wallet.sent.length, 1);
      await ui.step('deposit', 'onL1');
      same('rows', await ui.rows('deposit').count(), 1);
      saw('told in plain words both times, nothing sent; a second try went through, one row in the list');
    });
  },
};

export const wrongNetwork: Scenario = {
  name: 'wrongNetwork',
  about: 'the wallet is on another network',
  run: async (world, saw) => {
    const person = await world.person('traveller');
    const { wallet } = person;
    wallet.addNetwork(ELSEWHERE, world.devnet.l1Url);
    await onBridge(world, person, async ({ ui, visit }) => {
      wallet.switchChain(ELSEWHERE);
      const switchBack = visit.page.getByRole('button', { name: en.bridge.wallet.switchTo }).first();
      await switchBack.waitFor();
      const form = await ui.fillDeposit({ amount: '0.5' });
      await form.getByRole('button', { name: en.bridge.form.deposit }).click();
      saysTrouble(await ui.told(form), 'WRONG_NETWORK');
      same('asked to send', wallet.count('eth_sendTransaction'), 0);
      await switchBack.click();
      await until('the wallet is back', async () => wallet.chainId === world.devnet.l1.chain.id);
      await switchBack.waitFor({ state: 'detached' });
      await form.getByRole('button', { name: en.bridge.form.deposit }).click();
      await ui.sent(form);
      same('sent', wallet.sent.length, 1);
      saw('told, nothing asked; switched by the page’s button, then sent');
    });
  },
};

export const insufficientFunds: Scenario = {
  name: 'insufficientFunds',
  about: 'more than there is, or all of it and no gas',
  run: async (world, saw) => {
    const person = await world.person('poor');
    const { wallet, account } = person;
    await world.l1.testClient.setBalance({ address: account.address, value: parseEther('0.1') });
    await onBridge(world, person, async ({ ui }) => {
      for (const amount of ['5', '0.1', '0.0999999']) {
        const form = await ui.fillDeposit({ amount });
        await form.getByRole('button', { name: en.bridge.form.deposit }).click();
        await ui.complaint(form);
      }
      same('asked to send', wallet.count('eth_sendTransaction'), 0);
      for (const bad of ['-1', '1e18', '0x10', '1.0000000000000000001', 'abc', '0', '79228162514264337593543950337']) {
        const form = await ui.fillDeposit({ amount: bad });
        await form.getByRole('button', { name: en.bridge.form.deposit }).click();
        await ui.complaint(form);
      }
      same('asked of the wallet', wallet.asked.length, wallet.count('eth_requestAccounts'));
      saw('refused before the wallet is asked, gas and bridge fee counted; bad amounts, too');
    });
  },
};

export const doubleClick: Scenario = {
  name: 'doubleClick',
  about: 'clicking twice, or in two tabs, sends once',
  run: async (world, saw) => {
    const person = await world.person('hasty');
    const { wallet } = person;
    await onBridge(world, person, async ({ ui, visit }) => {
      const form = await ui.fillDeposit({ amount: '0.5' });
      const submit = form.getByRole('button', { name: en.bridge.form.deposit });
      const held = wallet.holdOnce('eth_sendTransaction');
      await submit.dblclick();
      await held.asked();
      // it says that it is disabled: a hand may click all the same
      await submit.click({ force: true });
      await form.getByLabel(en.bridge.form.amount).press('Enter');
      const tab = await visit.context.newPage();
      await tab.goto(world.url);
      const second = new BridgeUi(tab);
      const other = await second.fillDeposit({ amount: '0.5' });
      await other.getByRole('button', { name: en.bridge.form.deposit }).click();
      saysTrouble(await second.told(other), 'ALREADY_SENDING');
      held.release();
      await ui.sent(form);
      await ui.step('deposit', 'onL1');
      same('asked to send', wallet.count('eth_sendTransaction'), 1);
      same('sent', wallet.sent.length, 1);
      same('rows', await ui.rows('deposit').count(), 1);
      saw('a double click, a third, Enter, and a second tab: the wallet was asked once');
    });
  },
};

export const accountChanged: Scenario = {
  name: 'accountChanged',
  about: 'another account is chosen in the wallet, told or not',
  run: async (world, saw) => {
    const person = await world.person('two-faced');
    const { wallet } = person;
    const [first = '0x', second = '0x'] = wallet.addresses;
    await onBridge(world, person, async ({ ui, visit }) => {
      const button = (address: string) =>
        visit.page.getByRole('banner').getByText(`${address.slice(0, 6)}…${address.slice(-4)}`);
      await button(first).waitFor();
      wallet.switchAccount(second);
      await button(second).waitFor();
      await visit.page.getByText(en.bridge.list.empty).waitFor();
      wallet.switchAccount(first);
      await button(first).waitFor();
      const form = await ui.fillDeposit({ amount: '0.5', to: 'lane' });
      wallet.switchAccount(second, false);
      await form.getByRole('button', { name: en.bridge.form.deposit }).click();
      saysTrouble(await ui.told(form), 'ACCOUNT_CHANGED');
      same('sent', wallet.sent.length, 0);
      saw('the page follows the wallet; of a change it was not told of, it notices before anything is sent');
    });
  },
};
