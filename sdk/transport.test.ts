import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { engramChain } from './chain.ts';
import { createLedgerClient } from './client.ts';
import type { TransactionStatus } from './rpcTypes.ts';
import { engramTransport } from './transport.ts';

const HASH = `0x${'ab'.repeat(32)}` as const;

/** A node of which only the status of one transaction matters. */
class Status {
  status: TransactionStatus['status'] = 'pending';
  polls = 0;
  subscriptions = 0;
  failsWith: object | undefined;
  readonly sockets = new Set<WebSocket>();
  readonly #http: Server;
  readonly #ws: WebSocketServer;

  constructor() {
    this.#http = createServer((request, response) => void this.#answer(request, response));
    this.#ws = new WebSocketServer({ server: this.#http });
    this.#ws.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('message', (data) => {
        const { id, method } = JSON.parse(data.toString());
        if (method === 'engram_subscribe') this.subscriptions += 1;
        socket.send(JSON.stringify({ jsonrpc: '2.0', id, result: `s${this.subscriptions}` }));
        if (method === 'engram_subscribe') this.push();
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#http.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  push(): void {
    for (let n = 1; n <= this.subscriptions; n += 1) {
      const params = { subscription: `s${n}`, result: { hash: HASH, status: this.status } };
      const text = JSON.stringify({ jsonrpc: '2.0', method: 'engram_subscription', params });
      for (const socket of this.sockets) socket.send(text);
    }
  }

  refuseSockets(): void {
    this.#ws.removeAllListeners('connection');
    this.#ws.on('connection', (socket) => socket.terminate());
  }

  /** Connections are taken, and `speak` is all they ever hear. */
  hijackSockets(speak: (socket: WebSocket) => void): void {
    this.#ws.removeAllListeners('connection');
    this.#ws.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('message', () => speak(socket));
    });
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += chunk;
    this.polls += 1;
    const { id } = JSON.parse(text);
    const body =
      this.failsWith === undefined ? { result: { hash: HASH, status: this.status } } : { error: this.failsWith };
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...body }));
  }
}

let node: Status;
let url: string;
beforeEach(async () => {
  node = new Status();
  url = await node.listen();
});
afterEach(() => node.close());

function client(config: { webSocket?: boolean } = {}) {
  const rollup = '0x5FbDB2315678afecb367f032d93F642f64180aa3';
  const chain = engramChain({ id: 7, rpcUrl: url, l1: { id: 1 }, rollup });
  return createLedgerClient({
    chain,
    transport: engramTransport(undefined, { ...config, retryCount: 0 }),
    pollingIntervalMs: 5,
  });
}

describe('the transport', () => {
  it('waits by subscription and closes the connection when nobody waits', async () => {
    const waiting = client().waitFor(HASH, 'included', {
      onStatus: ({ status }) => {
        if (status !== 'pending') return;
        node.status = 'committed';
        node.push();
      },
    });
    expect((await waiting).status).toBe('committed');
    expect(node.polls).toBe(0);
    const [socket] = node.sockets;
    if (socket !== undefined) await new Promise((resolve) => socket.once('close', resolve));
    expect(node.sockets.size).toBe(0);
  });

  it('shares one connection between those who wait', async () => {
    const ledger = client();
    const waits = Array.from({ length: 5 }, () => ledger.waitFor(HASH, 'proven'));
    while (node.subscriptions < 5) await new Promise((resolve) => setImmediate(resolve));
    expect(node.sockets.size).toBe(1);
    node.status = 'proven';
    node.push();
    await Promise.all(waits);
    expect(node.polls).toBe(0);
  });

  it('polls when the connection is lost', async () => {
    const waiting = client().waitFor(HASH, 'included', {
      onStatus: ({ status }) => {
        if (status !== 'pending') return;
        node.status = 'included';
        for (const socket of node.sockets) socket.terminate();
      },
    });
    expect((await waiting).status).toBe('included');
    expect(node.polls).toBeGreaterThan(0);
  });

  it('polls when there is no WebSocket, or none is wanted', async () => {
    node.status = 'included';
    node.refuseSockets();
    await client().waitFor(HASH, 'included');
    await client({ webSocket: false }).waitFor(HASH, 'included');
    expect(node.polls).toBe(2);
  });

  it('waits for a node that is away for a while, and not for ever', async () => {
    node.refuseSockets();
    const away = { code: -32002, message: 'no', data: { code: 'STOPPED' } };
    node.failsWith = away;
    const waiting = client().waitFor(HASH, 'included');
    while (node.polls < 3) await new Promise((resolve) => setImmediate(resolve));
    node.status = 'included';
    node.failsWith = undefined;
    expect((await waiting).status).toBe('included');
    node.failsWith = away;
    const given = client().waitFor(HASH, 'proven', { awayMs: 0 });
    await expect(given).rejects.toMatchObject({ name: 'NodeUnavailableError', code: 'STOPPED' });
  });

  it.each([
    'not json',
    'null',
    '7',
    '{"jsonrpc":"2.0","id":1,"error":null}',
    '{"jsonrpc":"2.0","method":"engram_subscription","params":null}',
  ])('hangs up on a node that says %s, and polls', async (text) => {
    node.status = 'included';
    node.hijackSockets((socket) => socket.send(text));
    expect((await client().waitFor(HASH, 'included')).status).toBe('included');
    expect(node.polls).toBe(1);
  });

  it('keeps to its time with a node that takes connections and says nothing', async () => {
    node.hijackSockets(() => undefined);
    const waiting = client().waitFor(HASH, 'included', { timeoutMs: 50 });
    await expect(waiting).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' });
  });

  it('gives every error of the node its class and code', async () => {
    const cases = [
      [-32000, 'BAD_VOUCHER', 'LedgerRefusedError'],
      [-32001, 'POOL_FULL', 'MempoolRefusedError'],
      [-32002, 'HALTED', 'NodeUnavailableError'],
      [-32005, 'RATE_LIMITED', 'NodeUnavailableError'],
      [-32602, 'INVALID_PARAMS', 'RpcFailedError'],
      [-32603, 'INTERNAL', 'RpcFailedError'],
    ] as const;
    for (const [code, reason, name] of cases) {
      node.failsWith = { code, message: 'no', data: { code: reason, details: { limit: 3 } } };
      const refused = client().getTransactionStatus(HASH);
      await expect(refused).rejects.toMatchObject({ name, code: reason, details: { limit: 3 } });
    }
    await node.close();
    await expect(client().getTransactionStatus(HASH)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});
