import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AttestationsClient } from '../../bridge/client/attestationsClient.ts';
import { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import { RegistryReader } from '../../bridge/client/registryReader.ts';
import { Reader } from '../../bridge/client/rollupReader.ts';
import { type LocalL1, localClients, startLocalL1 } from '../../bridge/deploy/localL1.ts';
import { ensureArtifacts } from '../../circuits/build/artifacts.ts';
import { devAccount } from '../devnet/accounts.ts';
import { engram } from '../testing/runCli.ts';
import { Exit } from './output.ts';

let local: LocalL1;
let foreign: LocalL1;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engram-deploy-'));
  local = await startLocalL1();
  foreign = await startLocalL1({ chainId: 5 });
  await ensureArtifacts('account-proof');
  await ensureArtifacts('batch-small');
}, 300_000);

afterAll(async () => {
  await Promise.all([local?.stop(), foreign?.stop()]);
  await rm(folder, { recursive: true, force: true });
});

const args = ['--dev', 'deployer', '--l2-chain-id', '99', '--shapes', 'small', '--json'];

describe('engram deploy', () => {
  it('deploys what the options say', async () => {
    const settings = join(folder, 'settings.json');
    await writeFile(settings, JSON.stringify({ graceSeconds: 77, bond: '12345' }));
    const sequencer = devAccount('sequencer').l1.address;
    const [erin, frank] = [devAccount('erin').l1.address, devAccount('frank').l1.address];
    const people = ['--sequencer', sequencer, '--attestors', `${erin}:3,${frank}`];
    const run = await engram('deploy', '--l1', local.url, ...args, ...people, '--settings', settings);
    expect(run.exit).toBe(Exit.OK);
    const { publicClient } = localClients(local);
    const reader = await Reader.connect({ address: run.json.rollup, deployedAt: 0n }, publicClient);
    const parameters = await reader.parameters();
    expect(parameters).toMatchObject({ l2ChainId: 99n, graceSeconds: 77, bond: 12345n, initialSequencer: sequencer });
    expect(parameters.domain.toString()).toBe(run.json.domain);
    const { attestations: address, rollup } = run.json;
    expect((await AttestationsClient.connect({ address, rollup }, publicClient)).address).toBe(address);
    const lane = await EvmLaneReader.connect({ address: run.json.evmLane, deployedAt: 0n, rollup }, publicClient);
    const weights = (await lane.attestors()).map(({ address, weight }) => [address, weight]);
    expect(new Map(weights as [string, bigint][])).toEqual(
      new Map([
        [erin, 3n],
        [frank, 1n],
      ]),
    );
  }, 120_000);

  it('deploys a registry whose validators take turns, and writes what others join by', async () => {
    const settings = join(folder, 'rotating.json');
    const registry = { epochSeconds: 1000, slotSeconds: 10, unstakeDelaySeconds: 10_000, minStake: '5' };
    await writeFile(settings, JSON.stringify({ graceSeconds: 77, proveDeadlineSeconds: 5_000, registry }));
    const [erin, frank, bob] = (['erin', 'frank', 'bob'] as const).map((name) => devAccount(name).l1.address);
    const networkFile = join(folder, 'network.json');
    const run = await engram(
      ...['deploy', '--l1', local.url, ...args, '--settings', settings, '--rotate'],
      ...['--validators', `${erin}:2ether,${frank}:1ether:${bob}`, '--network-file', networkFile, '--name', 'rotating'],
    );
    expect(run.exit).toBe(Exit.OK);
    const { publicClient } = localClients(local);
    const address = run.json.registry;
    const reader = await RegistryReader.connect({ address, deployedAt: 0n }, publicClient);
    expect(await reader.parameters()).toMatchObject({ ...registry, minStake: 5n });
    expect(await reader.validators()).toMatchObject([
      { signer: erin?.toLowerCase(), owner: erin?.toLowerCase(), stake: 2n * 10n ** 18n },
      { signer: frank?.toLowerCase(), owner: bob?.toLowerCase(), stake: 10n ** 18n },
    ]);
    const rollup = await Reader.connect({ address: run.json.rollup, deployedAt: 0n }, publicClient);
    expect((await rollup.state()).sequencer.toLowerCase()).toBe(address.toLowerCase());
    const shown = await engram('network', 'show', networkFile, '--l1', local.url, '--json');
    expect(shown.json).toMatchObject({ name: 'rotating', l1: { registry: address.toLowerCase() } });
  }, 120_000);

  it.each([
    [
      'attestors and validators',
      ['--attestors', `0x${'0a'.repeat(20)}`, '--validators', `0x${'0a'.repeat(20)}:1ether`],
      'BAD_ATTESTORS',
    ],
    ['turns without validators', ['--rotate'], 'NO_VALIDATORS'],
    ['validators without a stake', ['--validators', `0x${'0a'.repeat(20)}`], undefined],
  ])('refuses %s', async (_name, more, code) => {
    const run = await engram('deploy', '--l1', local.url, ...args, ...more);
    expect([run.exit, run.json?.error.code]).toEqual([Exit.USAGE, code]);
  });

  it('refuses dev keys on a chain that is not local, before anything is sent', async () => {
    const attestors = devAccount('erin').l1.address;
    const run = await engram('deploy', '--l1', foreign.url, ...args, '--attestors', attestors);
    expect(run.exit).toBe(Exit.REFUSED);
    expect(run.json.error.code).toBe('DEV_KEY_REFUSED');
    const { publicClient } = localClients(foreign);
    expect(await publicClient.getBlockNumber()).toBe(0n);
  });

  it('does not leave the EVM lane of a chain with money to its sequencer alone', async () => {
    const run = await engram('deploy', '--l1', foreign.url, ...args);
    expect([run.exit, run.json.error.code]).toEqual([Exit.USAGE, 'NO_ATTESTORS']);
  });

  it.each([
    ['a shape that does not exist', ['--shapes', 'huge'], undefined],
    ['attestors without weight', ['--attestors', '0x12:0'], undefined],
    ['a shape named twice', ['--shapes', 'small,small'], undefined],
    ['settings that are no JSON', ['--settings', 'bad.json'], 'BAD_SETTINGS'],
    ['settings of another name', ['--settings', 'unknown.json'], 'BAD_SETTINGS'],
  ])('refuses %s', async (_name, more, code) => {
    await writeFile(join(folder, 'bad.json'), '{');
    await writeFile(join(folder, 'unknown.json'), '{"bonds": "1"}');
    const placed = more.map((text) => (text.endsWith('.json') ? join(folder, text) : text));
    const run = await engram('deploy', '--l1', local.url, ...args, ...placed);
    expect(run.exit).toBe(Exit.USAGE);
    expect(run.json?.error.code).toBe(code);
  });
});
