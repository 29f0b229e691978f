import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { WebCheckError } from '../errors.ts';
import type { TestWallet } from '../wallet/testWallet.ts';

/** Git ignores it. */
export const ARTIFACTS = fileURLToPath(new URL('../../../artifacts/web/', import.meta.url));

export interface VisitOptions {
  readonly wallet?: TestWallet;
  readonly context?: BrowserContextOptions;
}

/** A browser with nothing kept from before, on one page, watched for everything that must not happen. */
export class Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly #faults: string[];
  readonly #expected: RegExp[] = [];

  private constructor(page: Page, context: BrowserContext, faults: string[]) {
    this.page = page;
    this.context = context;
    this.#faults = faults;
  }

  static async open(
    browser: Browser,
    url: string,
    { wallet, context: options = {} }: VisitOptions = {},
  ): Promise<Visit> {
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1_200, height: 900 }, ...options });
    // a machine that has much to do is no failure of the page
    context.setDefaultTimeout(120_000);
    const faults: string[] = [];
    await context.exposeFunction('__testViolation', (text: string) => void faults.push(`policy: ${text}`));
    await wallet?.installIn(context);
    const page = await context.newPage();
    watch(page, faults);
    const visit = new Visit(page, context, faults);
    await visit.goTo(url);
    return visit;
  }

  async goTo(url: string): Promise<void> {
    const answer = await this.page.goto(url);
    // a change of the fragment alone has no answer
    if (answer !== null && !answer.ok() && answer.status() !== 304) {
      throw new WebCheckError('NOT_DONE', `${url} answers ${answer.status()}: ${(await answer.text()).slice(0, 200)}`);
    }
    await this.page.getByRole('heading', { level: 1 }).first().waitFor();
  }

  /** What this scenario brings about itself, such as requests to a node that is off. */
  expect(fault: RegExp): void {
    this.#expected.push(fault);
  }

  /** @throws WebCheckError BROKEN_PAGE */
  check(): void {
    const faults = this.#faults.filter((fault) => !this.#expected.some((expected) => expected.test(fault)));
    if (faults.length > 0) throw new WebCheckError('BROKEN_PAGE', [...new Set(faults)].slice(0, 10).join('; '));
  }

  /** The failure with what the page showed and did wrong meanwhile, for whoever looks for the cause; a picture is in artifacts/web. */
  async asSeen(error: unknown): Promise<unknown> {
    const picture = path.join(ARTIFACTS, `failed-${this.#faults.length}-${Date.now()}.png`);
    await mkdir(ARTIFACTS, { recursive: true });
    await this.page.screenshot({ path: picture, timeout: 5_000 }).catch(() => undefined);
    const shown = await this.page
      .locator('body')
      .ariaSnapshot({ timeout: 5_000 })
      .catch(() => 'nothing');
    const message = error instanceof Error ? error.message : String(error);
    const seen = `${message}\nfaults: ${this.#faults.slice(0, 5).join('; ') || 'none'}\npicture: ${picture}\n${shown}`;
    return new WebCheckError(error instanceof WebCheckError ? error.code : 'NOT_REACHED', seen, { cause: error });
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}

/** Errors of scripts, what the console calls an error, and what the policy forbade. */
function watch(page: Page, faults: string[]): void {
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || /Content Security Policy|Permissions-Policy/.test(message.text())) {
      faults.push(`console: ${message.text()}`);
    }
  });
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
}
