import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodePort } from '../../agents/evaluator/chainPort.ts';
import { Evaluator, type EvaluatorState } from '../../agents/evaluator/evaluator.ts';
import type { EvaluatorDeps } from '../../agents/evaluator/evaluatorDeps.ts';
import { nodeSource } from '../../agents/evaluator/ledgerSource.ts';
import { Fixture } from '../../bridge/testing/fixture.ts';
import { ShiftableClock, systemClock } from '../../chain/clock.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { parseServiceDocument } from '../../protocol/epochs/serviceDocument.ts';
import { accountIndex } from '../../protocol/ids.ts';
import type { Field } from '../../protocol/types.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { domainOf } from '../../sdk/chain.ts';
import { createEngramClient, type LedgerClient } from '../../sdk/client.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import { devAccount } from '../devnet/accounts.ts';
import { accountsOf } from '../devnet/funding.ts';
import type { EngramNode } from '../node.ts';
import { engram, type Run } from '../testing/runCli.ts';
import { PATIENT, startTestNode } from '../testing/testNode.ts';
import { Exit } from './output.ts';

/** A service on a whole node, with the real evaluator and keeper; what providers do is told to the evaluator. The cases follow one another. */
const EPOCH = 1_000;
const REVEAL = 200;

let fixture: Fixture;
let folder: string;
let node: EngramNode;
let rpc: RpcClient;
let client: LedgerClient;
let keeper: number;
let evaluatorAccount: number;
let provider: number;
let service: number;
let agent: number;
let start: number;
let evaluator: Evaluator;
const path = (name: string): string => join(folder, name);

beforeAll(async () => {
  fixture = await Fixture.start(PATIENT);
  folder = mkdtempSync(join(tmpdir(), 'engram-epoch-'));
  node = await startTestNode({ folder: path('node'), clock: new ShiftableClock(systemClock) }, { fixture });
  rpc = new RpcClient(node.rpcUrl);
  client = await createEngramClient({ rpcUrl: node.rpcUrl });
  const people = [devAccount('alice'), devAccount('bob'), devAccount('carol')] as const;
  const [alice, bob, carol] = people;
  for (const { key } of people) await fixture.alice.depositNew({ token: 0, amount: parseEther('5'), key });
  keeper = (await accountsOf(alice, 1, { rpc }))[0]?.index ?? 0;
  evaluatorAccount = (await accountsOf(bob, 1, { rpc }))[0]?.index ?? 0;
  provider = (await accountsOf(carol, 1, { rpc }))[0]?.index ?? 0;
  start = (await rpc.request('engram_chainInfo', [])).time + 500;
});
afterAll(async () => {
  await rpc.close();
  await node.stop();
  await fixture.l1.stop();
  rmSync(folder, { recursive: true });
});

const run = (...args: (string | number)[]): Promise<Run> => engram(...args.map(String), '--rpc', node.rpcUrl, '--json');
const shown = (...args: (string | number)[]): Promise<Run> => engram(...args.map(String), '--rpc', node.rpcUrl);
const of = () => ['--service', service, '--document', path('service.json')] as const;
const codeOf = ({ exit, json }: Run): unknown[] => [exit, json?.error?.code];

/** Brings the ledger to a second after the service's start; the open batch is closed and proven. */
async function until(second: number): Promise<void> {
  const { time } = await rpc.request('engram_chainInfo', []);
  await rpc.request('engram_devAdvanceTime', [start + second - time]);
}

/** A batch at this time. */
async function touch(): Promise<void> {
  await run('transfer', '--from', provider, '--to', provider, '--amount', 1, '--dev', 'carol');
}

async function proven(): Promise<void> {
  await touch();
  await rpc.request('engram_devAdvanceTime', [1]);
  await expect.poll(heads, { timeout: 20_000, interval: 50 }).toEqual([expect.any(Number), true]);
}

async function heads(): Promise<[number, boolean]> {
  const { heads: found } = await rpc.request('engram_chainInfo', []);
  return [found.unsafe.batch, found.unsafe.batch === found.proven.batch];
}

