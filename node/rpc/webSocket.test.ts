import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { silentLogger } from '../../chain/logger.ts';
import { RpcClient, RpcClientError } from '../../sdk/rpcClient.ts';
import type { BatchEvent, Hex, Wire } from '../../sdk/rpcTypes.ts';
import { Metrics } from '../metrics.ts';
import { ACCOUNT, FakeBackend } from '../testing/fakeBackend.ts';
import { type RpcServer, type RpcServerOptions, startRpcServer } from './server.ts';

const HASH: Hex = `0x${'12'.repeat(32)}`;
let server: RpcServer;
let backend: FakeBackend;
let client: RpcClient;

async function start(options: Partial<RpcServerOptions> = {}): Promise<void> {
  backend = new FakeBackend();
  server = await startRpcServer(
    {
      host: '127.0.0.1',
      port: 0,
      bodyLimitBytes: 4_096,
      batchLimit: 3,
      requestsPerMinute: 1_000,
      maxConnections: 1,
      maxSubscriptions: 2,
      corsOrigins: [],
      trustProxy: false,
      ...options,
    },
    { backend, metrics: new Metrics(), logger: silentLogger },
  );
  client = new RpcClient(server.url);
}

beforeEach(() => start());
afterEach(async () => {
  await client.close();
  await server.stop();
});

/** The next value handed to the returned function. */
function next<T>(): { give: (value: T) => void; value: Promise<T> } {
  let give: (value: T) => void = () => undefined;
  const value = new Promise<T>((resolve) => {
    give = resolve;
  });
  return { give, value };
}

async function raw(text: string): Promise<ReturnType<typeof JSON.parse>> {
  const socket = new WebSocket(server.url.replace('http', 'ws'));
  await once(socket, 'open');
  socket.send(text);
  const [data] = await Promise.race([
    once(socket, 'message'),
    once(socket, 'close').then(() => Promise.reject(new Error('closed'))),
  ]);
  socket.terminate();
  return JSON.parse(String(data));
}

