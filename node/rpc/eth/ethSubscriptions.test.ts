import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { bytesHex, hexBytes } from '../../../chain/evm/crypto.ts';
import { silentLogger } from '../../../chain/logger.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import { Metrics } from '../../metrics.ts';
import { FakeBackend } from '../../testing/fakeBackend.ts';
import { type RpcServer, startRpcServer } from '../server.ts';
import { EthWorld } from './testing/ethWorld.ts';

interface Incoming {
  readonly id?: number;
  readonly result?: ReturnType<typeof JSON.parse>;
  readonly error?: { readonly code: number; readonly message: string };
  readonly params?: { readonly subscription: Hex; readonly result: ReturnType<typeof JSON.parse> };
}

let world: EthWorld;
let probe: Hex;
let server: RpcServer;
let socket: WebSocket;
let received: Incoming[];
let nextId = 0;

beforeAll(async () => {
  world = await EthWorld.create();
  probe = await world.deployProbe();
  server = await startRpcServer(
    {
      host: '127.0.0.1',
      port: 0,
      bodyLimitBytes: 1_000_000,
      batchLimit: 10,
      requestsPerMinute: 100_000,
      maxConnections: 10,
      maxSubscriptions: 3,
      corsOrigins: [],
      trustProxy: false,
    },
    { backend: new FakeBackend(), evm: world.backend, metrics: new Metrics(), logger: silentLogger },
  );
}, 120_000);
afterAll(async () => {
  await server.stop();
  await world.stop();
});

beforeEach(async () => {
  received = [];
  socket = new WebSocket(server.url.replace('http', 'ws'));
  socket.on('message', (data) => received.push(JSON.parse(String(data))));
  await once(socket, 'open');
});
afterEach(() => socket.terminate());

async function ask(method: string, params: readonly unknown[]): Promise<Incoming> {
  nextId += 1;
  const id = nextId;
  socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  await expect.poll(() => received.some((message) => message.id === id)).toBe(true);
  return received.find((message) => message.id === id) ?? {};
}

/** Waits for the events of a subscription. */
async function events(subscription: Hex, count: number): Promise<ReturnType<typeof JSON.parse>[]> {
  const of = () => received.flatMap(({ params }) => (params?.subscription === subscription ? [params.result] : []));
  await expect.poll(() => of().length).toBe(count);
  return of();
}

const store = (value: bigint) => world.send(1, { to: probe, data: hexBytes(world.data('store', [value])) });

describe('eth_subscribe', () => {
  it('tells of heads, logs and pending transactions', async () => {
    const { result: heads } = await ask('eth_subscribe', ['newHeads']);
    const { result: logs } = await ask('eth_subscribe', ['logs', { address: probe, topics: [] }]);
    const { result: txs } = await ask('eth_subscribe', ['newPendingTransactions']);
    const tx = await store(4n);
    const block = await world.mine();
    expect(await events(txs, 1)).toEqual([tx.hash]);
    const [head] = await events(heads, 1);
    expect([head.hash, head.number]).toEqual([block.hash, `0x${block.header.number.toString(16)}`]);
    expect(head).not.toHaveProperty('transactions');
    const [log] = await events(logs, 1);
    expect(log).toMatchObject({ address: probe, transactionHash: tx.hash, logIndex: '0x0', removed: false });
  });

  it('gives whole transactions where they are wanted', async () => {
    const { result: id } = await ask('eth_subscribe', ['newPendingTransactions', true]);
    const tx = await store(5n);
    const [seen] = await events(id, 1);
    expect(seen).toMatchObject({ hash: tx.hash, from: tx.sender, blockHash: null });
    await world.mine();
  });

  it('tells only of the logs that were asked for', async () => {
    const { result: none } = await ask('eth_subscribe', ['logs', { address: `0x${'ab'.repeat(20)}` }]);
    const { result: all } = await ask('eth_subscribe', ['logs']);
    await store(6n);
    await world.mine();
    await events(all, 1);
    expect(await events(none, 0)).toEqual([]);
  });

  it('ends when asked to', async () => {
    const { result: id } = await ask('eth_subscribe', ['newHeads']);
    const { result: other } = await ask('eth_subscribe', ['newHeads']);
    expect((await ask('eth_unsubscribe', [id])).result).toBe(true);
    await world.mine();
    await events(other, 1);
    expect(await events(id, 0)).toEqual([]);
    expect((await ask('eth_unsubscribe', [id])).error).toEqual({ code: -32000, message: 'subscription not found' });
  });

  it.each([
    [['nonsense'], -32601, 'no "nonsense" subscription in eth namespace'],
    [[], -32602, 'missing value for required argument 0'],
    [['logs', { address: '0x12' }], -32602, 'invalid argument 1: hex string has length 2, want 40 for common.Address'],
    [['logs', { blockHash: `0x${'11'.repeat(32)}` }], -32602, 'invalid block range params'],
  ])('refuses %j', async (params, code, message) => {
    expect((await ask('eth_subscribe', params)).error).toEqual({ code, message });
  });

  it('is limited on a connection', async () => {
    for (let i = 0; i < 3; i++) await ask('eth_subscribe', ['syncing']);
    expect((await ask('eth_subscribe', ['newHeads'])).error).toMatchObject({ code: -32005 });
  });

  it('needs a connection', async () => {
    const response = await fetch(server.url, {
      method: 'POST',
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] }),
    });
    expect((await response.json()).error).toEqual({ code: -32601, message: 'notifications not supported' });
  });
});

describe('batches', () => {
  it('take in transactions together, and answer in order', async () => {
    const txs = [7n, 8n, 9n].map((value) => world.sign(2, { to: probe, value, gasLimit: 100_000n }));
    const calls = [
      ...txs.map(({ raw }, id) => ({ jsonrpc: '2.0', id, method: 'eth_sendRawTransaction', params: [bytesHex(raw)] })),
      { jsonrpc: '2.0', id: 3, method: 'eth_getTransactionCount', params: [txs[0]?.sender, 'pending'] },
    ];
    const response = await fetch(server.url, { method: 'POST', body: JSON.stringify(calls) });
    const answers = (await response.json()) as Incoming[];
    expect(answers.map(({ id, result }) => [id, result])).toEqual([...txs.map(({ hash }, i) => [i, hash]), [3, '0x3']]);
    await world.mine();
  });

  it('keep the node answering, however many there are', async () => {
    const call = { jsonrpc: '2.0', id: 7, method: 'eth_blockNumber' };
    const response = await fetch(server.url, { method: 'POST', body: JSON.stringify(Array(11).fill(call)) });
    expect(await response.json()).toMatchObject([{ id: 7, error: { code: -32600, message: 'batch too large' } }]);
    const single = await fetch(server.url, { method: 'POST', body: JSON.stringify(call) });
    expect(await single.json()).toMatchObject({ id: 7, result: expect.stringMatching(/^0x/) });
  });
});
