import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../chain/logger.ts';
import { Metrics } from '../metrics.ts';
import { type RpcServer, startRpcServer } from '../rpc/server.ts';
import { FakeBackend } from '../testing/fakeBackend.ts';
import { engram } from '../testing/runCli.ts';
import { readStaticPage } from '../web/staticPage.ts';
import { type PageServer, startPageServer } from '../web/staticServer.ts';

const ROLLUP = '0x00000000000000000000000000000000000000aa';
const OFFLINE = ['--rollup', ROLLUP, '--l1-chain-id', '1', '--l2-chain-id', '7171', '--start-block', '123'];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'engram-web-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('engram web build', () => {
  it('writes a page that needs no node, from what is said alone', async () => {
    const out = path.join(folder, 'offline');
    const { exit, json } = await engram(
      'web',
      'build',
      '--json',
      '--out',
      out,
      ...OFFLINE,
      '--explorer',
      'https://x.example/',
    );
    expect([exit, json.dir]).toEqual([0, out]);
    const config = JSON.parse(await readFile(path.join(out, 'config.json'), 'utf8'));
    expect(config).toMatchObject({
      version: 1,
      l1: { chainId: 1, name: 'Ethereum', explorer: 'https://x.example' },
      l2: { chainId: 7_171 },
      rollup: ROLLUP,
      deployedAt: 123,
    });
    expect([config.rpc, config.l1.rpc]).toEqual([undefined, undefined]);
    const html = await readFile(path.join(out, 'index.html'), 'utf8');
    expect(html).toContain('http-equiv="Content-Security-Policy"');
    expect(html).toContain("connect-src 'self'\"");
    expect((await engram('web', 'build', '--json', '--out', out, ...OFFLINE)).exit).toBe(0);
  });

  it('writes over nothing that is no page', async () => {
    const out = path.join(folder, 'mine');
    await mkdir(out);
    await writeFile(path.join(out, 'letter.txt'), 'keep me');
    const { exit, json } = await engram('web', 'build', '--json', '--out', out, ...OFFLINE);
    expect([exit, json.error.code]).toEqual([2, 'WEB_OUT_NOT_EMPTY']);
    expect(await readFile(path.join(out, 'letter.txt'), 'utf8')).toBe('keep me');
    // a file of the manifest's name makes no page of it, nor does a letter among a page's files belong to the page
    await writeFile(path.join(out, 'page.json'), '{}');
    expect((await engram('web', 'build', '--json', '--out', out, ...OFFLINE)).json.error.code).toBe(
      'WEB_OUT_NOT_EMPTY',
    );
    const page = path.join(folder, 'offline');
    await writeFile(path.join(page, 'letter.txt'), 'keep me');
    expect((await engram('web', 'build', '--json', '--out', page, ...OFFLINE)).json.error.code).toBe(
      'WEB_OUT_NOT_EMPTY',
    );
    expect(await readFile(path.join(page, 'letter.txt'), 'utf8')).toBe('keep me');
  });

  it.each([
    [[], 'WEB_CONFIG_INCOMPLETE'],
    [['--rollup', ROLLUP], 'WEB_CONFIG_INCOMPLETE'],
    [['--rollup', ROLLUP, '--l1-chain-id', '1'], 'WEB_CONFIG_INCOMPLETE'],
    [['--network', '/nowhere.json'], 'NETWORK_UNREADABLE'],
  ])('of %j says what is missing', async (args, code) => {
    const { exit, json } = await engram('web', 'build', '--json', '--out', path.join(folder, 'x'), ...args);
    expect([exit, json.error.code]).toEqual([2, code]);
  });

  it.each([
    [['--rollup', '0x12']],
    [['--l1', 'javascript:alert(1)']],
    [['--explorer', 'file:///etc']],
    [['--name', '<script>']],
  ])('refuses %j', async (args) => {
    const { exit, stderr } = await engram('web', 'build', '--out', path.join(folder, 'x'), ...OFFLINE, ...args);
    expect(exit).toBe(2);
    expect(stderr).toContain('error: option');
  });
});

