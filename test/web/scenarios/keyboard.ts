import type { Page } from 'playwright-core';
import { en } from '../../../bridge/web/src/texts/en.ts';
import { same, WebCheckError } from '../errors.ts';
import { BridgeUi } from '../pages/bridge.ts';
import type { Scenario } from '../scenario.ts';

const MOST_TABS = 60;

export const keyboard: Scenario = {
  name: 'keyboard',
  about: 'a deposit with the keyboard alone',
  run: async (world, saw) => {
    const { wallet } = await world.person('typist');
    const visit = await world.visit({ wallet });
    try {
      const { page } = visit;
      const { form, wallet: words } = en.bridge;
      await page.keyboard.press('Tab');
      same('first stop', await focused(page), en.common.skip);
      await tabTo(page, words.connect);
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      same('focus after the dialog', await focused(page), words.connect);
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      await tabTo(page, wallet.name);
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      let tabs = await tabTo(page, form.token);
      tabs += await tabTo(page, form.to);
      tabs += await tabTo(page, form.amount);
      await page.keyboard.type('0.5');
      tabs += await tabTo(page, form.deposit);
      await page.keyboard.press('Enter');
      const ui = new BridgeUi(page);
      await ui.sent(page.getByRole('tabpanel'));
      await ui.step('deposit', 'onL1');
      saw(`wallet, token, amount and deposit in ${tabs} tabs; the dialog gives the focus back`);
      visit.check();
    } finally {
      await visit.close();
    }
  },
};

/** Presses Tab until the element with this name has the focus. */
async function tabTo(page: Page, name: string): Promise<number> {
  for (let tabs = 0; tabs <= MOST_TABS; tabs += 1) {
    const found = await focused(page);
    if (found === name || found.startsWith(`${name} `)) {
      if (!(await isFocusSeen(page))) throw new WebCheckError('DIFFERS', `the focus on “${name}” cannot be seen`);
      return tabs;
    }
    await page.keyboard.press('Tab');
  }
  throw new WebCheckError('NOT_REACHED', `“${name}” by the Tab key`);
}

/** Name of what has the focus, as a screen reader would say it. */
async function focused(page: Page): Promise<string> {
  const name = await page.evaluate(`(() => {
    const at = document.activeElement;
    if (at === null || at === document.body) return '';
    const label = at.labels?.[0]?.textContent ?? at.getAttribute('aria-label') ?? at.textContent;
    return label.replace(/\\s+/g, ' ').trim();
  })()`);
  return String(name);
}

async function isFocusSeen(page: Page): Promise<boolean> {
  const seen = await page.evaluate(`(() => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
    return (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
  })()`);
  return seen === true;
}
