import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebBuildError } from '../../bridge/web/build/errors.ts';
import { MANIFEST, sha256 } from '../../bridge/web/build/manifest.ts';
import { type Logger, silentLogger } from '../../chain/logger.ts';
import { CircuitFiles } from './circuitFiles.ts';
import { BuiltPageFiles } from './pageSource.ts';

let dir: string;
let nowMs = 0;
let warnings: string[];
let logger: Logger;

async function writePage(text: string, said = text): Promise<void> {
  const bytes = Buffer.from(said);
  const entry = { path: 'index.html', type: 'text/html; charset=utf-8', size: bytes.length, isImmutable: false };
  await writeFile(path.join(dir, 'index.html'), text);
  await writeFile(
    path.join(dir, MANIFEST),
    JSON.stringify({ version: 1, hash: '0'.repeat(32), files: [{ ...entry, sha256: sha256(bytes), encodings: [] }] }),
  );
}

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'engram-page-'));
  nowMs = 0;
  warnings = [];
  logger = { ...silentLogger, warn: (_fields, message) => warnings.push(message) };
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('a page that is built when it is asked for', () => {
  it('is built once, however many ask', async () => {
    await writePage('<html>');
    let builds = 0;
    const page = new BuiltPageFiles({
      logger,
      build: async () => {
        builds += 1;
        return { dir };
      },
    });
    expect(builds).toBe(0);
    const all = await Promise.all([page.get(), page.get(), page.get()]);
    expect([builds, new Set(all).size]).toEqual([1, 1]);
    expect(all[0]?.get('index.html')?.bytes.toString()).toBe('<html>');
  });

  it('that fails is said once and tried again only after a while', async () => {
    let builds = 0;
    const page = new BuiltPageFiles({
      logger,
      nowMs: () => nowMs,
      build: async () => {
        builds += 1;
        if (builds === 1) throw new WebBuildError('WEB_BUILD_FAILED', 'no');
        await writePage('<html>');
        return { dir };
      },
    });
    for (let i = 0; i < 5; i++) await expect(page.get()).rejects.toMatchObject({ code: 'WEB_BUILD_FAILED' });
    expect([builds, warnings.length]).toEqual([1, 1]);
    nowMs += 60_001;
    await expect(page.get()).resolves.toBeDefined();
    expect(builds).toBe(2);
  });

  it('whose files were changed is not shown', async () => {
    await writePage('<html>evil', '<html>');
    const page = new BuiltPageFiles({ logger, build: async () => ({ dir }) });
    await expect(page.get()).rejects.toMatchObject({ code: 'WEB_PAGE_INVALID' });
  });

  it('of a node that stops is no news', async () => {
    const build = async (): Promise<never> => {
      throw new WebBuildError('WEB_BUILD_FAILED', 'killed');
    };
    await expect(new BuiltPageFiles({ logger, signal: AbortSignal.abort(), build }).get()).rejects.toThrow();
    expect(warnings).toEqual([]);
  });
});

describe('the circuit of account proofs', () => {
  it('is not made by anybody who asks for it', async () => {
    const files = new CircuitFiles({ cacheDir: dir }, () => nowMs);
    expect(await files.urls()).toBeUndefined();
    expect(await files.file('x', 'circuit.zkey')).toBeUndefined();
    expect(await files.file('x', '../../../etc/passwd')).toBeUndefined();
  });
});
