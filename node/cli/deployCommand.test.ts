import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AttestationsClient } from '../../bridge/client/attestationsClient.ts';
import { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
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