describe('subscriptions', () => {
  it('tells of batches until unsubscribed', async () => {
    const first = next<Wire<BatchEvent>>();
    const seen: number[] = [];
    const subscription = await client.subscribe('batches', [], (event) => {
      seen.push(event.number);
      first.give(event);
    });
    backend.emit('batch', { number: 1, status: 'closed', newRoot: 2n ** 100n });
    expect(await first.value).toEqual({ number: 1, status: 'closed', newRoot: String(2n ** 100n) });
    await subscription.unsubscribe();
    backend.emit('batch', { number: 2, status: 'closed', newRoot: 1n });
    // an answer after the event shows that the event did not come
    await (await client.subscribe('blocks', [], () => undefined)).unsubscribe();
    expect(seen).toEqual([1]);
  });

  it('tells the state of an account first, then its changes, and of no other', async () => {
    const balances: string[] = [];
    const done = next<void>();
    await client.subscribe('account', [5], ({ balance }) => {
      balances.push(balance);
      if (balance === '2') done.give();
    });
    backend.emit('account', { ...ACCOUNT, index: 6, balance: 9n });
    backend.emit('account', { ...ACCOUNT, balance: 2n });
    await done.value;
    expect(balances).toEqual([String(ACCOUNT.balance), '2']);
  });

  it('waits for a transaction from whatever state it is in', async () => {
    backend.status = { status: 'pending' };
    const committed = client.waitForTransaction(HASH, 'committed');
    const subscribed = client.subscribe('txStatus', [HASH], () => undefined);
    await subscribed; // same connection: the wait above is subscribed too
    backend.emit('transaction', { hash: HASH, status: 'included', block: 3n });
    backend.emit('transaction', { hash: HASH, status: 'proven', block: 3n, batch: 1 });
    expect(await committed).toEqual({ hash: HASH, status: 'proven', block: '3', batch: 1 });
  });

  it('fails the wait with the reason a transaction was dropped for', async () => {
    backend.status = { status: 'dropped', reason: { code: 'EXPIRED' } };
    await expect(client.waitForTransaction(HASH, 'included')).rejects.toMatchObject({ reason: 'EXPIRED' });
  });

  it('gives the wait up on a signal', async () => {
    const controller = new AbortController();
    const wait = client.waitForTransaction(HASH, 'included', { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(wait).rejects.toThrow('enough');
  });

  it('limits the subscriptions of a connection', async () => {
    await client.subscribe('blocks', [], () => undefined);
    await client.subscribe('blocks', [], () => undefined);
    const third = client.subscribe('blocks', [], () => undefined);
    await expect(third).rejects.toMatchObject({ code: -32005, reason: 'TOO_MANY_SUBSCRIPTIONS' });
  });

  it.each([['["nonsense"]'], ['["txStatus"]'], ['["txStatus","0x12"]'], ['["account",-1]'], ['["blocks",1]'], ['[]']])(
    'refuses to subscribe with %s',
    async (params) => {
      const answer = await raw(`{"jsonrpc":"2.0","id":1,"method":"engram_subscribe","params":${params}}`);
      expect(answer).toMatchObject({ id: 1, error: { code: -32602, data: { code: 'INVALID_PARAMS' } } });
    },
  );

  it('forgets the subscriptions of a closed connection and tells its own side', async () => {
    const ended = next<RpcClientError>();
    await client.subscribe('blocks', [], () => undefined, ended.give);
    await server.stop();
    expect((await ended.value).reason).toBe('CONNECTION_LOST');
  });
});

describe('connections', () => {
  it('answers ordinary calls and malformed text', async () => {
    expect(await raw('{"jsonrpc":"2.0","id":"a","method":"engram_getFees"}')).toEqual({
      jsonrpc: '2.0',
      id: 'a',
      result: [],
    });
    await expect.poll(() => raw('{').catch(() => undefined)).toMatchObject({ id: null, error: { code: -32700 } });
  });

  it('refuses more connections than configured', async () => {
    await client.subscribe('blocks', [], () => undefined);
    const second = new WebSocket(server.url.replace('http', 'ws'));
    const [code] = await once(second, 'close');
    expect(code).toBe(1013);
  });

  it('drops a peer that sends too large a message', async () => {
    const socket = new WebSocket(server.url.replace('http', 'ws'));
    await once(socket, 'open');
    const closed = once(socket, 'close');
    socket.send('x'.repeat(10_000));
    expect((await closed)[0]).toBe(1009);
  });

  it('does nothing more for a peer that left', async () => {
    const socket = new WebSocket(server.url.replace('http', 'ws'));
    await once(socket, 'open');
    const [first, released] = [next<void>(), next<void>()];
    let calls = 0;
    backend.fees = async () => {
      calls += 1;
      first.give();
      await released.value;
      return [];
    };
    for (let id = 0; id < 100; id += 1) socket.send(`{"jsonrpc":"2.0","id":${id},"method":"engram_getFees"}`);
    await first.value;
    const left = once(socket, 'close');
    socket.close();
    await left;
    // one connection at once: the next one shows that the node noticed, and its answers that the others had their turn
    const ask = () => raw('{"jsonrpc":"2.0","id":1,"method":"engram_getAccount","params":[5]}');
    await expect
      .poll(
        () =>
          ask()
            .then(() => true)
            .catch(() => false),
        { timeout: 10_000 },
      )
      .toBe(true);
    released.give();
    for (let i = 0; i < 3; i += 1)
      await expect
        .poll(() =>
          ask()
            .then(() => true)
            .catch(() => false),
        )
        .toBe(true);
    expect(calls).toBe(1);
  });

  it('cuts off a peer that sends more than is kept for it', async () => {
    await client.close();
    await server.stop();
    await start({ bodyLimitBytes: 2 ** 20 });
    const socket = new WebSocket(server.url.replace('http', 'ws'));
    await once(socket, 'open');
    const never = next<void>();
    backend.fees = async () => {
      await never.value;
      return [];
    };
    const closed = once(socket, 'close');
    socket.send('{"jsonrpc":"2.0","id":1,"method":"engram_getFees"}');
    for (let i = 0; i < 12; i += 1) socket.send(' '.repeat(2 ** 20 - 1));
    expect((await closed)[0]).toBe(1006);
    never.give();
  });

  it('limits the rate of messages', async () => {
    await client.close();
    await server.stop();
    await start({ requestsPerMinute: 1 });
    const socket = new WebSocket(server.url.replace('http', 'ws'));
    const answers: { id: number | null; error?: { code: number } }[] = [];
    const second = next<void>();
    socket.on('message', (data) => {
      answers.push(JSON.parse(String(data)));
      if (answers.length === 2) second.give();
    });
    await once(socket, 'open');
    for (const id of [1, 2]) socket.send(`{"jsonrpc":"2.0","id":${id},"method":"engram_getFees"}`);
    await second.value;
    socket.terminate();
    // the refusal needs no turn in the queue, so it may come before the answer
    expect(answers.map(({ id, error }) => [id, error?.code])).toEqual(
      expect.arrayContaining([
        [1, undefined],
        [null, -32005],
      ]),
    );
  });
});

describe('client', () => {
  it('turns the errors of the node into coded errors', async () => {
    const error = await client.request('engram_sendTransaction', ['0x01']).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RpcClientError);
    expect(error).toMatchObject({ code: -32000, reason: 'MALFORMED_BYTES', details: { length: 1 } });
  });

  it('reports a node that is not there', async () => {
    await server.stop();
    await expect(client.request('engram_getFees', [])).rejects.toMatchObject({ reason: 'UNREACHABLE' });
    await expect(client.subscribe('blocks', [], () => undefined)).rejects.toMatchObject({ reason: 'UNREACHABLE' });
  });
});
