import { encodeDeployData } from 'viem';
import { artifact, buildTestContracts } from '../../../bridge/build.ts';
import { deployCode } from '../../../bridge/deploy/deploy.ts';
import { devAccount } from '../../../node/devnet/accounts.ts';
import { WebCheckError } from '../errors.ts';
import { onBridge } from '../on.ts';
import { textOf } from '../pages/bridge.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../until.ts';

const HOSTILE: readonly (readonly [name: string, symbol: string])[] = [
  ['<img src=x onerror=alert(1)>', '<script>alert(2)</script>'],
  ['Ether', 'ETH'],
  ['\u202Elacrever\u202C', 'T\u200BEST\u0000\n'],
  ['z'.repeat(5_000), 'Z'.repeat(5_000)],
];

export const hostileTokens: Scenario = {
  name: 'hostileTokens',
  about: 'tokens whose names are markup, other tokens’ names, or endless',
  run: async (world, saw) => {
    const { abi, bytecode } = artifact(await buildTestContracts(), 'PlainToken');
    const { publicClient, walletClient } = world.l1;
    const deps = { publicClient, wallet: walletClient(devAccount('deployer').l1) };
    const rollup = await world.rollup();
    for (const args of HOSTILE) {
      const { address } = await deployCode(encodeDeployData({ abi, bytecode, args: [...args] }), 0n, deps);
      await rollup.registerToken(address);
    }
    const known = world.devnet.tokens.length + HOSTILE.length;
    const person = await world.person('careful');
    await onBridge(world, person, async ({ ui, visit }) => {
      const form = await ui.form('deposit');
      const options = await until('all tokens are offered', async () => {
        const found = await Promise.all(
          (await form.getByLabel('Token', { exact: true }).locator('option').all()).map(textOf),
        );
        return found.length >= known ? found : undefined;
      });
      if (new Set(options).size !== options.length)
        throw new WebCheckError('DIFFERS', `two tokens look alike: ${options.join(' | ')}`);
      const long = options.find((text) => text.length > 120);
      if (long !== undefined) throw new WebCheckError('DIFFERS', `a name of ${long.length} characters is shown`);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
      const unseen = options.find((text) => /[\u0000-\u001f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/.test(text));
      if (unseen !== undefined)
        throw new WebCheckError('DIFFERS', `a name with characters that nobody sees: ${JSON.stringify(unseen)}`);
      const width = await visit.page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      if (Number(width) > 0) throw new WebCheckError('DIFFERS', 'a name makes the page wider than the screen');
      saw(`offered: ${options.map((text) => text.slice(0, 60)).join(' | ')}`);
    });
  },
};
