import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { WebCheckError } from '../errors.ts';

/** Nothing of the browser's own talks to the network. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-default-apps',
];

/** $ENGRAM_CHROMIUM, Debian's, or one in PATH; undefined: there is none. */
export function findChromium(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  const { ENGRAM_CHROMIUM: own, PATH = '' } = env;
  const named = ['chromium', 'chromium-browser'].flatMap((name) =>
    PATH.split(path.delimiter)
      .filter((dir) => dir !== '')
      .map((dir) => path.join(dir, name)),
  );
  return (own !== undefined ? [own] : ['/usr/bin/chromium', ...named]).find(canRun);
}

/** @throws WebCheckError NO_BROWSER */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new WebCheckError(
      'NO_BROWSER',
      'Chromium is needed: apt-get install --no-install-recommends chromium (or ENGRAM_CHROMIUM=/path/to/chromium)',
    );
  }
  // Playwright makes a folder of its own for the profile, and removes it
  return chromium.launch({ executablePath, args: QUIET, headless: true });
}

function canRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
