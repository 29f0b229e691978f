import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { WebBuildError } from '../../bridge/web/build/errors.ts';
import { silentLogger } from '../../chain/logger.ts';
import type { WebConfig } from '../../sdk/webConfig.ts';
import { Metrics } from '../metrics.ts';
import { type RpcServer, startRpcServer } from '../rpc/server.ts';
import { FakeBackend } from '../testing/fakeBackend.ts';
import { type PageFile, PageFiles } from './pageFiles.ts';
import type { PageSource } from './pageSource.ts';
import { PAGE_REQUESTS_PER_MINUTE } from './routes.ts';

const HTML = '<!doctype html><title>Engram</title>';
const SCRIPT = 'export const answer = 42;\n'.repeat(50);
const CONFIG: WebConfig = {
  version: 1,
  name: 'test',
  rpc: '/',
  l1: { chainId: 31_337, name: 'Local L1', rpc: 'http://127.0.0.1:8545', confirmations: 1, blockSeconds: 1 },
  l2: { chainId: 7_171 },
  rollup: '0x00000000000000000000000000000000000000aa',
  deployedAt: 1,
  pace: { batchSeconds: 20, proofSeconds: 30 },
};
const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

function file(text: string, type: string, isImmutable: boolean): PageFile {
  const bytes = Buffer.from(text);
  const etag = `"${text.length}"`;
  return { type, etag, isImmutable, bytes, br: brotliCompressSync(bytes), gzip: gzipSync(bytes) };
}

const FILES = new PageFiles(
  new Map([
    ['index.html', file(HTML, 'text/html; charset=utf-8', false)],
    ['icon.svg', file('<svg/>', 'image/svg+xml', false)],
    ['assets/main-abcdefgh.js', file(SCRIPT, 'text/javascript; charset=utf-8', true)],
  ]),
  'hash',
);

let server: RpcServer;
let failure: unknown;

