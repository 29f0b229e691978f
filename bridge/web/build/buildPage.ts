import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { isAlive, withFileLock } from '../../../circuits/build/fileLock.ts';
import { defaultCacheDir, PACKAGE_ROOT } from '../../../circuits/build/paths.ts';
import { WebBuildError } from './errors.ts';
import { MANIFEST, type PageFileEntry, type PageManifest, readManifest, sha256, typeOf } from './manifest.ts';
import { sourceHash } from './sources.ts';

export interface BuildPageOptions {
  /** The files are copied there, too; the folder must be empty or not there. */
  readonly outDir?: string;
  /** What it is doing, for people. */
  readonly onProgress?: ((text: string) => void) | undefined;
  /** Default `$ENGRAM_CACHE`, else `~/.cache/engram`. */
  readonly cacheDir?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface BuiltPage {
  /** Where the files and their manifest are. */
  readonly dir: string;
  readonly files: readonly PageFileEntry[];
  /** Of the sources. */
  readonly hash: string;
}

const CHILD = fileURLToPath(new URL('./viteChild.mjs', import.meta.url));
const BUILD_MS = 180_000;
const NICENESS = 3;
/** Below, a compressed copy saves nothing. */
const SMALL_BYTES = 512;
const COMPRESSIBLE = /^(text\/|image\/svg|application\/(json|manifest|wasm))/;
/** Other pages of the cache that are kept, newest first: another checkout may be using them. */
const KEPT = 3;
/** Others may read what is built. */
const OWN_MODE = 0o755;

/**
 * The build runs a lot of others' code. It sees nothing of where the node was started, whose `tsconfig.json` would tell it what to load,
 * nor of the node's environment: keys are in it, and variables that would change what is built.
 */
const SURROUNDINGS = {
  cwd: PACKAGE_ROOT,
  env: Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'USERPROFILE'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  ),
} as const;

/** Whether the page can be built here at all. */
export function hasPageSources(): boolean {
  return existsSync(path.join(PACKAGE_ROOT, 'bridge/web/index.html'));
}

/**
 * The page as static files with compressed copies, built unless the cache has it for the very same sources. Vite runs in a child
 * process. Safe to call from several processes at once: one works, the others wait; nothing half-made carries the final name.
 * @throws WebBuildError WEB_SOURCES_MISSING, WEB_BUILD_FAILED, WEB_PAGE_INVALID: the cache is another user's; CircuitError ABORTED
 */
export async function buildPage(options: BuildPageOptions = {}): Promise<BuiltPage> {
  const hash = await sourceHash();
  const root = path.join(path.resolve(options.cacheDir ?? defaultCacheDir()), 'web');
  const dir = path.join(root, hash);
  await mkdir(root, { recursive: true, mode: OWN_MODE });
  await refuseOthers(root);
  await refuseOthers(dir);
  if (!(await isBuilt(dir))) {
    await withFileLock(
      `${dir}.lock`,
      async () => {
        if (!(await isBuilt(dir))) await build(dir, hash, options);
      },
      { signal: options.signal, onWait: () => options.onProgress?.('another process builds the page') },
    );
    await removeOld(root, hash);
  }
  const { files } = await readManifest(dir);
  if (options.outDir === undefined) return { dir, files, hash };
  await cp(dir, options.outDir, { recursive: true });
  return { dir: options.outDir, files, hash };
}

async function build(dir: string, hash: string, { onProgress, signal }: BuildPageOptions): Promise<void> {
  await removeLeftovers(dir);
  const tmp = `${dir}.tmp-${process.pid}-${randomBytes(4).toString('hex')}`;
  await mkdir(tmp, { recursive: true });
  try {
    onProgress?.('building the page');
    await runVite(path.join(tmp, 'page'), path.join(tmp, 'vite'), signal);
    onProgress?.('compressing it');
    const manifest = await compressAll(path.join(tmp, 'page'), hash);
    await writeFile(path.join(tmp, 'page', MANIFEST), `${JSON.stringify(manifest, null, 1)}\n`);
    await chmod(path.join(tmp, 'page'), OWN_MODE);
    await rename(path.join(tmp, 'page'), dir).catch(async (error: unknown) => {
      // Somebody else was as fast: theirs is as good.
      if (!(await isBuilt(dir))) throw error;
    });
  } finally {
    await rm(tmp, { recursive: true, force: true });
  }
}

