import type { Locator, Page } from 'playwright-core';
import { formatEther } from 'viem';
import { percent } from '../../../bridge/web/src/market/numbers.ts';
import { en } from '../../../bridge/web/src/texts/en.ts';
import { same } from '../errors.ts';
import { textOf } from '../pages/bridge.ts';

const { market: words } = en;
const ONE = 0xffff;

/** As the page writes a share of 65535. */
export function shown(u16: number): string {
  return percent(u16 / ONE, 'en');
}

/** The market by what people read, for comparison with what the ledger's data come to. */
export class MarketUi {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** A row of the page's list of providers. */
  provider(owner: number): Locator {
    const table = this.#page.getByRole('table', { name: words.providers.caption });
    return table.getByRole('row').filter({ has: this.#page.locator(`a[href="#/market/providers/${owner}"]`) });
  }

  /** A row of a service's epochs. */
  epoch(service: number, epoch: number): Locator {
    const link = this.#page.locator(`a[href="#/market/services/${service}/${epoch}"]`);
    return this.#page.getByRole('row').filter({ has: link });
  }

  /** Who provided in the epoch that is shown. */
  earner(account: number): Locator {
    const link = this.#page.locator(`a[href="#/market/providers/${account}"]`);
    return this.#page.locator('li.earner').filter({ has: link });
  }

  judge(account: number): Locator {
    const table = this.#page.getByRole('table', { name: words.epoch.judgesCaption });
    return table.getByRole('row').filter({ has: this.#account(account) });
  }

  weightsOf(account: number): Locator {
    const table = this.#page.getByRole('table', { name: words.epoch.weightsCaption });
    return table.getByRole('row').filter({ has: this.#account(account) });
  }

  #account(index: number): Locator {
    return this.#page.locator(`a[href="#/explorer/account/${index}"]`);
  }
}

/** Every text stands in it. @throws WebCheckError DIFFERS */
export async function says(what: string, where: Locator, texts: readonly string[]): Promise<void> {
  await where.first().waitFor();
  same(`how often there is ${what}`, await where.count(), 1);
  const said = await textOf(where);
  for (const text of texts) same(`${what} says “${text}”: ${said}`, said.includes(text), true);
}

/** To the wei: amounts are short, and whole for who points at them. @throws WebCheckError DIFFERS */
export async function amounts(what: string, where: Locator, wei: readonly (string | bigint)[]): Promise<void> {
  const found = await where.locator('.amount').evaluateAll((all) => all.map((one) => one.getAttribute('title')));
  const expected = wei.map((amount) => `${formatEther(BigInt(amount))} ETH`);
  same(what, found, expected);
}