describe('with a node', () => {
  let node: RpcServer;
  beforeAll(async () => {
    node = await startRpcServer(
      {
        ...{ host: '127.0.0.1', port: 0, bodyLimitBytes: 4_096, batchLimit: 5, requestsPerMinute: 1_000 },
        ...{ maxConnections: 10, maxSubscriptions: 2, corsOrigins: [], trustProxy: false },
      },
      { backend: new FakeBackend(), metrics: new Metrics(), logger: silentLogger },
    );
  });
  afterAll(() => node.stop());

  it('takes from it what is not said', async () => {
    const info = await new FakeBackend().chainInfo();
    const { json } = await engram('web', 'build', '--json', '--out', path.join(folder, 'node'), '--rpc', node.url);
    expect(json.config).toMatchObject({ rpc: node.url, rollup: info.rollup, deployedAt: 0 });
    expect(json.config.l2.chainId).toBe(Number(info.l2ChainId));
    const html = await readFile(path.join(folder, 'node', 'index.html'), 'utf8');
    expect(html).toContain(`connect-src 'self' ${node.url} ${node.url.replace('http', 'ws')}"`);
  });

  it('believes no node that is of another deployment than it was told', async () => {
    const { exit, json } = await engram(
      'web',
      'build',
      '--json',
      '--out',
      path.join(folder, 'y'),
      ...OFFLINE,
      '--rpc',
      node.url,
    );
    expect([exit, json.error.code]).toEqual([2, 'WEB_CHAIN_MISMATCH']);
  });

  it('says that it does not answer', async () => {
    const args = ['--out', path.join(folder, 'z'), '--rpc', 'http://127.0.0.1:9'];
    const { exit, json } = await engram('web', 'build', '--json', ...args);
    expect([exit, json.error.code]).toEqual([3, 'UNREACHABLE']);
  });
});

describe('a page that is served by itself', () => {
  let server: PageServer;
  let dir: string;
  beforeAll(async () => {
    dir = path.join(folder, 'served');
    await engram('web', 'build', '--json', '--out', dir, ...OFFLINE);
    server = await startPageServer(
      { host: '127.0.0.1', port: 0 },
      { page: await readStaticPage(dir), logger: silentLogger },
    );
  });
  afterAll(async () => {
    await server.stop();
    await server.stop();
  });

  it('has the headers of the node’s, its files and its configuration', async () => {
    const page = await fetch(server.url);
    const html = await page.text();
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(html)?.[1];
    const loaded = await fetch(`${server.url}/${script}`, { headers: { 'accept-encoding': 'br' } });
    expect([loaded.status, loaded.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    expect((await (await fetch(`${server.url}/config.json`)).json()).rollup).toBe(ROLLUP);
  });

  it.each(['/page.json', '/..%2f..%2fetc%2fpasswd', '/assets/..%5cconfig.json', '/circuits/account-proof/x/vkey.json'])(
    'has no %s',
    async (name) => {
      const answer = await fetch(`${server.url}${name}`);
      expect([answer.status, await answer.text()]).toEqual([404, 'not found\n']);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    },
  );

  it('is not served when a file or the configuration was changed', async () => {
    const config = path.join(dir, 'config.json');
    const text = await readFile(config, 'utf8');
    for (const [bad, code] of [
      ['{', 'WEB_CONFIG_INVALID'],
      [JSON.stringify({ ...JSON.parse(text), rpc: 'javascript:alert(1)' }), 'WEB_CONFIG_INVALID'],
      [
        JSON.stringify({ ...JSON.parse(text), accountProof: { wasm: '../../etc/passwd', zkey: 'a', vkey: 'b' } }),
        'WEB_CONFIG_INVALID',
      ],
    ] as const) {
      await writeFile(config, bad);
      await expect(readStaticPage(dir)).rejects.toMatchObject({ code });
    }
    await writeFile(config, text);
    await writeFile(path.join(dir, 'index.html'), '<script src=//evil.example></script>');
    await expect(readStaticPage(dir)).rejects.toMatchObject({ code: 'WEB_PAGE_INVALID' });
  });
});
