import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerAgent } from '../../agents/discovery/registerAgent.ts';
import { ModelRunner } from '../../agents/execution/modelRunner.ts';
import { buildModels } from '../../agents/models/buildModels.ts';
import type { BuiltModel } from '../../agents/models/catalog.ts';
import { providerOptions } from '../../agents/provider/options.ts';
import { ProviderService } from '../../agents/provider/providerService.ts';
import type { Runner } from '../../agents/provider/runner.ts';
import { Fixture } from '../../bridge/testing/fixture.ts';
import { ShiftableClock, systemClock } from '../../chain/clock.ts';
import { silentLogger } from '../../chain/logger.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { Subtype } from '../../protocol/types.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { createEngramClient } from '../../sdk/client.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import { devAccount } from '../devnet/accounts.ts';
import { accountsOf } from '../devnet/funding.ts';
import type { EngramNode } from '../node.ts';
import { engram, type Run } from '../testing/runCli.ts';
import { PATIENT, startTestNode } from '../testing/testNode.ts';

/**
 * `engram evaluator` with everything real: models, providers over HTTP, announcements, purchases, claims, samples. One provider is good,
 * one has a worse model and says so, one says it has the good model and changes some answers. The cases follow one another.
 */
const EPOCH = 1_000;
const REVEAL = 200;
const PRICE = 1_000n;
type Name = 'alice' | 'bob' | 'carol' | 'dave' | 'erin';

let fixture: Fixture;
let folder: string;
let node: EngramNode;
let rpc: RpcClient;
let good: BuiltModel;
let small: BuiltModel;
let service: number;
let start: number;
const account: Partial<Record<Name, number>> = {};
const agents: Partial<Record<Name, number>> = {};
const runners: ModelRunner[] = [];
const services: ProviderService[] = [];
const path = (name: string): string => join(folder, name);

beforeAll(async () => {
  fixture = await Fixture.start(PATIENT);
  folder = mkdtempSync(join(tmpdir(), 'engram-evaluator-'));
  ({ digits: good, digitsSmall: small } = await buildModels(path('models')));
  node = await startTestNode({ folder: path('node'), clock: new ShiftableClock(systemClock) }, { fixture });
  rpc = new RpcClient(node.rpcUrl);
  for (const name of ['alice', 'bob', 'carol', 'dave', 'erin'] as const) {
    const { key } = devAccount(name);
    await fixture.alice.depositNew({ token: 0, amount: parseEther('1'), key });
    account[name] = (await accountsOf(devAccount(name), 1, { rpc }))[0]?.index ?? 0;
  }
  start = (await rpc.request('engram_chainInfo', [])).time + 500;
  const created = await engram(
    ...['service', 'create', '--name', 'digits', '--task', 'digits', '--emission', '1000gwei', '--min-stake', '1gwei'],
    ...['--amount', '1500gwei', '--start', String(start), '--epoch-seconds', String(EPOCH)],
    ...['--reveal-seconds', String(REVEAL), '--out', path('service.json'), '--from', String(account.alice)],
    ...['--dev', 'alice', '--rpc', node.rpcUrl, '--json'],
  );
  service = created.json.index;
  await by('bob', 'service', 'stake', service, '--amount', '5gwei', '--from', account.bob ?? 0);
  const [goodIndex, smallIndex] = [await attested(good), await attested(small)];
  const [goodRunner, smallRunner] = [await load(good), await load(small)];
  await provider('carol', goodIndex, goodRunner);
  await provider('dave', smallIndex, smallRunner);
  await provider('erin', goodIndex, cheating(goodRunner));
});
afterAll(async () => {
  for (const one of services) await one.stop();
  for (const one of runners) await one.close();
  await rpc?.close();
  await node?.stop();
  await fixture?.l1.stop();
  rmSync(folder, { recursive: true });
});

const by = (name: Name, ...args: (string | number)[]): Promise<Run> =>
  engram(...args.map(String), '--dev', name, '--rpc', node.rpcUrl, '--json');
const of = () => ['--service', service, '--document', path('service.json')] as const;

async function attested({ sha256 }: BuiltModel): Promise<number> {
  const client = await createEngramClient({ rpcUrl: node.rpcUrl, account: keyOf('alice') });
  return (await client.attest({ sha256, subtype: Subtype.MODEL })).index;
}

function keyOf(name: Name) {
  return ledgerAccount({ seed: devAccount(name).seed });
}

async function load({ modelFile }: BuiltModel): Promise<ModelRunner> {
  const runner = await ModelRunner.load(modelFile);
  runners.push(runner);
  return runner;
}

/** Signs for the good model, and every third answer is another. */
function cheating(runner: ModelRunner): Runner {
  let n = 0;
  return {
    ...{ sha256: runner.sha256, inputs: runner.inputs, outputs: runner.outputs },
    execution: (audit) => runner.execution(audit),
    run: async (input, options) => {
      n += 1;
      const output = await runner.run(input, options);
      return n % 3 === 0 ? output.map((byte, i) => (i === output.length - 2 ? byte ^ 0x40 : byte)) : output;
    },
  };
}

