import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Field } from '../../../../protocol/types.ts';
import type { WebConfig } from '../../../../sdk/webConfig.ts';
import type { ProvenLeaf } from '../../../client/types.ts';
import { TEST_L2_CHAIN_ID } from '../../../testing/fixture.ts';
import { ALICE, CHANNEL, RecoveryWorld } from './testing/recoveryWorld.ts';
import { buildTestPage, serveTestPage } from './testing/testPage.ts';

/** The worker, wasm and snarkjs as Vite bundles them, in a real browser under the page's Content-Security-Policy. */
const CHROMIUM = [process.env.ENGRAM_CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
if (CHROMIUM === undefined) {
  process.stderr.write('recovery is not tested in a browser: there is no Chromium (apt-get install chromium)\n');
}

let world: RecoveryWorld;
let folder: string;
let served: Awaited<ReturnType<typeof serveTestPage>>;
let browser: Browser;
let page: Page;
const problems: string[] = [];

beforeAll(async () => {
  if (CHROMIUM === undefined) return;
  folder = await mkdtemp(join(tmpdir(), 'engram-recovery-page-'));
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
  [world, browser] = await Promise.all([
    RecoveryWorld.start(),
    chromium.launch({ executablePath: CHROMIUM, args: [...args, '--disable-component-update', '--disable-sync'] }),
    buildTestPage(folder),
  ]);
  await world.populate();
  await world.freeze();
  served = await serveTestPage(folder, world.f.l1.url);
  page = await browser.newPage();
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  // What is blocked in a worker is told there, not to the page.
  const tell =
    "addEventListener('securitypolicyviolation', (e) => console.error('blocked', e.violatedDirective, e.blockedURI))";
  page.on('worker', (worker) => void worker.evaluate(tell).catch(() => undefined));
  await page.goto(served.url);
});
afterAll(async () => {
  await browser?.close();
  await served?.stop();
  await world?.f.l1.stop();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

describe.skipIf(CHROMIUM === undefined)('in a browser: no scripts but its own, no eval', () => {
  it('the ledger is replayed and an escape proven, which L1 takes', async () => {
    const done = await recover(CHANNEL);
    expect(done).toMatchObject({ batch: 3, accounts: 3, exits: 1 });
    const each = ['witness', 'prove', 'verify'];
    expect(done.stages).toEqual(['download', ...each, ...each]);
    const { leaf, controller } = done.proof ?? expect.unreachable();
    const { f } = world;
    await f.bob.escape(parsed(leaf).leaf, parsed(leaf).proof, parsed(controller));
    expect(await f.bob.isEscaped(CHANNEL)).toBe(true);
    process.stderr.write(`recovery in a browser: ${JSON.stringify(done.milliseconds)} ms\n`);
  });

  it('failures cross from the worker with code and data', async () => {
    expect(await recover(CHANNEL)).toMatchObject({ code: 'AlreadyEscaped', data: { index: CHANNEL } });
    const lost = await recover(ALICE, { accountProof: { wasm: './nowhere', zkey: './zkey', vkey: './vkey' } });
    expect(lost).toMatchObject({ code: 'ARTIFACT_UNREACHABLE', data: { file: 'wasm', status: 404 } });
  });

  it('nothing was blocked, nothing went wrong unseen', async () => {
    expect(await page.evaluate('globalThis.violations')).toEqual([]);
    // The browser reports the file that was asked for in vain above.
    expect(problems.filter((text) => !text.includes('404'))).toEqual([]);
  });
});

/** See testing/page/main.ts; integers of proofs as decimal text. */
interface Recovered {
  readonly stages?: readonly string[];
  readonly proof?: { readonly leaf: SentLeaf; readonly controller: SentLeaf };
  readonly milliseconds?: object;
}
interface SentLeaf {
  readonly leaf: {
    readonly index: number;
    readonly state: string;
    readonly a: string;
    readonly b: string;
    readonly c: string;
  };
  readonly proof: { readonly a: string[]; readonly b: string[][]; readonly c: string[] };
}

async function recover(index: number, more: Partial<WebConfig> = {}): Promise<Recovered> {
  const { address, deployedAt } = world.f.deployment;
  const config: WebConfig = {
    ...{
      version: 1,
      name: 'test',
      rollup: address,
      deployedAt: Number(deployedAt),
      l2: { chainId: Number(TEST_L2_CHAIN_ID) },
    },
    l1: { chainId: 31337, name: 'L1', confirmations: 0, blockSeconds: 1 },
    pace: { batchSeconds: 1, proofSeconds: 1 },
    accountProof: { wasm: './wasm', zkey: './zkey', vkey: './vkey' },
    ...more,
  };
  const work = JSON.stringify({ config, l1Url: world.f.l1.url, owner: world.f.alice.account, index });
  // As text: functions handed over are rewritten by the test's own compiler.
  return (await page.evaluate(`globalThis.recover(${work})`)) as Recovered;
}

function parsed({ leaf, proof: { a, b, c } }: SentLeaf): ProvenLeaf {
  const pair = (words: readonly string[] = []): [bigint, bigint] => [BigInt(words[0] ?? 0), BigInt(words[1] ?? 0)];
  const field = (word: string) => BigInt(word) as Field; // of a leaf that was made here
  return {
    leaf: { index: leaf.index, state: field(leaf.state), a: field(leaf.a), b: field(leaf.b), c: field(leaf.c) },
    proof: { a: pair(a), b: [pair(b[0]), pair(b[1])], c: pair(c) },
  };
}