function runVite(outDir: string, cacheDir: string, signal: AbortSignal | undefined): Promise<void> {
  const child = fork(CHILD, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [], ...SURROUNDINGS });
  if (child.pid !== undefined) giveWay(child.pid);
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = `${errors}${text}`.slice(-4_000);
  });
  const kill = (): void => void child.kill('SIGKILL');
  const timer = setTimeout(kill, BUILD_MS);
  signal?.addEventListener('abort', kill, { once: true });
  return new Promise<void>((resolve, reject) => {
    const refuse = (message: string, cause?: unknown) =>
      reject(new WebBuildError('WEB_BUILD_FAILED', message, { root: PACKAGE_ROOT }, { cause }));
    child.on('message', (said: { type: 'done' } | { type: 'error'; message: string }) => {
      if (said.type === 'done') resolve();
      else refuse(said.message);
    });
    child.once('error', (cause) => refuse('the build cannot be started', cause));
    child.once('exit', () => refuse(errors.trim() || 'the build ended without an answer'));
    child.send({ outDir, cacheDir });
  }).finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
    kill();
  });
}

/** The sequencer goes first. */
function giveWay(pid: number): void {
  try {
    setPriority(pid, NICENESS);
  } catch {
    // not allowed everywhere, and only a kindness
  }
}

async function compressAll(dir: string, hash: string): Promise<PageManifest> {
  const names = await filesIn(dir, '');
  const files = await Promise.all(names.sort().map((name) => compress(dir, name)));
  return { version: 1, hash, files };
}

async function compress(dir: string, name: string): Promise<PageFileEntry> {
  const full = path.join(dir, name);
  const bytes = await readFile(full);
  const type = typeOf(name);
  const encodings: ('br' | 'gz')[] = [];
  if (bytes.length >= SMALL_BYTES && COMPRESSIBLE.test(type)) {
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    await writeFile(`${full}.br`, await promisify(brotliCompress)(bytes, { params }));
    await writeFile(`${full}.gz`, await promisify(gzip)(bytes, { level: 9 }));
    encodings.push('br', 'gz');
  }
  const isImmutable = /^assets\/.+-[A-Za-z0-9_-]{8}\.[a-z0-9]+$/.test(name);
  return { path: name, type, size: bytes.length, sha256: sha256(bytes), isImmutable, encodings };
}

async function filesIn(dir: string, prefix: string): Promise<string[]> {
  const entries = await readdir(path.join(dir, prefix), { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
      return entry.isDirectory() ? filesIn(dir, name) : [name];
    }),
  );
  return found.flat();
}

/**
 * What is in the cache is served as the page, and a manifest vouches for nothing but itself: whoever can write there is trusted with all that
 * the page's users sign. @throws WebBuildError WEB_PAGE_INVALID
 */
async function refuseOthers(dir: string): Promise<void> {
  const own = process.getuid?.();
  const found = await stat(dir).catch(() => undefined);
  if (own === undefined || found === undefined) return;
  const isOwn = (found.uid === own || found.uid === 0) && (found.mode & 0o002) === 0;
  if (!isOwn) throw new WebBuildError('WEB_PAGE_INVALID', `${dir} can be written by another user`, { dir });
}

async function isBuilt(dir: string): Promise<boolean> {
  return readManifest(dir).then(
    () => true,
    () => false,
  );
}

/** Temporary folders of processes that were killed. */
async function removeLeftovers(dir: string): Promise<void> {
  const parent = path.dirname(dir);
  for (const entry of await readdir(parent).catch(() => [])) {
    const pid = /\.tmp-(\d+)-[0-9a-f]+$/.exec(entry)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      await rm(path.join(parent, entry), { recursive: true, force: true });
  }
}

/** Pages of sources that are gone: every edit of a file makes another one. */
async function removeOld(root: string, current: string): Promise<void> {
  const names = (await readdir(root)).filter((name) => /^[0-9a-f]{32}$/.test(name) && name !== current);
  const dated = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(path.join(root, name)).catch(() => undefined))?.mtimeMs ?? 0 })),
  );
  dated.sort((x, y) => y.at - x.at);
  for (const { name } of dated.slice(KEPT)) await rm(path.join(root, name), { recursive: true, force: true });
}
