import {
  createPublicClient,
  custom,
  encodeErrorResult,
  HttpRequestError,
  http,
  type PublicClient,
  parseAbi,
} from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WebConfig } from '../../../../sdk/webConfig.ts';
import type { ToPage, ToWorker } from './messages.ts';
import { coreOptions } from './openRecovery.ts';
import { PageSide, type WorkerLike } from './pageSide.ts';
import { expectRecoveryError } from './testing/expectRecoveryError.ts';
import { type Intercept, RecoveryWorld } from './testing/recoveryWorld.ts';
import { WorkerSide } from './workerSide.ts';

/** Both halves, with all that crosses copied as between threads; the thread itself is in browser.test.ts. */
let world: RecoveryWorld;
beforeAll(async () => {
  world = await RecoveryWorld.start({ isMock: true });
  await world.populate();
});
afterAll(() => world?.f.l1.stop());

type Listener = (event: { readonly data: ToPage; readonly message?: string }) => void;

/** A worker on the same thread, that can be made to die. */
class NearWorker implements WorkerLike {
  readonly listeners = new Map<string, Listener[]>();
  readonly waits: number[] = [];
  isTerminated = false;
  readonly #side = new WorkerSide({
    post: (message) => this.fire('message', { data: structuredClone(message) }),
    wait: async (milliseconds) => void this.waits.push(milliseconds),
  });

  postMessage(message: ToWorker): void {
    const copy = structuredClone(message);
    queueMicrotask(() => this.#side.onMessage(copy));
  }

  // The implementation of two overloads that differ in what they hand over.
  addEventListener(type: string, listener: unknown): void {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener as Listener]);
  }

  fire(type: string, event: Partial<Parameters<Listener>[0]>): void {
    // The cast: each type of event has only its own part.
    if (!this.isTerminated)
      for (const listener of this.listeners.get(type) ?? []) listener(event as Parameters<Listener>[0]);
  }

  terminate(): void {
    this.isTerminated = true;
  }
}

let workers: NearWorker[] = [];
beforeEach(() => {
  workers = [];
});

const honest: Intercept = (method, params, ask) => ask(method, params);
function page(l1: PublicClient = world.through(honest), limit = () => 60_000): PageSide {
  const startWorker = () => {
    const worker = new NearWorker();
    workers.push(worker);
    return worker;
  };
  return new PageSide({
    ...{ options: world.options(), l1, startWorker },
    get l1TimeoutMs() {
      return limit();
    },
  });
}

/** An endpoint that fails as HTTP ones do, `times` times. */
function failing(times: number, error: () => Error): PublicClient {
  let left = times;
  const { request } = http(world.f.l1.url)({});
  const provider = {
    request: (question: { method: string }): Promise<unknown> => {
      left -= 1;
      // The cast: viem types each method by itself.
      return left >= 0 ? Promise.reject(error()) : request(question as never);
    },
  };
  return createPublicClient({ transport: custom(provider, { retryCount: 0 }), cacheTime: 0 });
}
const httpError = (status: number) => new HttpRequestError({ url: 'http://l1.example/v3/secret-key', status });

