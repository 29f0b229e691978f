import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { silentLogger } from '../../chain/logger.ts';
import { BASE8, packPoint } from '../../protocol/crypto/babyjub.ts';
import { Metrics } from '../metrics.ts';
import { ACCOUNT, FakeBackend } from '../testing/fakeBackend.ts';
import { type RpcServer, type RpcServerOptions, startRpcServer } from './server.ts';

const OPTIONS: RpcServerOptions = {
  host: '127.0.0.1',
  port: 0,
  bodyLimitBytes: 4_096,
  batchLimit: 5,
  requestsPerMinute: 1_000,
  maxConnections: 10,
  maxSubscriptions: 2,
  corsOrigins: [],
  trustProxy: false,
};

let server: RpcServer | undefined;
let backend: FakeBackend;
const hidden: unknown[] = [];

async function start(options: Partial<RpcServerOptions> = {}): Promise<RpcServer> {
  server = await startRpcServer(
    { ...OPTIONS, ...options },
    { backend, metrics: new Metrics(), logger: { ...silentLogger, error: (fields) => hidden.push(fields) } },
  );
  return server;
}

interface Answer {
  readonly status: number;
  // the tests look into whatever JSON comes back
  readonly body: ReturnType<typeof JSON.parse>;
  readonly text: string;
}