describe('engram service', () => {
  it('creates a service: its document is written, its SHA-256 attested', async () => {
    const made = await run(
      ...[
        'service',
        'create',
        '--name',
        'digits',
        '--task',
        'digits',
        '--emission',
        '1000gwei',
        '--min-stake',
        '1gwei',
      ],
      ...['--amount', '1500gwei', '--start', start, '--epoch-seconds', EPOCH, '--reveal-seconds', REVEAL],
      ...['--out', path('service.json'), '--from', keeper, '--dev', 'alice'],
    );
    service = made.json.index;
    expect(parseServiceDocument(readFileSync(path('service.json'), 'utf8'))).toMatchObject({ name: 'digits', start });
    expect((await run('model', 'find', path('service.json'))).json.attestations[0]).toMatchObject({ kind: 'service' });
  });

  it('refuses terms that no service can have', async () => {
    const args = ['service', 'create', '--name', 'x', '--task', 'x', '--emission', 1, '--min-stake', 1];
    const more = ['--reveal-seconds', 10, '--epoch-seconds', 10, '--out', path('no.json'), '--from', keeper];
    expect(codeOf(await run(...args, ...more, '--dev', 'alice'))).toEqual([Exit.REFUSED, 'BAD_SERVICE_DOCUMENT']);
  });

  it('takes stakes, but not the keeper’s; a stake is locked', async () => {
    const stake = ['service', 'stake', service, '--amount', '5gwei'];
    expect(codeOf(await run(...stake, '--from', keeper, '--dev', 'alice'))).toEqual([Exit.REFUSED, 'KEEPER']);
    const staked = await run(...stake, '--from', evaluatorAccount, '--dev', 'bob');
    expect(staked.json.status).toBe('included');
    const taken = await run('service', 'unstake', staked.json.index, '--dev', 'bob');
    expect(codeOf(taken)).toEqual([Exit.REFUSED, 'CHANNEL_NOT_OVER']);
    expect(
      codeOf(await run('service', 'stake', provider, '--amount', 5, '--from', provider, '--dev', 'carol')),
    ).toEqual([Exit.REFUSED, 'WRONG_KIND']);
  });

  it('shows who takes part, once it is proven', async () => {
    writeFileSync(path('agent'), 'an agent');
    const attested = ['model', 'attest', path('agent'), '--subtype', 'agent', '--parent', service];
    agent = (await run(...attested, '--from', provider, '--dev', 'carol')).json.index;
    await until(10);
    await proven();
    const { json } = await run('service', 'show', ...of());
    expect(json).toMatchObject({ service, keeper, epoch: 0, pool: '1500000000000' });
    expect(json.evaluators).toEqual([
      { account: evaluatorAccount, stake: '5000000000', hasCommitted: false, hasRevealed: false },
    ]);
    expect(json.providers).toEqual([{ account: provider, agent }]);
    expect((await shown('service', 'show', ...of())).stdout).toMatch(/^keeper +\d+$/m);
  });

  it('another document is refused', async () => {
    const text = readFileSync(path('service.json'), 'utf8');
    writeFileSync(path('other.json'), text.replace('"name":"digits"', '"name":"others"'));
    const other = await run('service', 'show', '--service', service, '--document', path('other.json'));
    expect(codeOf(other)).toEqual([Exit.REFUSED, 'WRONG_DOCUMENT']);
    const nowhere = await run('service', 'show', '--service', 9_999, '--document', path('service.json'));
    expect(codeOf(nowhere)).toEqual([Exit.NOT_FOUND, 'UNKNOWN_SERVICE']);
  });
});

