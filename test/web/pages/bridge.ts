import type { Locator, Page } from 'playwright-core';
import { en } from '../../../bridge/web/src/texts/en.ts';
import type { StepName, TransferKind } from '../../../bridge/web/src/transfers/types.ts';
import { WebCheckError } from '../errors.ts';
import { until } from '../until.ts';

const { bridge: words } = en;

export interface DepositInput {
  /** As it is typed. */
  readonly amount: string;
  /** Symbol; default ETH. */
  readonly token?: string;
  /** Default: a new account of the ledger. */
  readonly to?: 'new' | 'lane' | number;
}

export interface WithdrawInput {
  readonly amount: string;
  readonly token?: string;
  readonly from?: 'lane' | number;
}

/** As it stands in the document, in one line. */
export async function textOf(locator: Locator): Promise<string> {
  return ((await locator.textContent()) ?? '').replace(/\s+/g, ' ').trim();
}

/** Of all there are at this moment: one that goes away meanwhile is not waited for. */
async function textsOf(locator: Locator): Promise<string[]> {
  return (await locator.allTextContents()).map((text) => text.replace(/\s+/g, ' ').trim());
}

/** The bridge as people use it: by what they read. */
export class BridgeUi {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** In a browser that does not know the wallet. */
  async connect(walletName: string): Promise<void> {
    const connect = this.#page.getByRole('banner').getByRole('button', { name: words.wallet.connect });
    await connect.click();
    await this.#page.getByRole('dialog').getByRole('button', { name: walletName }).click();
    await connect.waitFor({ state: 'detached' });
  }

  /** What is to be done, and where it is done. */
  async form(which: 'deposit' | 'withdraw' | 'gone'): Promise<Locator> {
    await this.#page.getByRole('tab', { name: words.form[which] }).click();
    return this.#page.getByRole('tabpanel');
  }

  async fillDeposit({ amount, token = 'ETH', to = 'new' }: DepositInput): Promise<Locator> {
    const form = await this.form('deposit');
    await this.#select(form, words.form.token, token);
    const target = to === 'new' ? words.form.newAccount : to === 'lane' ? words.form.lane : `account ${to}`;
    await this.#select(form, words.form.to, target);
    await form.getByLabel(words.form.amount).fill(amount);
    return form;
  }

  /** Ends when the page says that it is sent. */
  async deposit(input: DepositInput): Promise<void> {
    const form = await this.fillDeposit(input);
    await form.getByRole('button', { name: words.form.deposit }).click();
    await this.sent(form);
  }

  async fillWithdraw({ amount, token = 'ETH', from }: WithdrawInput): Promise<Locator> {
    const form = await this.form('withdraw');
    await this.#select(form, words.form.token, token);
    if (from !== undefined)
      await this.#select(form, words.form.from, from === 'lane' ? words.form.lane : `account ${from}`);
    await form.getByLabel(words.form.amount).fill(amount);
    return form;
  }

  async withdraw(input: WithdrawInput): Promise<void> {
    const form = await this.fillWithdraw(input);
    await form.getByRole('button', { name: words.form.withdraw, exact: true }).click();
    await this.sent(form);
  }

  /** @throws WebCheckError NOT_DONE: the page says that something went wrong */
  async sent(form: Locator): Promise<void> {
    const start = words.form.sentNow.split('{')[0] ?? '';
    await until('the page says that it is sent', async () => {
      const alert = await this.trouble(form);
      if (alert !== undefined) throw new WebCheckError('NOT_DONE', alert);
      const said = await textsOf(form.getByRole('status'));
      return said.some((text) => text.includes(start));
    });
  }

  /** What the page says went wrong; undefined: nothing. */
  async trouble(within: Locator | Page = this.#page): Promise<string | undefined> {
    const alerts = await textsOf(within.getByRole('alert'));
    return alerts.find((text) => text !== '');
  }

  /** What stands at a field or in an alert. */
  complaint(form: Locator): Promise<string> {
    return until('the page complains', async () => {
      const invalid = form.locator('[aria-invalid="true"]');
      if ((await invalid.count()) > 0) {
        const id = await invalid.first().getAttribute('aria-describedby');
        const said = await Promise.all(
          (id ?? '')
            .split(' ')
            .filter((one) => one !== '')
            .map((one) => textOf(form.locator(`[id="${one}"]`))),
        );
        if (said.join('') !== '') return said.join(' ');
      }
      return this.trouble(form);
    });
  }

  /** Ends when it is sent. */
  async forceExit(account: number): Promise<void> {
    await this.#leave(account, words.gone.force, 'forcedExit');
  }

  /** Ends when it is sent, with its proof. */
  async escape(account: number): Promise<void> {
    await this.#leave(account, words.gone.escape, 'escape');
  }

  async #leave(account: number, name: string, kind: TransferKind): Promise<void> {
    const panel = await this.form('gone');
    const own = panel.getByTestId(`account-${account}`);
    await own.getByRole('button', { name, exact: true }).click();
    await until(`${kind} is in the list`, async () => {
      const said = await this.trouble(own);
      if (said !== undefined) throw new WebCheckError('NOT_DONE', said);
      return (await this.rows(kind).count()) > 0;
    });
  }

  /** Until the page says what went wrong. */
  told(within: Locator | Page = this.#page): Promise<string> {
    return until('the page says what went wrong', () => this.trouble(within));
  }

  /** Rows of a kind, newest first. */
  rows(kind: TransferKind | 'intent'): Locator {
    return this.#page.locator(`[data-testid^="transfer-${kind}:"]`);
  }

  /** All of them, by id. */
  async ids(): Promise<string[]> {
    const rows = await this.#page.locator('[data-testid^="transfer-"]').all();
    const ids = await Promise.all(rows.map((row) => row.getAttribute('data-testid')));
    return ids.map((id) => (id ?? '').replace(/^transfer-/, '')).sort();
  }

  /** Until a step of the newest transfer of the kind is in the state. */
  async step(kind: TransferKind, name: StepName, state: 'done' | 'now' = 'done'): Promise<Locator> {
    const row = this.rows(kind).first();
    await until(`${kind} is ${name}: ${state}`, async () => {
      const step = row.locator(`[data-step="${name}"]`);
      const found = await step.getAttribute('data-state', { timeout: 2_000 });
      if (found === 'failed') throw new WebCheckError('NOT_DONE', await textOf(row));
      return found === state || (state === 'now' && found === 'done');
    });
    return row;
  }

  /** By what stands on it, in the newest row of the kind. */
  async act(kind: TransferKind, name: 'claim' | 'refund' | 'freeze'): Promise<void> {
    await this.rows(kind).first().getByRole('button', { name: words.list[name] }).click();
  }

  async #select(form: Locator, label: string, option: string): Promise<void> {
    const field = form.getByLabel(label, { exact: true });
    const value = await until(`${label} offers ${option}`, async () => {
      for (const each of await field.locator('option').all()) {
        if ((await textOf(each)).includes(option)) return (await each.getAttribute('value')) ?? undefined;
      }
      return undefined;
    });
    await field.selectOption(value);
  }
}