async function post(
  body: string,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Promise<Answer> {
  const response = await fetch(server?.url ?? '', { method: 'POST', body, headers });
  const text = await response.text();
  return { status: response.status, text, body: text === '' ? undefined : JSON.parse(text) };
}

function call(method: string, params: unknown = [], id: unknown = 1): Promise<Answer> {
  return post(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
}

beforeEach(() => {
  backend = new FakeBackend();
  hidden.length = 0;
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

describe('answers', () => {
  beforeEach(() => start());

  it('echoes ids and writes bigints as decimal strings', async () => {
    const { body, status } = await call('engram_getAccount', [5], 'my id');
    expect(status).toBe(200);
    expect(body).toEqual({
      jsonrpc: '2.0',
      id: 'my id',
      result: { ...ACCOUNT, balance: String(2n ** 70n), claimed: '0', a: '1', b: '2', c: '3' },
    });
  });

  it('answers null for what is not there', async () => {
    expect((await call('engram_getAccount', [6])).body).toEqual({ jsonrpc: '2.0', id: 1, result: null });
    expect((await call('engram_getBatch', ['latest'])).body.result).toBeNull();
    expect((await call('engram_getBlock', ['12'])).body.result).toBeNull();
  });

  it('takes a key as coordinates or packed', async () => {
    expect((await call('engram_getAccountsByKey', ['1', '2'])).body.result).toHaveLength(1);
    const packed = `0x${Buffer.from(packPoint(BASE8)).toString('hex')}`;
    expect((await call('engram_getAccountsByKey', [packed])).body.result).toEqual([]);
  });

  it('does not answer notifications', async () => {
    const { status, text } = await post(JSON.stringify({ jsonrpc: '2.0', method: 'engram_chainInfo', params: [] }));
    expect({ status, text }).toEqual({ status: 204, text: '' });
  });

  it('answers a batch call by call, without the notifications', async () => {
    const { body } = await post(
      JSON.stringify([
        { jsonrpc: '2.0', id: 1, method: 'engram_getAccount', params: [5] },
        { jsonrpc: '2.0', method: 'engram_getAccount', params: [5] },
        { jsonrpc: '2.0', id: 2, method: 'engram_none' },
      ]),
    );
    expect(body.map((entry: { id: number; error?: { code: number } }) => [entry.id, entry.error?.code])).toEqual([
      [1, undefined],
      [2, -32601],
    ]);
  });

  it('returns the hash of a transaction it took', async () => {
    const { body } = await call('engram_sendTransaction', ['0x01020304']);
    expect(body.result).toMatch(/^0x[0-9a-f]{64}$/);
    expect(backend.sent).toEqual([Uint8Array.of(1, 2, 3, 4)]);
  });

  it('serves health by readiness', async () => {
    expect((await fetch(`${server?.url}/health`)).status).toBe(200);
    backend.healthNow = { live: true, ready: false, reasons: ['L1 is unreachable'] };
    const response = await fetch(`${server?.url}/health`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual(backend.healthNow);
  });

  it('guards what a browser may show, and keeps calls light', async () => {
    const page = await fetch(`${server?.url}/health`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    const answer = await fetch(server?.url ?? '', { method: 'POST', body: '{}' });
    expect(answer.headers.get('content-security-policy')).toBeNull();
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('serves metrics with bounded labels', async () => {
    await call('engram_chainInfo');
    await call('made_up_method_name');
    const text = await (await fetch(`${server?.url}/metrics`)).text();
    expect(text).toContain('engram_rpc_call_seconds_count{method="engram_chainInfo",outcome="ok"} 1');
    expect(text).toContain('engram_rpc_call_seconds_count{method="unknown",outcome="error"} 1');
    expect(text).not.toContain('made_up_method_name');
  });
});

describe('bad input', () => {
  beforeEach(() => start());

  const errorOf = ({ body }: Answer) => [body.id, body.error.code, body.error.data.code];

  it.each(['', '{', '\u0000', 'undefined', '[1,'])('answers a parse error to %j', async (text) => {
    expect(errorOf(await post(text))).toEqual([null, -32700, 'PARSE_ERROR']);
  });

  it.each([
    ['1', null],
    ['null', null],
    ['"x"', null],
    ['[]', null],
    ['{}', null],
    ['{"jsonrpc":"1.0","id":7,"method":"engram_chainInfo"}', 7],
    ['{"jsonrpc":"2.0","id":7,"method":5}', 7],
    ['{"jsonrpc":"2.0","id":{},"method":"engram_chainInfo"}', null],
  ])('answers an invalid request to %s', async (text, id) => {
    expect(errorOf(await post(text))).toEqual([id, -32600, 'INVALID_REQUEST']);
  });

  it('answers each wrong element of a batch', async () => {
    const { body } = await post('[1, {"jsonrpc":"2.0","id":2,"method":"engram_getFees"}]');
    expect(body.map((entry: { id: number; error?: { code: number } }) => [entry.id, entry.error?.code])).toEqual([
      [null, -32600],
      [2, undefined],
    ]);
  });

  it('refuses a batch over the limit', async () => {
    const entry = '{"jsonrpc":"2.0","id":1,"method":"engram_getFees"}';
    const { body } = await post(`[${Array(6).fill(entry).join()}]`);
    expect(body).toHaveLength(1);
    expect(body[0]).toMatchObject({ id: 1, error: { code: -32600, message: 'batch too large' } });
  });

  it('stops answering a batch whose answers grow too long', async () => {
    backend.accountsByAddress = async () => Array.from({ length: 40_000 }, () => ACCOUNT);
    const owner = '0x0000000000000000000000000000000000000003';
    const entry = `{"jsonrpc":"2.0","id":1,"method":"engram_getAccountsByAddress","params":["${owner}"]}`;
    const { body } = await post(`[${Array(5).fill(entry).join()}]`);
    const reasons = body.map(({ error }: { error?: { data: { code: string } } }) => error?.data.code);
    expect(reasons.at(0)).toBeUndefined();
    expect(reasons.at(-1)).toBe('ANSWER_TOO_LARGE');
  });

  it('refuses a body over the limit with 413', async () => {
    const answer = await post(`"${'x'.repeat(5_000)}"`);
    expect(answer.status).toBe(413);
    expect(errorOf(answer)).toEqual([null, -32600, 'BODY_TOO_LARGE']);
  });

  it.each(['engram_none', 'engram_subscribe'])('knows no method %s', async (name) => {
    expect(errorOf(await call(name))).toEqual([1, -32601, 'METHOD_NOT_FOUND']);
  });

  it.each(['__proto__', 'constructor', 'toString', 'eth_none'])('knows no method %s', async (name) => {
    const message = `the method ${name} does not exist/is not available`;
    expect((await call(name)).body.error).toEqual({ code: -32601, message });
  });

  it.each([
    ['engram_getAccount', []],
    ['engram_getAccount', [-1]],
    ['engram_getAccount', [2 ** 24]],
    ['engram_getAccount', [1.5]],
    ['engram_getAccount', ['5']],
    ['engram_getAccount', [5, 6]],
    ['engram_getAccount', { index: 5 }],
    ['engram_sendTransaction', ['0x123']],
    ['engram_sendTransaction', ['']],
    ['engram_sendTransaction', [{ toString: 1 }]],
    ['engram_getTransactionStatus', ['0x12']],
    ['engram_getAccountsByKey', ['1']],
    ['engram_getAccountsByKey', ['-1', '1']],
    ['engram_getAccountsByKey', ['21888242871839275222246405745257275088548364400416034343698204186575808495617', '1']],
    ['engram_getAccountsByAddress', ['0x00']],
    ['engram_getAccountProof', [5, 'finalized']],
    ['engram_getBatch', [null]],
    ['engram_getBlock', ['0x1']],
    ['engram_chainInfo', [1]],
  ])('refuses %s with parameters %j', async (method, params) => {
    expect(errorOf(await call(method, params))).toEqual([1, -32602, 'INVALID_PARAMS']);
  });

  it('passes on the codes of the ledger and of the mempool', async () => {
    const protocol = await call('engram_sendTransaction', ['0x01']);
    expect(errorOf(protocol)).toEqual([1, -32000, 'MALFORMED_BYTES']);
    expect(protocol.body.error.data.details).toEqual({ length: 1, at: '100000000000000000000' });
    expect(errorOf(await call('engram_sendTransaction', ['0xdd000000']))).toEqual([1, -32001, 'POOL_FULL']);
    expect(errorOf(await call('engram_sendTransaction', ['0xcc000000']))).toEqual([1, -32002, 'STOPPED']);
    expect(errorOf(await call('engram_getAccountsByKey', [`0x${'ff'.repeat(32)}`]))[1]).toBe(-32000);
  });

  it('hides internal errors and logs them', async () => {
    const answer = await call('engram_sendTransaction', ['0xee000000']);
    expect(answer.body.error).toEqual({ code: -32603, message: 'internal error', data: { code: 'INTERNAL' } });
    expect(answer.text).not.toContain('hunter2');
    expect(hidden).toHaveLength(1);
    expect(errorOf(await call('engram_getAccountProof', [5]))).toEqual([1, -32603, 'INTERNAL']);
  });

  it('answers JSON-RPC on other paths, methods and content types', async () => {
    const response = await fetch(`${server?.url}/other`, { method: 'POST', body: '{}' });
    expect([response.status, (await response.json()).error.data.code]).toEqual([404, 'NOT_FOUND']);
    const text = await post('{"jsonrpc":"2.0","id":1,"method":"engram_getFees"}', { 'content-type': 'text/plain' });
    expect(text.body.result).toEqual([]);
  });

  it('is not poisoned by __proto__ in a request', async () => {
    await post('{"jsonrpc":"2.0","id":1,"method":"engram_getFees","params":[],"__proto__":{"polluted":1}}');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('sends no CORS headers unless origins are configured', async () => {
    const response = await fetch(server?.url ?? '', { headers: { origin: 'https://example.org' } });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('limits', () => {
  it('answers 429 above the rate, but not to probes', async () => {
    await start({ requestsPerMinute: 2 });
    await call('engram_getFees');
    await call('engram_getFees');
    const answer = await call('engram_getFees');
    expect(answer.status).toBe(429);
    expect([answer.body.id, answer.body.error.code, answer.body.error.data.code]).toEqual([
      null,
      -32005,
      'RATE_LIMITED',
    ]);
    expect((await fetch(`${server?.url}/health`)).status).toBe(200);
  });

  it('frees the port when it stops, twice', async () => {
    const { url, stop } = await start();
    await stop();
    await stop();
    await expect(fetch(url)).rejects.toThrow();
    expect(backend.listeners('block')).toBe(0);
  });
});

describe('other websites’ pages', () => {
  const CALL = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'engram_sendTransaction', params: ['0x01020304'] });

  /** fetch forbids `host`. */
  function raw(
    headers: Record<string, string>,
    body = CALL,
  ): Promise<{ status: number; text: string; headers: object }> {
    return new Promise((resolve, reject) => {
      const sent = request(server?.url ?? '', { method: 'POST', headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
      });
      sent.once('error', reject).end(body);
    });
  }

  it.each([
    { origin: 'https://evil.example', 'content-type': 'text/plain' },
    { origin: 'null', 'content-type': 'text/plain' },
    { origin: 'http://127.0.0.1:1', 'content-type': 'text/plain' },
    { host: 'evil.example:8645', origin: 'http://evil.example:8645' },
    { host: 'evil.example' },
    { host: 'localhost.evil.example' },
    { host: '127.0.0.1.evil.example' },
  ])('with %j get nothing done', async (headers) => {
    await start();
    const { status, text, headers: answered } = await raw(headers);
    expect([status, text]).toEqual([403, expect.stringMatching(/FOREIGN_(ORIGIN|HOST)/)]);
    expect(answered).toMatchObject({ 'x-content-type-options': 'nosniff' });
    expect(backend.sent).toEqual([]);
  });

  it('open no WebSocket, and a page of the node’s own does', async () => {
    const { url } = await start();
    const opened = (origin: string | undefined) =>
      new Promise<boolean>((resolve) => {
        const socket = new WebSocket(url.replace('http', 'ws'), origin === undefined ? {} : { origin });
        socket.once('open', () => resolve(true)).once('error', () => resolve(false));
        socket.once('open', () => socket.close());
      });
    expect(await opened('https://evil.example')).toBe(false);
    expect(await opened(url)).toBe(true);
    expect(await opened(undefined)).toBe(true);
  });

  it.each([
    {},
    { origin: 'chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn' },
    { host: 'localhost:8645', origin: 'http://localhost:8645' },
    { host: '[::1]:8645', origin: 'http://[::1]:8645' },
    { host: 'localhost', origin: 'http://localhost:80' },
  ])('are not programs, wallets and the node’s own page: %j', async (headers) => {
    await start();
    expect((await raw(headers)).status).toBe(200);
  });

  it('may call if they are named; behind a proxy the node’s name is the proxy’s matter', async () => {
    await start({ corsOrigins: ['https://page.example'] });
    expect((await raw({ origin: 'https://page.example' })).status).toBe(200);
    expect((await raw({ host: 'page.example' })).status).toBe(200);
    expect((await raw({ origin: 'https://page.example.evil.example' })).status).toBe(403);
    await server?.stop();
    await start({ trustProxy: true });
    expect((await raw({ origin: 'https://page.example', host: 'page.example' })).status).toBe(200);
  });
});