describe('an epoch', () => {
  const step = async (): Promise<EvaluatorState> => (await evaluator.step()).state;

  it('is judged: the commitment and the reveal are in batches of the right times', async () => {
    const key = ledgerAccount({ seed: devAccount('bob').seed });
    const target = { agent: accountIndex(agent), owner: accountIndex(provider), endpoint: 'http://p' };
    const deps: EvaluatorDeps = {
      chain: nodePort(client, key),
      source: nodeSource(client, 'included'),
      db: memoryDb(),
      shopper: { buy: async () => ({ kind: 'answered', output: Uint8Array.of(1), isRepeated: true }) },
      targets: async () => [{ ...target, model: accountIndex(agent), price: 1n }],
      api: () => ({ sample: () => Promise.reject(new RangeError('nothing is settled')) }),
      runner: () => undefined,
      question: () => ({ input: new Uint8Array(), label: 1 }),
      labelOf: ([label]) => label,
      random: () => 4_711n as Field,
    };
    const document = parseServiceDocument(readFileSync(path('service.json'), 'utf8'));
    const options = { service: accountIndex(service), document, domain: domainOf(client.chain) };
    evaluator = await Evaluator.open({ ...options, account: accountIndex(evaluatorAccount), classes: 10 }, deps);
    expect(await step()).toBe('judging');
    await until(EPOCH - REVEAL - 30);
    await touch();
    expect(await step()).toBe('committed');
    const nonce = async () => (await client.getAccount(evaluatorAccount)).nonce;
    await expect.poll(nonce, { timeout: 20_000, interval: 50 }).toBe(2);
    const ahead = start + EPOCH - REVEAL + 10 - (await rpc.request('engram_chainInfo', [])).time;
    await rpc.request('engram_devAdvanceTime', [ahead]);
    await touch();
    // There is a batch of the right time, but L1 does not have it: its sequencer could still put another in its place.
    expect(await step()).toBe('waiting');
    await rpc.request('engram_devAdvanceTime', [1]);
    await expect.poll(step, { timeout: 20_000, interval: 100 }).toBe('revealed');
  });

  it('that is not over has no result', async () => {
    expect(codeOf(await run('epoch', 'show', 0, ...of()))).toEqual([Exit.NOT_FOUND, 'EPOCH_OPEN']);
    expect(codeOf(await run('epoch', 'verify', ...of()))).toEqual([Exit.NOT_FOUND, 'EPOCH_OPEN']);
  });

  it('pays who provided and who judged, as it shows', async () => {
    await until(EPOCH + 5);
    await proven();
    const { json } = await run('epoch', 'show', 'last', ...of());
    expect(json).toMatchObject({ epoch: 0, emission: '1000000000000', payout: { status: 'unpaid' } });
    expect(json.weights).toEqual([{ evaluator: evaluatorAccount, weights: [[agent, 65_535]] }]);
    expect(json.ignored).toEqual([]);
    const due = Object.fromEntries(
      json.participants.map((one: { account: number; due: string }) => [one.account, one.due]),
    );
    expect(BigInt(due[provider])).toBeGreaterThan(4n * 10n ** 11n);
    expect(BigInt(due[evaluatorAccount])).toBeGreaterThan(4n * 10n ** 11n);
    expect((await shown('epoch', 'show', 0, ...of())).stdout).toMatch(/^due +0\.00000/m);
  });

  it('is paid once, by nobody but the keeper', async () => {
    const pay = ['epoch', 'pay', ...of(), '--data-dir'];
    expect(codeOf(await run(...pay, path('no'), '--dev', 'bob'))).toEqual([Exit.REFUSED, 'NOT_THE_KEEPER']);
    const before = BigInt((await client.getAccount(provider)).balance);
    const sent = await run(...pay, path('keeper'), '--dev', 'alice');
    expect(sent.json.epochs[0].state).toBe('waiting');
    await expect.poll(() => paidTo(before), { timeout: 20_000 }).toBe(true);
    const again = await run(...pay, path('keeper'), '--dev', 'alice');
    expect(again.json.epochs[0].state).toBe('waiting');
    await proven();
    const done = await run(...pay, path('keeper'), '--epoch', 0, '--dev', 'alice');
    expect(done.json.epochs[0]).toMatchObject({ state: 'paid', status: 'paid' });
    // Whoever lost the folder reads it off the ledger, here that of L1.
    const l1 = ['--from-l1', '--l1', fixture.l1.url, '--l1-start-block', Number(fixture.deployment.deployedAt)];
    const other = await run(...pay, path('keeper2'), '--epoch', 0, '--dev', 'alice', ...l1);
    expect(other.json.epochs[0].state).toBe('paid');
  });

  const paidTo = async (before: bigint): Promise<boolean> =>
    BigInt((await client.getAccount(provider)).balance) > before;

  it('is verified by the node’s data and by L1’s alone, with the same result', async () => {
    const l1 = ['--from-l1', '--l1', fixture.l1.url, '--rollup', fixture.deployment.address];
    const where = ['--l1-start-block', Number(fixture.deployment.deployedAt)];
    const ofNode = await run('epoch', 'verify', 0, ...of());
    const ofL1 = await run('epoch', 'verify', 0, ...of(), ...l1, ...where);
    expect(ofNode.json).toMatchObject({ status: 'paid', differences: [], otherResults: [] });
    expect(ofL1.json).toEqual(ofNode.json);
    const results = [await run('epoch', 'show', 0, ...of()), await run('epoch', 'show', 0, ...of(), ...l1, ...where)];
    expect(new Set(results.map(({ json }) => json.resultHash)).size).toBe(1);
    expect((await shown('epoch', 'verify', 0, ...of())).stdout).toContain('paid as it should be');
  });

  it('a keeper that pays more is found out', async () => {
    // A second payout of the same epoch, to a friend.
    const memo = await payoutMemo();
    const sent = await run(
      ...['transfer', '--from', keeper, '--of', service, '--to', evaluatorAccount, '--amount', 7, '--memo', memo],
      ...['--dev', 'alice'],
    );
    expect(sent.json.status).toBe('included');
    await proven();
    const verdict = await run('epoch', 'verify', 0, ...of());
    expect(verdict.exit).toBe(Exit.REFUSED);
    expect(verdict.json).toMatchObject({ status: 'wrong', differences: [{ account: evaluatorAccount }] });
    expect((await shown('epoch', 'verify', 0, ...of())).stdout).toContain('PAID WRONG');
  });

  /** PAYOUT of epoch 0, part 0 of 1, naming the right result. */
  async function payoutMemo(): Promise<string> {
    const { json } = await run('epoch', 'show', 0, ...of());
    return `${0x0001_0000_0000_00000000_03_01n},${json.resultHash}`;
  }
});
