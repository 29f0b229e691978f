import { parseEther } from 'viem';
import { same, WebCheckError } from '../errors.ts';
import { onBridge } from '../on.ts';
import { textOf } from '../pages/bridge.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../until.ts';
import type { World } from '../world.ts';

export const depositEth: Scenario = {
  name: 'depositEth',
  about: 'ETH into a new ledger account, until it is proven',
  run: async (world, saw) => {
    const person = await world.person('depositor');
    const { wallet, account } = person;
    await onBridge(world, person, async ({ ui }) => {
      const before = await world.balance(account.address);
      await ui.deposit({ amount: '1.25' });
      await ui.step('deposit', 'onL1');
      const hash = only(wallet.sent);
      const { queueFee } = await (await world.rollup()).parameters();
      const left = before - parseEther('1.25') - queueFee - (await world.gasPaid(hash));
      same('ETH left on L1', await world.balance(account.address), left);
      await ui.step('deposit', 'inBlock');
      same('balance on the ledger', await onLedger(world, account.address, 0), parseEther('1.25'));
      await ui.step('deposit', 'committed');
      const row = await ui.step('deposit', 'proven');
      const { proven } = await (await world.rollup()).state();
      saw(
        `1.25 ETH to the wei on L1 and on the ledger; proven (L1 is at batch ${proven.batch}): “${await textOf(row)}”`,
      );
    });
  },
};

export const depositToken: Scenario = {
  name: 'depositToken',
  about: 'an ERC-20: approval, then deposit',
  run: async (world, saw) => {
    const person = await world.person('depositor');
    const { wallet, account } = person;
    const { id } = world.token;
    await onBridge(world, person, async ({ ui }) => {
      const before = await world.balance(account.address, id);
      const sentBefore = wallet.sent.length;
      await ui.deposit({ amount: '12.5', token: 'TEST' });
      same('transactions: approval, deposit', wallet.sent.length - sentBefore, 2);
      await ui.step('deposit', 'inBlock');
      same('tokens left on L1', await world.balance(account.address, id), before - parseEther('12.5'));
      same('tokens on the ledger', await onLedger(world, account.address, id), parseEther('12.5'));
      saw('12.5 TEST on the ledger by two transactions: the approval and the deposit');
    });
  },
};

/** What the owner's accounts of a token hold in all, as the node says. */
export async function onLedger(world: World, owner: `0x${string}`, token: number): Promise<bigint> {
  return until('the ledger has the account', async () => {
    const found = await world.devnet.rpc.request('engram_getAccountsByAddress', [owner]);
    const own = found.filter((account) => account.token === token);
    return own.length === 0 ? undefined : own.reduce((sum, { balance }) => sum + BigInt(balance), 0n);
  });
}

/** @throws WebCheckError DIFFERS */
export function only<T>(items: readonly T[]): T {
  const [first] = items;
  if (items.length !== 1 || first === undefined) {
    throw new WebCheckError('DIFFERS', `one was expected, ${items.length} were found`);
  }
  return first;
}
