import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DEV_KEY_VERSION, generateDevKeys } from '../keys/devKeys.ts';
import { readVerifyingKey } from '../keys/vkey.ts';
import { type CircuitName, mainSource } from './circuits.ts';
import { CIRCOM_FLAGS, compileCircom, reachableSources } from './compile.ts';
import { CircuitError, throwIfAborted } from './errors.ts';
import { isAlive, withFileLock } from './fileLock.ts';
import { defaultCacheDir, PACKAGE_ROOT, packageVersion } from './paths.ts';
import type { Progress } from './progress.ts';

export type { CircuitName } from './circuits.ts';

export interface Artifacts {
  readonly name: CircuitName;
  /** Of sources, compiler, shape and key: two equal hashes mean interchangeable artifacts. */
  readonly hash: string;
  readonly r1cs: string;
  /** The witness generator. */
  readonly wasm: string;
  readonly zkey: string;
  /** snarkjs's JSON. */
  readonly vkey: string;
  readonly constraints: number;
  readonly keys: 'dev' | 'ceremony';
}

export interface ArtifactOptions {
  readonly onProgress?: ((p: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Default `$ENGRAM_CACHE`, else `~/.cache/engram`. */
  readonly cacheDir?: string | undefined;
  /** Folder with keys of a ceremony (`<name>.zkey`, as `engram keys ceremony export` writes it). Default `$ENGRAM_KEYS`, else none: dev keys. */
  readonly keysDir?: string | undefined;
}

export interface CompiledCircuit {
  readonly hash: string;
  readonly r1cs: string;
  readonly wasm: string;
  readonly constraints: number;
}

/**
 * Compiles a circuit and makes its dev keys, or finds both in the cache. Safe to call from several processes at once:
 * one works, the others wait. Nothing half-written ever carries the final name.
 * @throws CircuitError SOURCE_MISSING, COMPILE_FAILED, KEYS_FAILED, KEYS_MISMATCH, ABORTED.
 */
export async function ensureArtifacts(name: CircuitName, options: ArtifactOptions = {}): Promise<Artifacts> {
  return ensureKeys(name, await ensureCompiled(name, options), options);
}

/** The first half of `ensureArtifacts`: constraints and witness generator, without keys. */
export async function ensureCompiled(name: CircuitName, options: ArtifactOptions = {}): Promise<CompiledCircuit> {
  const source = await mainSource(name);
  const hash = await sourceHash(source);
  const report = (done: number, message: string) => options.onProgress?.({ stage: 'compile', done, total: 1, message });
  const dir = await cached(
    path.join(cacheDir(options), 'circuits', `${name}-${hash}`),
    options,
    report,
    async (tmp) => {
      report(0, 'compiling');
      const onLine = (line: string) => {
        // circom says nothing while it works; these lines stand between its long steps.
        if (line.startsWith('template instances')) report(0.1, 'simplifying constraints');
        if (line.startsWith('non-linear constraints')) report(0.8, 'writing constraints and witness generator');
      };
      const { constraints } = await compileCircom({ source, outDir: tmp, signal: options.signal, onLine });
      await writeFile(path.join(tmp, 'circuit.json'), `${JSON.stringify({ name, hash, constraints })}\n`);
    },
  );
  const { constraints } = JSON.parse(await readFile(path.join(dir, 'circuit.json'), 'utf8')) as { constraints: number };
  report(1, 'compiled');
  return { hash, r1cs: path.join(dir, 'circuit.r1cs'), wasm: path.join(dir, 'circuit.wasm'), constraints };
}

/** The second half of `ensureArtifacts`: keys of a circuit that is compiled. */
export async function ensureKeys(
  name: CircuitName,
  compiled: CompiledCircuit,
  options: ArtifactOptions = {},
): Promise<Artifacts> {
  const { hash, r1cs, wasm, constraints } = compiled;
  const keysDir = options.keysDir ?? process.env.ENGRAM_KEYS;
  if (keysDir) {
    const keys = await ceremonyKeys(name, compiled, keysDir);
    return { name, hash: digest([hash, keys.zkeyHash]), r1cs, wasm, ...keys.files, constraints, keys: 'ceremony' };
  }
  const keyHash = digest([hash, `dev keys ${DEV_KEY_VERSION}`]);
  const report = (done: number, total: number, message: string) =>
    options.onProgress?.({ stage: 'keys', done, total, message });
  const dir = await cached(
    path.join(cacheDir(options), 'keys', `${name}-${keyHash}`),
    options,
    (done, message) => report(done, 1, message),
    async (tmp) => {
      const zkey = path.join(tmp, 'circuit.zkey');
      await generateDevKeys({
        r1cs,
        zkey,
        signal: options.signal,
        onProgress: ({ done, total, message }) => report(done, total, message),
      });
      await writeFile(path.join(tmp, 'vkey.json'), `${JSON.stringify(await readVerifyingKey(zkey), null, 1)}\n`);
    },
  );
  report(1, 1, 'keys ready');
  const zkey = path.join(dir, 'circuit.zkey');
  return { name, hash: keyHash, r1cs, wasm, zkey, vkey: path.join(dir, 'vkey.json'), constraints, keys: 'dev' };
}

/** What `engram keys ceremony export` leaves beside a key, to tie it to the circuit it was made for. */
export interface CeremonyManifest {
  readonly circuit: string;
  /** `CompiledCircuit.hash` the ceremony ran on. */
  readonly circuitHash: string;
  readonly zkeyHash: string;
}

async function ceremonyKeys(
  name: CircuitName,
  compiled: CompiledCircuit,
  keysDir: string,
): Promise<{ files: { zkey: string; vkey: string }; zkeyHash: string }> {
  const file = (suffix: string) => path.join(keysDir, `${name}.${suffix}`);
  let manifest: CeremonyManifest;
  try {
    manifest = JSON.parse(await readFile(file('json'), 'utf8')) as CeremonyManifest;
  } catch (cause) {
    throw new CircuitError('KEYS_MISMATCH', `no ceremony keys for ${name} in ${keysDir}`, { name, keysDir }, { cause });
  }
  if (manifest.circuitHash !== compiled.hash) {
    throw new CircuitError(
      'KEYS_MISMATCH',
      `the ceremony keys of ${name} were made for another version of the circuit`,
      {
        name,
        expected: compiled.hash,
        actual: manifest.circuitHash,
      },
    );
  }
  return { files: { zkey: file('zkey'), vkey: file('vkey.json') }, zkeyHash: manifest.zkeyHash };
}

/**
 * Hash of everything that decides what circom writes: main file, every reachable source by its path below the package
 * or node_modules, compiler version and flags.
 */
export async function sourceHash(source: string): Promise<string> {
  const parts = [
    `circom2 ${packageVersion('circom2')}`,
    `circomlib ${packageVersion('circomlib')}`,
    ...CIRCOM_FLAGS,
    source,
  ];
  for (const file of await reachableSources(source)) {
    const name = path.relative(PACKAGE_ROOT, file).split(path.sep).join('/');
    parts.push(name.replace(/^.*node_modules\//, 'node_modules/'), await readFile(file, 'utf8'));
  }
  return digest(parts);
}

function digest(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return hash.digest('hex').slice(0, 32);
}

function cacheDir(options: ArtifactOptions): string {
  return path.resolve(options.cacheDir ?? defaultCacheDir());
}

/** Fills `dir` by `build` unless it exists: work in a temporary neighbour, then one rename. */
async function cached(
  dir: string,
  options: ArtifactOptions,
  report: (done: number, message: string) => void,
  build: (tmp: string) => Promise<void>,
): Promise<string> {
  if (await exists(dir)) return dir;
  await withFileLock(
    `${dir}.lock`,
    async () => {
      if (await exists(dir)) return;
      throwIfAborted(options.signal);
      await removeLeftovers(dir);
      const tmp = `${dir}.tmp-${process.pid}-${randomBytes(4).toString('hex')}`;
      await mkdir(tmp, { recursive: true });
      try {
        await build(tmp);
        await rename(tmp, dir).catch(async (error: NodeJS.ErrnoException) => {
          // Somebody else was as fast: theirs is as good.
          if (!(await exists(dir))) throw error;
        });
      } finally {
        await rm(tmp, { recursive: true, force: true });
      }
    },
    { signal: options.signal, onWait: () => report(0, 'waiting for another process') },
  );
  return dir;
}

/** Removes temporary folders of processes that were killed. */
async function removeLeftovers(dir: string): Promise<void> {
  const parent = path.dirname(dir);
  for (const entry of await readdir(parent).catch(() => [])) {
    const pid = entry.startsWith(`${path.basename(dir)}.tmp-`) ? Number(entry.split('-').at(-2)) : Number.NaN;
    if (Number.isInteger(pid) && !isAlive(pid)) await rm(path.join(parent, entry), { recursive: true, force: true });
  }
}

async function exists(dir: string): Promise<boolean> {
  return readdir(dir).then(
    () => true,
    () => false,
  );
}