describe('across threads', () => {
  it('results, progress and integers arrive', async () => {
    const seen: number[] = [];
    const recovery = page();
    const onProgress = ({ batch }: { batch: number }) => void seen.push(batch);
    const { accounts, exits } = await recovery.ledger(world.f.bob.account, { onProgress });
    expect([accounts[0]?.balance, exits.length, seen]).toEqual([30n, 3, [0, 1, 2, 3]]);
    expect(workers.length).toBe(1);
    recovery.stop();
  });

  it('no worker is started before it is needed', () => {
    page().stop();
    expect(workers).toEqual([]);
  });

  it('failures keep their code and data', async () => {
    const recovery = page();
    await expectRecoveryError('NO_ARTIFACTS', recovery.prove(1));
    const lost = page(failing(99, () => httpError(502)));
    const { data, message } = await expectRecoveryError('L1_UNREACHABLE', lost.ledger(world.f.bob.account));
    expect(data).toEqual({ status: 502 });
    // Addresses of endpoints hold keys.
    expect(message).not.toContain('secret');
  });

  it('an endpoint that counts questions is asked again, later and later, and not for ever', async () => {
    const recovery = page(failing(3, () => httpError(429)));
    expect((await recovery.ledger(world.f.bob.account)).batch).toBe(3);
    expect(workers[0]?.waits).toEqual([500, 1_000, 2_000]);
    const never = page(failing(99, () => httpError(429)));
    const { data } = await expectRecoveryError('L1_UNREACHABLE', never.ledger(world.f.bob.account));
    expect([data, workers[1]?.waits.length]).toEqual([{ status: 429 }, 5]);
  });

  it('an endpoint that never answers holds up nobody for ever', async () => {
    let isSilent = true;
    const l1 = world.through((method, params, ask) => (isSilent ? new Promise(() => undefined) : ask(method, params)));
    const recovery = page(l1, () => (isSilent ? 20 : 60_000));
    const abort = new AbortController();
    const given = recovery.ledger(world.f.bob.account, { signal: abort.signal });
    abort.abort();
    await expectRecoveryError('ABORTED', given);
    await expectRecoveryError('L1_UNREACHABLE', recovery.ledger(world.f.bob.account));
    isSilent = false;
    expect((await recovery.ledger(world.f.bob.account)).batch).toBe(3);
  });

  it('an endpoint cannot send the page elsewhere: a revert that names an address to fetch is a refusal', async () => {
    const { rollup } = world.options();
    const data = encodeErrorResult({
      abi: parseAbi(['error OffchainLookup(address sender, string[] urls, bytes callData, bytes4 back, bytes extra)']),
      args: [rollup, ['http://192.168.0.1/{sender}/{data}'], '0x', '0x00000000', '0x'],
    });
    const luring = world.through((method, params, ask) =>
      method === 'eth_call'
        ? Promise.reject(Object.assign(new Error('execution reverted'), { code: 3, data }))
        : ask(method, params),
    );
    const fetched = vi.spyOn(globalThis, 'fetch');
    await expectRecoveryError('NOT_A_ROLLUP', page(luring).ledger(world.f.bob.account));
    expect(fetched.mock.calls.map(([url]) => String(url)).filter((url) => url.includes('192.168'))).toEqual([]);
    fetched.mockRestore();
  });

  it('an abort is told at once, to the worker too', async () => {
    const recovery = page();
    const abort = new AbortController();
    const given = recovery.ledger(world.f.bob.account, { signal: abort.signal });
    abort.abort();
    await expectRecoveryError('ABORTED', given);
    await expectRecoveryError('ABORTED', recovery.ledger(world.f.bob.account, { signal: abort.signal }));
    expect((await recovery.ledger(world.f.bob.account)).batch).toBe(3);
  });

  it('stop ends what is in progress, and everything after; twice is as once', async () => {
    const recovery = page();
    const running = recovery.ledger(world.f.bob.account);
    recovery.stop();
    recovery.stop();
    await expectRecoveryError('STOPPED', running);
    await expectRecoveryError('STOPPED', recovery.ledger(world.f.bob.account));
    expect(workers.map(({ isTerminated }) => isTerminated)).toEqual([true]);
  });

  it('a worker that dies is replaced at the next call', async () => {
    const recovery = page();
    const running = recovery.ledger(world.f.bob.account);
    workers[0]?.fire('error', { message: 'out of memory' });
    const { data } = await expectRecoveryError('WORKER_FAILED', running);
    expect([data, workers[0]?.isTerminated]).toEqual([{ message: 'out of memory' }, true]);
    expect((await recovery.ledger(world.f.bob.account)).batch).toBe(3);
    expect(workers.length).toBe(2);
  });

  it('L1 is only asked to read, whatever the worker wants', async () => {
    const asked: string[] = [];
    const recovery = page(
      world.through((method, params, ask) => {
        asked.push(method);
        return ask(method, params);
      }),
    );
    await recovery.ledger(world.f.bob.account);
    asked.length = 0;
    const refused = new Promise<ToWorker>((resolve) => {
      const [worker] = workers;
      if (worker !== undefined) worker.postMessage = resolve;
    });
    workers[0]?.fire('message', { data: { type: 'l1', id: 1e6, method: 'eth_sendTransaction', params: [{}] } });
    expect(await refused).toMatchObject({ type: 'l1Refusal', id: 1e6 });
    expect(asked).toEqual([]);
  });
});

describe('the configuration', () => {
  const config: WebConfig = {
    ...{
      version: 1,
      name: 'test',
      rollup: '0x5fbdb2315678afecb367f032d93f642f64180aa3',
      deployedAt: 7,
      l2: { chainId: 2 },
    },
    l1: { chainId: 1, name: 'L1', confirmations: 0, blockSeconds: 1 },
    pace: { batchSeconds: 1, proofSeconds: 1 },
  };

  it('addresses of files are relative to the page, not to the worker', () => {
    const accountProof = { wasm: 'circuits/a.wasm', zkey: './circuits/a.zkey', vkey: '/circuits/a.json' };
    expect(coreOptions({ ...config, accountProof }, 'https://engram.example/app/').artifacts).toEqual({
      wasm: 'https://engram.example/app/circuits/a.wasm',
      zkey: 'https://engram.example/app/circuits/a.zkey',
      vkey: 'https://engram.example/circuits/a.json',
    });
    expect(coreOptions(config, 'https://engram.example/').artifacts).toBe(undefined);
  });
});
