import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseEther } from 'viem';
import { en } from '../../../bridge/web/src/texts/en.ts';
import { same, WebCheckError } from '../errors.ts';
import { onBridge } from '../on.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../until.ts';
import type { World } from '../world.ts';
import { accountOf, gasOf } from './withdraw.ts';

const ENGRAM = fileURLToPath(new URL('../../../node/bin/engram.mjs', import.meta.url));

/** Ends the network: nothing can come after it. */
export const escapeAfterFreeze: Scenario = {
  name: 'escape',
  about: 'the node is gone for ever: a demand on L1, freeze, escape, from a page that no node serves',
  run: async (world, saw) => {
    const person = await world.person('last');
    const { wallet, account } = person;
    const index = await onBridge(world, person, async ({ ui }) => {
      await ui.deposit({ amount: '2.5' });
      await ui.step('deposit', 'proven');
      return accountOf(world, account.address);
    });
    await world.devnet.node.stop();
    const server = await servePage(world);
    saw(`the node is off; engram web serve has the page at ${server.url}`);
    try {
      await onBridge(
        world,
        person,
        async ({ ui, visit }) => {
          await visit.page.getByRole('tab', { name: en.bridge.form.gone }).click();
          await visit.page.getByTestId(`account-${index}`).first().waitFor();
          saw('the accounts were rebuilt from L1 in the browser');
          await ui.forceExit(index);
          await ui.step('forcedExit', 'onL1');
          const { queueDeadlineSeconds } = await (await world.rollup()).parameters();
          await world.l1.testClient.increaseTime({ seconds: queueDeadlineSeconds + 60 });
          await world.l1.testClient.mine({ blocks: 1 });
          const panel = await ui.form('gone');
          await panel.getByRole('button', { name: en.bridge.gone.freeze }).click();
          await until('the bridge is frozen', async () => (await (await world.rollup()).state()).isFrozen);
          saw(`nobody met the demand in ${queueDeadlineSeconds / 86_400} days: frozen by the page’s button`);
          await visit.page.reload();
          await ui.escape(index);
          await ui.step('escape', 'claimable');
          const [before, sent] = [await world.balance(account.address), wallet.sent.length];
          await ui.act('escape', 'claim');
          await ui.step('escape', 'claimed');
          const paid = await gasOf(world, wallet.sent.slice(sent));
          same('ETH on L1', await world.balance(account.address), before + parseEther('2.5') - paid);
          saw('escaped with a proof made in the browser; 2.5 ETH on L1 to the wei');
        },
        { url: server.url },
      );
    } finally {
      server.stop();
    }
  },
};

/** The page by `engram web serve`, which asks nobody but L1. */
async function servePage({ devnet }: World): Promise<{ readonly url: string; stop(): void }> {
  const args = ['web', 'serve', '--json', '--port', '0', '--l1', devnet.l1Url, '--rollup', devnet.rollup];
  args.push('--evm-lane', devnet.evmLane, '--start-block', String(devnet.deployedAt));
  const child = spawn(process.execPath, [ENGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = (): void => void child.kill();
  process.once('exit', stop);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', () => reject(new WebCheckError('NOT_DONE', `engram web serve: ${errors}`)));
  });
  return { url: (JSON.parse(line) as { url: string }).url, stop }; // our own program's
}
