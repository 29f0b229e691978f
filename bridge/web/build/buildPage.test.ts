import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltPage, buildPage } from './buildPage.ts';
import { MANIFEST, readManifest, sha256 } from './manifest.ts';
import { sourceHash } from './sources.ts';

let folder: string;
const home = process.cwd();
const options = process.env.NODE_OPTIONS;

/** Its `tsconfig.json` says that Vite is there. */
async function hostileFolder(): Promise<string> {
  const hostile = path.join(folder, 'hostile');
  await mkdir(hostile);
  const paths = { vite: ['./evil.mjs'], '@vitejs/plugin-react': ['./evil.mjs'] };
  await writeFile(path.join(hostile, 'tsconfig.json'), JSON.stringify({ compilerOptions: { baseUrl: '.', paths } }));
  const ran = JSON.stringify(path.join(hostile, 'ran'));
  await writeFile(
    path.join(hostile, 'evil.mjs'),
    `import { writeFileSync } from 'node:fs';\nwriteFileSync(${ran}, '');\nexport const build = () => {};\n`,
  );
  return hostile;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'engram-page-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the page’s build', () => {
  let built: BuiltPage;
  let steps: string[] = [];
  beforeAll(async () => {
    const cacheDir = path.join(folder, 'cache');
    process.chdir(await hostileFolder());
    process.env.NODE_OPTIONS = `--import=${path.join(folder, 'hostile', 'evil.mjs')}`;
    // two at once: one builds, the other waits for it
    const [first, second] = await Promise.all([
      buildPage({ cacheDir, onProgress: (text) => steps.push(text) }),
      buildPage({ cacheDir, onProgress: (text) => steps.push(text) }),
    ]);
    expect(second.dir).toBe(first.dir);
    built = first;
  });
  afterAll(() => {
    process.chdir(home);
    if (options === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = options;
  });

  it('runs nothing of the folder it is started in, and is no other in another environment', async () => {
    expect(await readdir(path.join(folder, 'hostile'))).not.toContain('ran');
    const { files } = await readManifest(built.dir);
    const scripts = await Promise.all(
      files
        .filter(({ path: name }) => name.endsWith('.js'))
        .map(({ path: name }) => readFile(path.join(built.dir, name), 'utf8')),
    );
    // React's own development build warns; NODE_ENV is `test` here.
    expect(scripts.some((text) => text.includes('Each child in a list should have a unique'))).toBe(false);
  });

  it('is not taken from a folder that others can write', async () => {
    const cacheDir = path.join(folder, 'shared');
    const root = path.join(cacheDir, 'web');
    await cp(path.dirname(built.dir), root, { recursive: true });
    const refused = { code: 'WEB_PAGE_INVALID', message: expect.stringContaining('another user') };
    await chmod(root, 0o777);
    await expect(buildPage({ cacheDir })).rejects.toMatchObject(refused);
    await chmod(root, 0o755);
    await chmod(path.join(root, built.hash), 0o777);
    await expect(buildPage({ cacheDir })).rejects.toMatchObject(refused);
    await chmod(path.join(root, built.hash), 0o755);
    if (process.getuid?.() === 0) {
      await chown(path.join(root, built.hash), 4_242, 4_242);
      await expect(buildPage({ cacheDir })).rejects.toMatchObject(refused);
    }
  });

  it('is made once for all who ask at the same time, and not again', async () => {
    expect(steps.filter((text) => text === 'building the page')).toHaveLength(1);
    steps = [];
    const again = await buildPage({ cacheDir: path.join(folder, 'cache'), onProgress: (text) => steps.push(text) });
    expect([again.dir, steps]).toEqual([built.dir, []]);
    expect((await readdir(path.dirname(built.dir))).filter((name) => name !== built.hash)).toEqual([]);
  });

  it('describes every file, and none has a path that leads elsewhere', async () => {
    const { files } = await readManifest(built.dir);
    expect(files.map(({ path: name }) => name)).toContain('index.html');
    for (const { path: name, sha256: expected, encodings } of files) {
      const bytes = await readFile(path.join(built.dir, name));
      expect(sha256(bytes)).toBe(expected);
      if (encodings.includes('br')) {
        expect(brotliDecompressSync(await readFile(path.join(built.dir, `${name}.br`)))).toEqual(bytes);
        expect(gunzipSync(await readFile(path.join(built.dir, `${name}.gz`)))).toEqual(bytes);
      }
    }
    const scripts = files.filter(({ path: name }) => name.endsWith('.js'));
    expect(scripts.length).toBeGreaterThan(0);
    expect(scripts.every(({ isImmutable }) => isImmutable)).toBe(true);
    expect(scripts.every(({ size, encodings }) => size < 512 || encodings.includes('br'))).toBe(true);
  });

  it('has no inline script or style, and names no other origin', async () => {
    const html = await readFile(path.join(built.dir, 'index.html'), 'utf8');
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>|<style|style=|\bon[a-z]+=|https?:/i);
  });

  it('copies itself where it is asked to', async () => {
    const outDir = path.join(folder, 'out');
    const copy = await buildPage({ cacheDir: path.join(folder, 'cache'), outDir });
    expect(copy.dir).toBe(outDir);
    expect(await readManifest(outDir)).toEqual(await readManifest(built.dir));
  });
});

