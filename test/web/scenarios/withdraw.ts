import { parseEther } from 'viem';
import { same } from '../errors.ts';
import { onBridge } from '../on.ts';
import type { Scenario } from '../scenario.ts';
import type { World } from '../world.ts';
import { onLedger } from './deposit.ts';

export const withdrawByExit: Scenario = {
  name: 'withdraw',
  about: 'from the ledger by EXIT, until it is claimed on L1',
  run: async (world, saw) => {
    const person = await world.person('withdrawer');
    const { wallet, account } = person;
    await onBridge(world, person, async ({ ui }) => {
      await ui.deposit({ amount: '2' });
      await ui.step('deposit', 'inBlock');
      const index = await accountOf(world, account.address);
      await ui.withdraw({ amount: '0.75', from: index });
      await ui.step('exit', 'inBlock');
      same('left on the ledger', await onLedger(world, account.address, 0), parseEther('1.25'));
      await ui.step('exit', 'claimable');
      const [before, sent] = [await world.balance(account.address), wallet.sent.length];
      await ui.act('exit', 'claim');
      await ui.step('exit', 'claimed');
      const paid = await gasOf(world, wallet.sent.slice(sent));
      same('ETH on L1', await world.balance(account.address), before + parseEther('0.75') - paid);
      saw(
        `0.75 ETH came to L1 to the wei; the signature of the ledger key was asked ${wallet.count('eth_signTypedData_v4') + wallet.count('personal_sign')} times in all`,
      );
    });
  },
};

export const lane: Scenario = {
  name: 'lane',
  about: 'into the EVM lane and back, with a claim on L1',
  run: async (world, saw) => {
    const person = await world.person('lane user');
    const { wallet, account } = person;
    await onBridge(world, person, async ({ ui }) => {
      await ui.deposit({ amount: '1', to: 'lane' });
      await ui.step('laneDeposit', 'inBlock');
      const onLane = await laneBalance(world, account.address);
      same('ETH on the lane', onLane, parseEther('1'));
      await ui.withdraw({ amount: '0.4', from: 'lane' });
      same('network afterwards', wallet.chainId, world.devnet.l1.chain.id);
      await ui.step('laneWithdrawal', 'inBlock');
      await ui.step('laneWithdrawal', 'claimable');
      const [before, sent] = [await world.balance(account.address), wallet.sent.length];
      await ui.act('laneWithdrawal', 'claim');
      await ui.step('laneWithdrawal', 'claimed');
      const paid = await gasOf(world, wallet.sent.slice(sent));
      same('ETH on L1', await world.balance(account.address), before + parseEther('0.4') - paid);
      saw('1 ETH to the EVM lane, 0.4 ETH back to L1 to the wei; the wallet is on L1 again');
    });
  },
};

export const forcedExit: Scenario = {
  name: 'forcedExit',
  about: 'an exit that is demanded on L1',
  run: async (world, saw) => {
    const person = await world.person('demander');
    const { wallet, account } = person;
    await onBridge(world, person, async ({ ui, visit }) => {
      await ui.deposit({ amount: '3' });
      await ui.step('deposit', 'inBlock');
      const index = await accountOf(world, account.address);
      await ui.forceExit(index);
      await ui.step('forcedExit', 'onL1');
      await ui.step('forcedExit', 'inBlock');
      same('left on the ledger', await onLedger(world, account.address, 0), 0n);
      await ui.step('forcedExit', 'claimable');
      const [before, sent] = [await world.balance(account.address), wallet.sent.length];
      await visit.page.reload();
      await ui.act('forcedExit', 'claim');
      await ui.step('forcedExit', 'claimed');
      const paid = await gasOf(world, wallet.sent.slice(sent));
      same('ETH on L1', await world.balance(account.address), before + parseEther('3') - paid);
      saw('all of the account came to L1 to the wei');
    });
  },
};

/** The ledger account of ETH that the owner has. */
export async function accountOf(world: World, owner: `0x${string}`): Promise<number> {
  await onLedger(world, owner, 0);
  const found = await world.devnet.rpc.request('engram_getAccountsByAddress', [owner]);
  return found.find(({ token }) => token === 0)?.index ?? 0;
}

export async function gasOf(world: World, hashes: readonly `0x${string}`[]): Promise<bigint> {
  const paid = await Promise.all(hashes.map((hash) => world.gasPaid(hash)));
  return paid.reduce((sum, gas) => sum + gas, 0n);
}

async function laneBalance(world: World, owner: `0x${string}`): Promise<bigint> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_getBalance', params: [owner, 'latest'] });
  const answer = await fetch(world.devnet.rpcUrl, { method: 'POST', body });
  return BigInt(((await answer.json()) as { result: string }).result); // Ethereum's own form
}
