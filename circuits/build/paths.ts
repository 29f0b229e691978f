import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/** The folder that holds `circuits/`, `protocol/` and so on. */
export const PACKAGE_ROOT: string = fileURLToPath(new URL('../../', import.meta.url));

/** The folder that holds `circomlib` (a package may be hoisted above this one). */
export function nodeModulesDir(): string {
  return path.dirname(path.dirname(require.resolve('circomlib/package.json')));
}

/** Version of an installed package. */
export function packageVersion(name: string): string {
  const manifest = require(`${name}/package.json`) as { version: string };
  return manifest.version;
}

/** Absolute path of a file inside an installed package. */
export function packageFile(request: string): string {
  return require.resolve(request);
}

/** Where compiled circuits and dev keys are kept between runs. */
export function defaultCacheDir(): string {
  return process.env.ENGRAM_CACHE || path.join(os.homedir(), '.cache', 'engram');
}
