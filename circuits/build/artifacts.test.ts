import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Artifacts, ensureArtifacts, ensureCompiled, sourceHash } from './artifacts.ts';
import { circuitName, mainSource } from './circuits.ts';
import { compileCircom, reachableSources } from './compile.ts';
import type { Progress } from './progress.ts';

const dir = mkdtempSync(path.join(os.tmpdir(), 'engram-artifacts-'));
const cacheDir = path.join(dir, 'cache');
let built: [Artifacts, Artifacts, Progress[]];

function otherProcess(code: string): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on('close', (status) => (status === 0 ? resolve(out) : reject(new Error(`exit ${status}`))));
  });
}

describe('ensureArtifacts', () => {
  beforeAll(async () => {
    // Two processes ask for the same circuit at once.
    const module = fileURLToPath(new URL('./artifacts.ts', import.meta.url));
    const code = `const { ensureArtifacts } = await import(${JSON.stringify(module)});
      console.log(JSON.stringify(await ensureArtifacts('account-proof', { cacheDir: ${JSON.stringify(cacheDir)} })));`;
    const seen: Progress[] = [];
    const [mine, theirs] = await Promise.all([
      ensureArtifacts('account-proof', { cacheDir, onProgress: (p) => seen.push(p) }),
      otherProcess(code),
    ]);
    built = [mine, JSON.parse(theirs) as Artifacts, seen];
  });

  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('gives two processes that ask at once the same whole artifacts, and leaves nothing else behind', () => {
    const [mine, theirs] = built;
    expect(mine).toEqual(theirs);
    expect(mine).toMatchObject({ name: 'account-proof', keys: 'dev' });
    expect(mine.constraints).toBeGreaterThan(1000);
    for (const file of [mine.r1cs, mine.wasm, mine.zkey, mine.vkey]) expect(existsSync(file), file).toBe(true);
    for (const kind of ['circuits', 'keys']) expect(readdirSync(path.join(cacheDir, kind))).toHaveLength(1);
  });

  it('reports progress that never passes its total and ends with it', () => {
    const seen = built[2];
    expect(seen.every(({ done, total }) => done >= 0 && done <= total)).toBe(true);
    expect(seen.at(-1)).toMatchObject({ stage: 'keys', done: 1, total: 1 });
  });

  it('answers from the cache without touching it', async () => {
    writeFileSync(built[0].vkey, 'marked');
    const again = await ensureArtifacts('account-proof', { cacheDir });
    expect(again).toEqual(built[0]);
    expect(readFileSync(again.vkey, 'utf8')).toBe('marked');
  });

  it('takes over from a process that was killed at work', async () => {
    const cache = path.join(dir, 'killed');
    const { hash } = await ensureCompiled('account-proof', { cacheDir });
    const circuits = path.join(cache, 'circuits');
    const gone = 2 ** 22 - 7; // above Linux's default pid_max
    mkdirSync(path.join(circuits, `account-proof-${hash}.tmp-${gone}-aaaa`), { recursive: true });
    writeFileSync(
      path.join(circuits, `account-proof-${hash}.lock`),
      JSON.stringify({ pid: gone, host: os.hostname() }),
    );
    await ensureCompiled('account-proof', { cacheDir: cache });
    expect(readdirSync(circuits)).toEqual([`account-proof-${hash}`]);
  });

  it('uses the keys of a ceremony if told where they are, and refuses those of another circuit', async () => {
    const keysDir = path.join(dir, 'keys');
    mkdirSync(keysDir);
    await expect(ensureArtifacts('account-proof', { cacheDir, keysDir })).rejects.toMatchObject({
      code: 'KEYS_MISMATCH',
    });
    const { hash } = await ensureCompiled('account-proof', { cacheDir });
    const manifest = (circuitHash: string) =>
      writeFileSync(
        path.join(keysDir, 'account-proof.json'),
        JSON.stringify({ circuit: 'account-proof', circuitHash, zkeyHash: '12' }),
      );
    manifest('00');
    await expect(ensureArtifacts('account-proof', { cacheDir, keysDir })).rejects.toMatchObject({
      code: 'KEYS_MISMATCH',
    });
    manifest(hash);
    expect(await ensureArtifacts('account-proof', { cacheDir, keysDir })).toMatchObject({
      keys: 'ceremony',
      zkey: path.join(keysDir, 'account-proof.zkey'),
      vkey: path.join(keysDir, 'account-proof.vkey.json'),
    });
  });

  it('stops when cancelled and leaves no half-written artifacts', async () => {
    const cache = path.join(dir, 'cancelled');
    const abort = new AbortController();
    const work = ensureArtifacts('account-proof', {
      cacheDir: cache,
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    await expect(work).rejects.toMatchObject({ code: 'ABORTED' });
    expect(readdirSync(path.join(cache, 'circuits'))).toEqual([]);
  });
});

describe('sourceHash', () => {
  it('differs between circuits and shapes', async () => {
    const names = ['batch-small', 'batch-dev', 'batch-medium', 'batch-large', 'account-proof'] as const;
    const hashes = await Promise.all(names.map(async (name) => sourceHash(await mainSource(name))));
    expect(new Set(hashes).size).toBe(names.length);
  });

  it('reaches sources through includes of includes, and names a missing one', async () => {
    const sources = await reachableSources(await mainSource('batch-small'));
    expect(sources.map((file) => path.basename(file))).toEqual(
      expect.arrayContaining(['batch.circom', 'poseidon_constants.circom']),
    );
    await expect(reachableSources('include "circuits/absent.circom";')).rejects.toMatchObject({
      code: 'SOURCE_MISSING',
    });
    expect(await reachableSources('// include "circuits/absent.circom";\n/* include "x.circom"; */')).toEqual([]);
  });

  it('knows only its own circuits', () => {
    expect(circuitName('batch-dev')).toBe('batch-dev');
    expect(() => circuitName('batch-huge')).toThrow(expect.objectContaining({ code: 'UNKNOWN_CIRCUIT' }));
  });
});

describe('compileCircom', () => {
  it("reports circom's own message", async () => {
    const outDir = mkdtempSync(path.join(os.tmpdir(), 'engram-compile-'));
    const source = 'pragma circom 2.1.0;\ntemplate Main() { signal input a; b <== a; }\ncomponent main = Main();';
    await expect(compileCircom({ source, outDir })).rejects.toMatchObject({
      code: 'COMPILE_FAILED',
      message: expect.stringMatching(/undeclared|T\d{4}/i),
    });
    rmSync(outDir, { recursive: true, force: true });
  });
});
