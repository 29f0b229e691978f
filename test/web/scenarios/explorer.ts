import type { Page } from 'playwright-core';
import { en } from '../../../bridge/web/src/texts/en.ts';
import { dataOf } from '../data.ts';
import { same, WebCheckError } from '../errors.ts';
import { onBridge } from '../on.ts';
import { textOf } from '../pages/bridge.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../until.ts';

export const explorer: Scenario = {
  name: 'explorer',
  about: 'blocks, batches, transactions, accounts, search: what the page says is what the node and L1 say',
  run: async (world, saw) => {
    const { model, channel } = await dataOf(world);
    const { rpc } = world.devnet;
    const person = await world.person('withdrawer');
    const visit = await world.visit({ wallet: person.wallet });
    const { page } = visit;
    const open = async (place: string): Promise<void> => visit.goTo(`${world.url}#/explorer${place}`);
    try {
      await open('');
      const { heads } = await rpc.request('engram_chainInfo', []);
      await page
        .getByRole('link', { name: `Batch ${heads.proven.batch}`, exact: true })
        .first()
        .waitFor();

      const batch = await rpc.request('engram_getBatchFacts', [heads.proven.batch]);
      await open(`/batch/${heads.proven.batch}`);
      const numbers = [batch?.constraints, batch?.commit?.gasUsed, batch?.prove?.gasUsed].filter(
        (n) => n !== undefined,
      );
      for (const number of numbers) await shows(page, Number(number).toLocaleString('en-GB'));
      saw(`batch ${heads.proven.batch}: constraints and gas as the node says (${numbers.join(', ')})`);

      const [exit] = (await rpc.request('engram_getExits', [person.account.address])).items;
      if (exit?.transaction !== undefined) {
        await open(`/tx/${exit.transaction}`);
        await shows(page, '0.75');
        await open(`/block/${exit.block}`);
        await page
          .getByRole('link', { name: exit.transaction.slice(0, 6) })
          .first()
          .waitFor();
        await open(`/account/${exit.account}`);
        await shows(page, '1.25');
        saw(`the EXIT ${exit.transaction.slice(0, 10)}… with its block and its account`);
      }
      await open(`/account/${channel}`);
      await shows(page, 'annel');
      await open(`/account/${model}`);
      await shows(page, String(model));
      await open(`/address/${person.account.address}`);
      await shows(page, '0.75');

      const searched = [
        String(heads.proven.batch),
        `batch ${heads.proven.batch}`,
        exit?.transaction ?? '',
        person.account.address,
        String(channel),
      ].filter((text) => text !== '');
      for (const text of searched)
        same(`something is found by ${text}`, (await find(page, text)).includes(en.common.notFound), false);
      for (const text of ['nothing of the kind', '0x12', '<img src=x onerror=alert(1)>', `0x${'ab'.repeat(32)}`]) {
        const said = await find(page, text);
        if (said.length < 5) throw new WebCheckError('DIFFERS', `nothing is said of “${text}”`);
      }
      saw(`found by ${searched.length} kinds of text; what is nothing is said to be nothing`);

      await open('/blocks');
      const newest = () => page.getByRole('table').first().getByRole('link').first();
      const before = Number((await textOf(newest())).replace(/\D/g, ''));
      await onBridge(world, await world.person('hasty'), ({ ui }) => ui.deposit({ amount: '0.01', to: 'lane' }));
      await until(
        'a newer block is shown by itself',
        async () => Number((await textOf(newest())).replace(/\D/g, '')) > before,
      );
      saw('a new block came into the list by itself');
      visit.check();
    } catch (error) {
      throw await visit.asSeen(error);
    } finally {
      await visit.close();
    }
  },
};

/** Until the text stands on the page. */
export async function shows(page: Page, text: string): Promise<void> {
  await until(`the page shows ${text}`, async () => (await textOf(page.getByRole('main'))).includes(text), 60_000);
}

/** What the page says of the text. */
async function find(page: Page, text: string): Promise<string> {
  const box = page.getByLabel(en.explorer.search.label, { exact: true });
  await box.fill(text);
  await box.press('Enter');
  await page.waitForLoadState('networkidle', { timeout: 5_000 }).catch(() => undefined);
  return until('the page says what it found', async () => {
    const said = await textOf(page.getByRole('main'));
    return said !== '' && !said.includes(en.common.loading) ? said : undefined;
  });
}
