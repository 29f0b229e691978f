import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buildPage } from '../../bridge/web/build/buildPage.ts';
import { MANIFEST, type PageManifest, readManifest, sha256 } from '../../bridge/web/build/manifest.ts';
import type { Artifacts } from '../../circuits/build/artifacts.ts';
import type { WebConfig } from '../../sdk/webConfig.ts';
import { CIRCUIT_FILES, type CircuitFile, CircuitFiles, circuitType } from './circuitFiles.ts';
import { WebError } from './errors.ts';
import { PageFiles } from './pageFiles.ts';
import type { PageSource } from './pageSource.ts';
import { metaPolicy } from './securityHeaders.ts';
import { CONFIG_FILE, readWebConfig } from './webConfigFile.ts';

const CIRCUITS = 'circuits/account-proof';

export interface StaticPageOptions {
  readonly outDir: string;
  /** Without `accountProof`: it is added where the circuit is on this machine. */
  readonly config: WebConfig;
  readonly cacheDir?: string | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface StaticPage {
  readonly dir: string;
  readonly hash: string;
  readonly config: WebConfig;
  /** Bytes of all files as they are written, compressed copies included. */
  readonly bytes: number;
}

/**
 * The page as files for any web server, with its configuration and, where they are here, the circuit's files for escapes. The folder
 * is replaced as a whole; one that holds anything but an earlier page is refused.
 * @throws WebError WEB_OUT_NOT_EMPTY, WebBuildError, CircuitError ABORTED
 */
export async function writeStaticPage(options: StaticPageOptions): Promise<StaticPage> {
  const { cacheDir, onProgress, signal } = options;
  const outDir = path.resolve(options.outDir);
  await refuseOthers(outDir);
  const built = await buildPage({ cacheDir, onProgress, signal });
  const tmp = `${outDir}.tmp-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await cp(built.dir, tmp, { recursive: true });
    const circuits = new CircuitFiles({ cacheDir });
    const [artifacts, urls] = [await circuits.artifacts(), await circuits.urls()];
    const config: WebConfig = { ...options.config, ...(urls !== undefined && { accountProof: urls }) };
    if (artifacts === undefined) onProgress?.('the circuit of escapes is not here: they are left to engram escape');
    else await copyCircuit(artifacts, tmp);
    await restrict(tmp, config);
    await writeFile(path.join(tmp, CONFIG_FILE), `${JSON.stringify(config, null, 1)}\n`);
    await replace(outDir, tmp);
    return { dir: outDir, hash: built.hash, config, bytes: await bytesIn(outDir) };
  } finally {
    await rm(tmp, { recursive: true, force: true });
  }
}

/** Pages that were written by `writeStaticPage`. @throws WebBuildError WEB_PAGE_INVALID, WebError WEB_CONFIG_INVALID */
export async function readStaticPage(dir: string): Promise<PageSource> {
  const [files, config] = [await PageFiles.read(dir), await readWebConfig(dir)];
  return {
    files: async () => files,
    config: async () => config,
    circuit: async (hash, name): Promise<CircuitFile | undefined> => {
      // both are names from lists, never a request's text
      const isKnown = config.accountProof?.vkey === `./${CIRCUITS}/${hash}/vkey.json`;
      const known = CIRCUIT_FILES.find((file) => file === name);
      if (!isKnown || known === undefined) return undefined;
      const full = path.join(dir, CIRCUITS, hash, known);
      const size = (await stat(full).catch(() => undefined))?.size;
      return size === undefined ? undefined : { type: circuitType(known), size, open: () => createReadStream(full) };
    },
  };
}

async function copyCircuit(artifacts: Artifacts, dir: string): Promise<void> {
  const into = path.join(dir, CIRCUITS, artifacts.hash);
  await mkdir(into, { recursive: true });
  for (const [name, from] of [
    ['circuit.wasm', artifacts.wasm],
    ['circuit.zkey', artifacts.zkey],
    ['vkey.json', artifacts.vkey],
  ] as const) {
    await cp(from, path.join(into, name));
  }
}

/** Whoever serves these files may send no headers: the policy goes into the page. Compressed copies of it are of the page without. */
async function restrict(dir: string, config: WebConfig): Promise<void> {
  const file = path.join(dir, 'index.html');
  const html = await readFile(file, 'utf8');
  const meta = `<meta http-equiv="Content-Security-Policy" content="${metaPolicy(config)}" />\n    <meta name="referrer" content="no-referrer" />`;
  const restricted = html.replace(/(<meta charset="utf-8" ?\/?>)/i, `$1\n    ${meta}`);
  if (restricted === html) throw new WebError('WEB_CONFIG_INVALID', 'index.html has no place for the policy', { dir });
  await writeFile(file, restricted);
  for (const suffix of ['br', 'gz']) await rm(`${file}.${suffix}`, { force: true });
  const manifest = await readManifest(dir);
  const files = manifest.files.map((entry) =>
    entry.path === 'index.html'
      ? { ...entry, size: Buffer.byteLength(restricted), sha256: sha256(Buffer.from(restricted)), encodings: [] }
      : entry,
  );
  await writeFile(
    path.join(dir, MANIFEST),
    `${JSON.stringify({ ...manifest, files } satisfies PageManifest, null, 1)}\n`,
  );
}

/** @throws WebError WEB_OUT_NOT_EMPTY */
async function refuseOthers(dir: string): Promise<void> {
  const found = await readdir(dir).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw new WebError('WEB_OUT_NOT_EMPTY', `${dir} is not a folder`, { dir }, { cause: error });
  });
  if (found.length === 0) return;
  const manifest = await readManifest(dir).catch(() => undefined);
  const own = new Set([MANIFEST, 'config.json', 'circuits']);
  for (const { path: name } of manifest?.files ?? []) {
    const [top = ''] = name.split('/');
    for (const suffix of ['', '.br', '.gz']) own.add(`${top}${suffix}`);
  }
  if (manifest !== undefined && found.every((name) => own.has(name))) return;
  throw new WebError('WEB_OUT_NOT_EMPTY', `${dir} holds something that is no page: name another folder`, { dir });
}

async function replace(dir: string, by: string): Promise<void> {
  const aside = `${by}.old`;
  await mkdir(path.dirname(dir), { recursive: true });
  await rename(dir, aside).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(by, dir);
  await rm(aside, { recursive: true, force: true });
}

async function bytesIn(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => (await stat(path.join(entry.parentPath, entry.name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
