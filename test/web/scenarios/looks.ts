import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { ARTIFACTS } from '../browser/visit.ts';
import { dataOf } from '../data.ts';
import { WebCheckError } from '../errors.ts';
import { violationsOn } from '../looks/axe.ts';
import { allPlaces, LOOKS, type Look, type LookedAt } from '../looks/places.ts';
import { marketOf } from '../market/market.ts';
import { BridgeUi } from '../pages/bridge.ts';
import type { Scenario } from '../scenario.ts';
import type { Person, World } from '../world.ts';

/** Every page, light, dark and as wide as a phone: a picture, nothing that overflows, nothing that axe objects to. */
export const looks: Scenario = {
  name: 'looks',
  about: 'every page in light, dark and phone width: pictures, accessibility',
  run: async (world, saw) => {
    const person = await world.person('withdrawer');
    const places = await placesOf(world, person);
    const found: string[] = [];
    let count = 0;
    for (const look of LOOKS) found.push(...(await seen(world, person, look, places, () => (count += 1))));
    saw(`${count} pages looked at; pictures in artifacts/web/`);
    if (found.length > 0)
      throw new WebCheckError('DIFFERS', `${found.length} violations: ${found.slice(0, 20).join(' | ')}`);
  },
};

async function placesOf(world: World, { account }: Person): Promise<readonly LookedAt[]> {
  const { rpc } = world.devnet;
  const data = await dataOf(world);
  const { heads } = await rpc.request('engram_chainInfo', []);
  const [exit] = (await rpc.request('engram_getExits', [account.address])).items;
  const [block] = (await rpc.request('engram_getBlocks', [{ limit: 1 }])).items;
  return allPlaces(data, await marketOf(world), {
    batch: heads.proven.batch,
    block: String(exit?.block ?? block?.number ?? 1),
    ledgerTx: exit?.transaction ?? `0x${'00'.repeat(32)}`,
    address: account.address,
  });
}

/** What is wrong with the places in one look. Takes their pictures. */
export async function seen(
  world: World,
  { wallet }: Pick<Person, 'wallet'>,
  look: Look,
  places: readonly LookedAt[],
  onSeen: () => void = () => undefined,
): Promise<string[]> {
  const { colorScheme, viewport, name } = look;
  await mkdir(ARTIFACTS, { recursive: true });
  const visit = await world.visit({ wallet, context: { colorScheme, viewport, bypassCSP: true } });
  const found: string[] = [];
  try {
    await new BridgeUi(visit.page).connect(wallet.name);
    for (const at of places) {
      await visit.goTo(`${world.url}${at.place}`);
      await settled(visit.page);
      await visit.page.screenshot({ path: path.join(ARTIFACTS, `${at.name}-${name}.png`), fullPage: true });
      const where = `${at.name} (${name})`;
      found.push(...(await violationsOn(visit.page)).map((text) => `${where}: ${text}`));
      const overflow = await visit.page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      if (Number(overflow) > 0) found.push(`${where}: ${overflow} px wider than the screen`);
      onSeen();
    }
    visit.check();
  } finally {
    await visit.close();
  }
  return found;
}

/** Nothing loads any more; what stays live, stays. */
async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle', { timeout: 3_000 }).catch(() => undefined);
  await page
    .locator('.spinner, [aria-busy="true"]')
    .first()
    .waitFor({ state: 'detached', timeout: 10_000 })
    .catch(() => undefined);
}
