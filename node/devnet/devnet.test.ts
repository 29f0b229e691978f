import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localClients } from '../../bridge/deploy/localL1.ts';
import { silentLogger } from '../../chain/logger.ts';
import { engram } from '../testing/runCli.ts';
import { type Devnet, type DevnetOptions, startDevnet } from './devnet.ts';

/** Real circuits, contracts and verifiers, without waiting for proofs: those are test/e2e's. */
let folder: string;
let devnet: Devnet | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engram-devnet-test-'));
});
afterAll(async () => {
  await devnet?.stop();
  await rm(folder, { recursive: true });
});

const options = (change: DevnetOptions = {}): DevnetOptions => ({
  dataDir: folder,
  shapes: ['small'],
  prove: false,
  blockMs: 100,
  batchMs: 500,
  l1WaitMs: 100,
  logger: silentLogger,
  ...change,
});

describe('a devnet', () => {
  it('comes up with funded accounts and commits their batches to L1', async () => {
    devnet = await startDevnet(options());
    const { accounts, rpcUrl, rpc, tokens } = devnet;
    expect(tokens.map(({ symbol }) => symbol)).toEqual(['ETH', 'TEST']);
    expect(new Set(accounts.map(({ owner }) => owner))).toEqual(new Set(['fees', 'alice', 'bob', 'carol']));
    const of = (owner: string, token: number) =>
      String(accounts.find((a) => a.owner === owner && a.token === token)?.index);
    const run = await engram(
      ...['transfer', '--dev', 'alice', '--from', of('alice', 1), '--to', of('bob', 1), '--amount', '1ether'],
      ...['--fee', '7', '--wait', 'committed', '--rpc', rpcUrl, '--json'],
    );
    expect(run.json.status).toBe('committed');
    const fees = await rpc.request('engram_getAccount', [Number(of('fees', 1))]);
    expect(fees?.balance).toBe('1000000000000000007');
  }, 300_000);

  it('sets its time forward, on L1 too, once L1 has all batches', async () => {
    const { rpc, l1 } = devnet as Devnet; // the case before started it
    const { time } = await rpc.request('engram_chainInfo', []);
    const { time: later } = await rpc.request('engram_devAdvanceTime', [90_000]);
    expect(later - time).toBeGreaterThanOrEqual(90_000);
    const { timestamp } = await localClients(l1).publicClient.getBlock();
    expect(Number(timestamp) - time).toBeGreaterThanOrEqual(90_000);
    const { heads } = await rpc.request('engram_chainInfo', []);
    expect(heads.committed.batch).toBe(heads.unsafe.batch);
    // what comes after carries the new time, and L1 takes it
    const { rpcUrl, accounts } = devnet as Devnet; // as above
    const [from, to] = ['alice', 'bob'].map((name) => accounts.find(({ owner }) => owner === name)?.index);
    const pay = ['transfer', '--dev', 'alice', '--from', String(from), '--to', String(to), '--amount', '1'];
    const run = await engram(...pay, '--wait', 'committed', '--rpc', rpcUrl, '--json');
    expect(run.json.status).toBe('committed');
    const batch = await rpc.request('engram_getBatch', [run.json.batch]);
    expect(batch?.timestamp).toBeGreaterThanOrEqual(later);
  });

  it('continues after it was stopped, with the same L1, contract, accounts and time', async () => {
    const before = devnet;
    const { time = 0 } = (await before?.rpc.request('engram_chainInfo', [])) ?? {};
    const { heads } = (await before?.rpc.request('engram_chainInfo', [])) ?? {};
    await before?.stop();
    devnet = await startDevnet(options());
    expect(devnet.rollup).toBe(before?.rollup);
    expect(devnet.accounts).toEqual(before?.accounts);
    const now = await devnet.rpc.request('engram_chainInfo', []);
    expect(Number(now.heads.unsafe.block)).toBeGreaterThanOrEqual(Number(heads?.unsafe.block));
    expect(now.heads.unsafe.root).toBe(heads?.unsafe.root);
    expect(now.time).toBeGreaterThanOrEqual(time);
    expect(now.attestations).toBe(devnet.attestations);
  });

  it('refuses to continue with a damaged L1', async () => {
    await devnet?.stop();
    devnet = undefined;
    await rm(join(folder, 'l1-state.json'));
    await expect(startDevnet(options())).rejects.toMatchObject({ code: 'DEVNET_STALE' });
  });

  it('leaves nothing running or on disk when it is cancelled', async () => {
    const stop = new AbortController();
    const started = startDevnet({
      ...options(),
      dataDir: undefined,
      signal: stop.signal,
      onStep: (step) => step === 'deposits' && stop.abort(),
    });
    await expect(started).rejects.toThrow();
  });
});