async function provider(name: Name, model: number, runner: Runner): Promise<void> {
  const key = keyOf(name);
  const client = await createEngramClient({ rpcUrl: node.rpcUrl, account: key });
  const { index: agent } = await registerAgent(client, { account: key, name, service });
  agents[name] = agent;
  const port = await freePort();
  const announcement = { agent, name, endpoint: `http://127.0.0.1:${port}`, peer: '', lifetimeSeconds: 86_400 };
  const options = providerOptions({ model, price: PRICE, listen: { host: '127.0.0.1', port }, announcement });
  const deps = { client, account: key, runner, store: memoryDb(), log: silentLogger, clock: systemClock };
  services.push(await ProviderService.start(options, deps));
}

/** An announcement names the port before the provider has it. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo; // of a server that listens on TCP
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

/** Brings the ledger to a second after the service's start; what was open is closed and proven. */
async function until(second: number): Promise<void> {
  const { time } = await rpc.request('engram_chainInfo', []);
  await rpc.request('engram_devAdvanceTime', [start + second - time]);
  await by('alice', 'transfer', '--from', account.alice ?? 0, '--to', account.alice ?? 0, '--amount', 1);
}

async function isProven(): Promise<boolean> {
  const { heads } = await rpc.request('engram_chainInfo', []);
  return heads.unsafe.batch === heads.proven.batch;
}

const evaluate = (): Promise<Run> =>
  by(
    'bob',
    ...['evaluator', ...of(), '--once', '--data-dir', path('bob'), '--model-file', good.modelFile, small.modelFile],
    ...['--purchases', 12, '--purchases-a-step', 12, '--samples', 4, '--allow-private', '--trust', 'included'],
    ...['--commit-margin', 50],
  );

describe('engram evaluator', () => {
  it('buys of everybody who announced itself, runs answers again, and catches the one that changes them', async () => {
    await until(10);
    const { json, stderr } = await evaluate();
    expect(json).toMatchObject({ service, account: account.bob, epoch: 0, state: 'judging' });
    expect(stderr).toContain(`agent ${agents.erin}: fault OUTPUT_MISMATCH`);
    expect(stderr).not.toContain(`agent ${agents.carol}: fault`);
    expect(stderr).not.toContain(`agent ${agents.dave}: fault`);
    expect(stderr.split(`agent ${agents.carol}: answered`)).toHaveLength(13);
  });

  it('samples what the providers claim', async () => {
    for (const one of services) await one.claimNow();
    await until(100);
    const { stderr } = await evaluate();
    expect(stderr).toContain(`agent ${agents.carol}: answered`);
    expect(stderr).toContain(`agent ${agents.dave}: answered`);
  });

  it('commits and reveals', async () => {
    await until(EPOCH - REVEAL - 40);
    const nonce = async () => (await rpc.request('engram_getAccount', [account.bob ?? 0]))?.nonce ?? 0;
    const before = await nonce();
    expect((await evaluate()).json.state).toBe('committed');
    // It waits for no block by itself, and after the time of commitments none takes it.
    await expect.poll(nonce, { timeout: 20_000, interval: 50 }).toBeGreaterThan(before);
    await until(EPOCH - REVEAL + 10);
    // Each time the open batch is closed and committed: first one of this time has to be on L1, then the reveal has to be in one.
    const next = async (): Promise<string> => {
      const { json } = await evaluate();
      if (json.state === 'waiting') await rpc.request('engram_devAdvanceTime', [1]);
      return json.state;
    };
    await expect.poll(next, { timeout: 60_000, interval: 100 }).toBe('revealed');
  });

  it('the honest ones earn by what was found, the cheat nothing', async () => {
    await until(EPOCH + 5);
    await rpc.request('engram_devAdvanceTime', [1]);
    await expect.poll(isProven, { timeout: 30_000, interval: 50 }).toBe(true);
    const args = ['epoch', 'show', 'last', ...of()].map(String);
    const { json: shown } = await engram(...args, '--rpc', node.rpcUrl, '--json');
    const due = (name: Name) =>
      BigInt(shown.participants.find((one: { account: number }) => one.account === account[name]).due);
    // Questions are drawn anew every time: with a few the worse model may have the luck.
    const weights = new Map<number, number>(shown.weights[0].weights);
    const weight = (name: Name) => weights.get(agents[name] ?? 0) ?? 0;
    expect(weight('erin')).toBe(0);
    for (const name of ['carol', 'dave'] as const) expect(due(name)).toBeGreaterThan(0n);
    const share = Number(due('carol')) / Number(due('carol') + due('dave'));
    expect(share).toBeCloseTo(weight('carol') / (weight('carol') + weight('dave')), 3);
    expect(due('erin')).toBe(0n);
    expect(due('bob')).toBeGreaterThan(0n);
  });
});