describe('the hash of sources', () => {
  async function sources(): Promise<string> {
    const root = await mkdtemp(path.join(folder, 'root-'));
    await mkdir(path.join(root, 'bridge/web/src'), { recursive: true });
    await writeFile(path.join(root, 'package-lock.json'), '{}');
    await writeFile(path.join(root, 'bridge/web/index.html'), '<html>');
    await writeFile(path.join(root, 'bridge/web/src/main.ts'), 'export {};');
    return root;
  }

  it('changes with a source, a new file, a name and the lock file, and with nothing else', async () => {
    const root = await sources();
    const before = await sourceHash(root);
    const changed = async (change: (at: string) => Promise<void>): Promise<boolean> => {
      const copy = await mkdtemp(path.join(folder, 'copy-'));
      await cp(root, copy, { recursive: true });
      await change(copy);
      return (await sourceHash(copy)) !== before;
    };
    const write = (name: string, text: string) => async (at: string) => {
      await mkdir(path.dirname(path.join(at, name)), { recursive: true });
      await writeFile(path.join(at, name), text);
    };
    expect(await changed(async () => undefined)).toBe(false);
    expect(await changed(write('bridge/web/src/main.ts', 'export const x = 1;'))).toBe(true);
    expect(await changed(write('sdk/new.ts', ''))).toBe(true);
    expect(await changed(write('package-lock.json', '{ }'))).toBe(true);
    expect(await changed(write('bridge/web/src/main.test.ts', 'a'))).toBe(false);
    expect(await changed(write('bridge/web/build/x.ts', 'a'))).toBe(false);
    expect(await changed(write('README.md', 'a'))).toBe(false);
  });

  it('is not made without sources', async () => {
    await expect(sourceHash(path.join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'WEB_SOURCES_MISSING' });
  });
});

describe('a manifest', () => {
  const entry = {
    path: 'index.html',
    type: 'text/html; charset=utf-8',
    size: 1,
    sha256: '0'.repeat(64),
    isImmutable: false,
    encodings: [],
  };
  const refused = async (content: string): Promise<void> => {
    const dir = await mkdtemp(path.join(folder, 'bad-'));
    await writeFile(path.join(dir, MANIFEST), content);
    await expect(readManifest(dir)).rejects.toMatchObject({ code: 'WEB_PAGE_INVALID' });
  };

  it.each(['../x', '/etc/passwd', 'a/../../x', 'a\\b', '.env', 'a/.git/x', 'a//b', 'a\u0000b', ''])(
    'that names %j is refused',
    (name) => refused(JSON.stringify({ version: 1, hash: '0'.repeat(32), files: [{ ...entry, path: name }] })),
  );

  it.each(['', '{', '[]', '{"version":2}'])('of %j is refused', refused);

  it('that is not there is refused', async () => {
    await expect(readManifest(path.join(folder, 'none'))).rejects.toMatchObject({ code: 'WEB_PAGE_INVALID' });
  });
});