async function start(requestsPerMinute = 1_000): Promise<void> {
  const page: PageSource = {
    files: async () => {
      if (failure !== undefined) throw failure;
      return FILES;
    },
    config: async () => CONFIG,
    circuit: async (hash, name) =>
      hash === 'good' && name === 'circuit.zkey'
        ? { type: 'application/octet-stream', size: 3, open: () => Readable.from([Buffer.from('key')]) }
        : undefined,
  };
  server = await startRpcServer(
    {
      host: '127.0.0.1',
      port: 0,
      bodyLimitBytes: 4_096,
      batchLimit: 5,
      requestsPerMinute,
      maxConnections: 10,
      maxSubscriptions: 2,
      corsOrigins: [],
      trustProxy: false,
    },
    { backend: new FakeBackend(), page, metrics: new Metrics(), logger: silentLogger },
  );
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** The path as it is: `fetch` would tidy it up. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ hostname, port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

function post(): Promise<Response> {
  return fetch(server.url, { method: 'POST', body: '{"jsonrpc":"2.0","id":1,"method":"engram_getFees"}' });
}

beforeEach(() => {
  failure = undefined;
});
afterEach(() => server.stop());

describe('one port for the page and for JSON-RPC', () => {
  beforeEach(() => start());

  it('shows browsers the page and everybody else what was there before', async () => {
    const shown = await get('/', BROWSER);
    expect([shown.status, shown.headers['content-type'], shown.body.toString()]).toEqual([
      200,
      'text/html; charset=utf-8',
      HTML,
    ]);
    expect(shown.headers.vary).toContain('Accept');
    for (const headers of [{}, { accept: '*/*' }, { accept: 'application/json' }] as Record<string, string>[]) {
      const answer = await get('/', headers);
      expect(answer.headers['content-type']).toContain('application/json');
      expect(JSON.parse(answer.body.toString()).name).toBe('engram');
    }
    expect((await post()).status).toBe(200);
    expect((await get('/health', BROWSER)).headers['content-type']).toContain('application/json');
  });

  it('still opens WebSockets at /, also for a browser', async () => {
    const socket = new WebSocket(server.url.replace('http', 'ws'));
    const answer = await new Promise((resolve, reject) => {
      socket.onopen = () => socket.send('{"jsonrpc":"2.0","id":7,"method":"engram_getFees"}');
      socket.onmessage = ({ data }) => resolve(JSON.parse(String(data)).id);
      socket.onerror = reject;
    });
    socket.close();
    expect(answer).toBe(7);
  });

  it('tells browsers to run nothing but its own scripts and to talk to nobody else', async () => {
    const { headers } = await get('/', { ...BROWSER, host: 'node.localhost:8645' });
    const policy = Object.fromEntries(
      String(headers['content-security-policy'])
        .split('; ')
        .map((directive) => [directive.split(' ')[0], directive.split(' ').slice(1).join(' ')]),
    );
    expect(policy).toEqual({
      'default-src': "'none'",
      'script-src': "'self' 'wasm-unsafe-eval'",
      'style-src': "'self'",
      'img-src': "'self' data:",
      'font-src': "'self'",
      'worker-src': "'self'",
      'manifest-src': "'self'",
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
      'require-trusted-types-for': "'script'",
      'trusted-types': 'default',
      'connect-src':
        "'self' ws://node.localhost:8645 wss://node.localhost:8645 http://127.0.0.1:8545 ws://127.0.0.1:8545",
    });
    expect(headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    });
    expect(headers['permissions-policy']).toContain('camera=()');
  });

  it.each(["evil.example; script-src 'unsafe-inline'", 'a b', 'x,y', "'unsafe-inline'"])(
    'lets no Host %j write into the policy',
    async (host) => {
      const { headers } = await get('/', { ...BROWSER, host });
      // node's HTTP parser may have refused it already
      expect(String(headers['content-security-policy'] ?? '')).not.toContain('unsafe-inline');
      expect(String(headers['content-security-policy'] ?? '')).not.toContain('evil');
    },
  );

  it('keeps hashed files for ever and asks again for the others', async () => {
    const script = await get('/assets/main-abcdefgh.js');
    expect(script.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'text/javascript; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
    // what a worker is bound by
    expect(script.headers['content-security-policy']).toContain(
      "script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'",
    );
    const icon = await get('/icon.svg');
    expect(icon.headers['cache-control']).toBe('no-cache');
    const again = await get('/icon.svg', { 'if-none-match': `W/"x", ${icon.headers.etag}` });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    expect((await get('/icon.svg', { 'if-none-match': '"other"' })).status).toBe(200);
    const head = await get('/assets/main-abcdefgh.js', {}, 'HEAD');
    expect([head.status, head.body.length, head.headers['content-length']]).toEqual([200, 0, String(SCRIPT.length)]);
  });

  it('sends the copy that the browser can read', async () => {
    const best = await get('/assets/main-abcdefgh.js', { 'accept-encoding': 'gzip, deflate, br' });
    expect(best.headers['content-encoding']).toBe('br');
    expect(brotliDecompressSync(best.body).toString()).toBe(SCRIPT);
    const second = await get('/assets/main-abcdefgh.js', { 'accept-encoding': 'gzip;q=1.0, br;q=0' });
    expect(second.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(second.body).toString()).toBe(SCRIPT);
    const plain = await get('/assets/main-abcdefgh.js', { 'accept-encoding': 'identity' });
    expect([plain.headers['content-encoding'], plain.body.toString()]).toEqual([undefined, SCRIPT]);
    expect(plain.headers.vary).toContain('Accept-Encoding');
  });

  it('tells what the page is for, uncached', async () => {
    const answer = await get('/config.json');
    expect(JSON.parse(answer.body.toString())).toEqual(CONFIG);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('gives the circuit by its hash, and nothing else of it', async () => {
    const key = await get('/circuits/account-proof/good/circuit.zkey');
    expect([key.body.toString(), key.headers['content-length']]).toEqual(['key', '3']);
    for (const path of ['bad/circuit.zkey', 'good/circuit.r1cs', 'good/..%2fcircuit.zkey', 'good/__proto__']) {
      expect((await get(`/circuits/account-proof/${path}`)).status).toBe(404);
    }
  });
});

describe('what is not the page', () => {
  beforeEach(() => start());

  it.each([
    '/assets/../../package.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/assets/..%5c..%5cpackage.json',
    '/assets/..\\..\\package.json',
    '/assets/main-abcdefgh.js%00.png',
    '/assets/%00',
    '/assets/',
    '/assets/main-abcdefgh.js/',
    '/assets//main-abcdefgh.js',
    '/assets/main-abcdefgh.js.br',
    '/page.json',
    '/__proto__',
    '/constructor',
    '/.git',
    '/%2e%2e%2fpackage.json',
    '/..%2fpackage.json',
    '//etc/passwd',
    '/assets/%252e%252e/package.json',
  ])('has no %s', async (path) => {
    const answer = await get(path, BROWSER);
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.body.toString()).error.data.code).toBe('NOT_FOUND');
  });

  it.each(['/assets/%', '/%zz', '/assets/%c0%ae%c0%ae/x'])('refuses %s', async (path) => {
    const answer = await get(path, BROWSER);
    expect([400, 404]).toContain(answer.status);
    expect(answer.body.toString()).not.toContain('export');
  });

  it('says so in plain words when it cannot be built, without the reason, and answers calls', async () => {
    failure = new WebBuildError('WEB_BUILD_FAILED', 'secret path /root/x');
    const answer = await get('/', BROWSER);
    expect([answer.status, answer.headers['content-type']]).toEqual([503, 'text/plain; charset=utf-8']);
    expect(answer.body.toString()).not.toContain('secret');
    expect((await get('/assets/main-abcdefgh.js')).status).toBe(404);
    expect((await post()).status).toBe(200);
    failure = new TypeError('internals');
    expect((await get('/', BROWSER)).body.toString()).not.toContain('internals');
  });
});

describe('rates', () => {
  it('leaves a visitor all of its calls, and its calls leave it the page', async () => {
    await start(3);
    for (let i = 0; i < 20; i++) expect((await get('/assets/main-abcdefgh.js')).status).toBe(200);
    await get('/', BROWSER);
    await get('/config.json');
    for (let i = 0; i < 3; i++) expect((await post()).status).toBe(200);
    expect((await post()).status).toBe(429);
    expect((await get('/', BROWSER)).status).toBe(200);
  });

  it('is not free to hammer', async () => {
    await start();
    let refused = 0;
    for (let i = 0; i < PAGE_REQUESTS_PER_MINUTE + 5; i++) if ((await get('/icon.svg')).status === 429) refused += 1;
    expect(refused).toBe(5);
    for (let i = 0; i < 30; i++) await get('/circuits/account-proof/good/circuit.zkey');
    expect((await get('/circuits/account-proof/good/circuit.zkey')).status).toBe(429);
  });
});
