import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';

export interface FirstLoad {
  /** Gzipped bytes of all scripts that the browser asked for. */
  readonly scriptBytes: number;
  readonly scripts: number;
  /** Until the first heading and button can be used. */
  readonly usableMs: number;
}

/** A browser that has never been here opens the page. */
export async function firstLoad(browser: Browser, url: string): Promise<FirstLoad> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const bodies: Promise<Buffer>[] = [];
    page.on('response', (response) => {
      const isScript = (response.headers()['content-type'] ?? '').includes('javascript');
      if (isScript) bodies.push(response.body());
    });
    const start = performance.now();
    await page.goto(url);
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await page.getByRole('button').last().isEnabled();
    const usableMs = performance.now() - start;
    await page.waitForLoadState('networkidle').catch(() => undefined);
    // what was sent may have been brotli: the budget is in gzip
    const sizes = (await Promise.all(bodies)).map((body) => gzipSync(body, { level: 9 }).length);
    return { scriptBytes: sizes.reduce((sum, size) => sum + size, 0), scripts: sizes.length, usableMs };
  } finally {
    await context.close();
  }
}
