import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { PACKAGE_ROOT } from '../../../circuits/build/paths.ts';
import { WebBuildError } from './errors.ts';

/** Raised when the same sources are built to other files. */
const BUILD_VERSION = 1;

/** What the page may import (ARCHITECTURE.md): a change anywhere in it makes another page. */
const FOLDERS = ['bridge/web', 'bridge/client', 'sdk', 'protocol', 'genesis', 'agents', 'circuits', 'prover'];
const SOURCE = /\.(tsx?|css|html|svg|png|json|mjs|js|webmanifest|txt)$/;
/** Built by, not into; and what only tests read. */
const LEFT_OUT = /^bridge\/web\/(build|dist)$|(^|\/)(testing|node_modules|contracts|keys)$/;
const TEST = /\.test\.tsx?$/;

/**
 * Hash of everything that decides what the page is: its sources, what it may import, the packages' versions.
 * @throws WebBuildError WEB_SOURCES_MISSING
 */
export async function sourceHash(root: string = PACKAGE_ROOT): Promise<string> {
  const hash = createHash('sha256');
  const add = (part: string | Buffer): void => void hash.update(`${Buffer.byteLength(part)}:`).update(part);
  add(`page ${BUILD_VERSION}`);
  add(await packages(root));
  const files = (await Promise.all(FOLDERS.map((folder) => sourcesIn(root, folder)))).flat().sort();
  if (!files.includes('bridge/web/index.html')) {
    throw new WebBuildError('WEB_SOURCES_MISSING', `${path.join(root, 'bridge/web')} has no sources of the page`, {
      root,
    });
  }
  const contents = await Promise.all(files.map((file) => readFile(path.join(root, file))));
  for (const [i, file] of files.entries()) {
    add(file);
    add(contents[i] ?? '');
  }
  return hash.digest('hex').slice(0, 32);
}

/** The lock file; an installation without it has at least the pinned versions of the packages asked for. */
async function packages(root: string): Promise<string> {
  const read = (name: string) => readFile(path.join(root, name), 'utf8').catch(() => undefined);
  return (await read('package-lock.json')) ?? (await read('package.json')) ?? '';
}

/** Relative to the root, with slashes. */
async function sourcesIn(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(path.join(root, folder), { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries.map(async (entry) => {
      const name = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return LEFT_OUT.test(name) ? [] : sourcesIn(root, name);
      return SOURCE.test(name) && !TEST.test(name) ? [name] : [];
    }),
  );
  return found.flat();
}
