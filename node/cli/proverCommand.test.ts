import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Fixture } from '../../bridge/testing/fixture.ts';
import { devAccount } from '../devnet/accounts.ts';
import { writeKeystore } from '../keystore/keystoreFile.ts';
import { writeNetworkFile } from '../networks/networkFile.ts';
import { engram } from '../testing/runCli.ts';
import { Exit } from './output.ts';

let folder: string;
let fixture: Fixture;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'engram-prover-'));
  fixture = await Fixture.start();
}, 120_000);
afterAll(async () => {
  await fixture?.l1.stop();
  rmSync(folder, { recursive: true });
});
afterEach(() => vi.unstubAllEnvs());

describe('engram prover', () => {
  it('runs until it is stopped, and serves metrics', async () => {
    const file = join(folder, 'network.json');
    const { address, deployedAt } = fixture.deployment;
    writeNetworkFile(file, {
      name: 'test',
      l1ChainId: 31337,
      l2ChainId: Number((await fixture.sequencer.parameters()).l2ChainId),
      l1: { rollup: address, startBlock: Number(deployedAt), rpcUrl: fixture.l1.url },
      bootnodes: [],
    });
    const out = vi.spyOn(process.stdout, 'write');
    const args = ['--network', file, '--dev', 'alice', '--poll-ms', '50', '--metrics-port', '0', '--json'];
    const running = engram('prover', ...args);
    const written = () => out.mock.calls.map(([text]) => String(text)).join('');
    await vi.waitFor(() => expect(written()).toContain('"heads"'), { timeout: 30_000 });
    process.emit('SIGTERM');
    const { exit, stdout } = await running;
    expect(exit).toBe(Exit.OK);
    const events = stdout
      .trim()
      .split('\n')
      .map((line): { event: string } => JSON.parse(line));
    expect(events[0]).toMatchObject({ event: 'started', rollup: address });
    expect(events).toContainEqual({ event: 'heads', committed: 0, proven: 0 });
  });

  it.each<[string, string[], Record<string, string>, string]>([
    ['no key', [], {}, 'NO_KEY'],
    ['a key that is none', [], { ENGRAM_L1_KEY: '0x12' }, 'BAD_KEY'],
    ['a share that there is not', ['--dev', 'alice', '--of', '2', '--offset', '2'], {}, 'BAD_SHARE'],
  ])('exits with 2 for %s', async (_name, args, env, code) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const { exit, json } = await engram('prover', ...args, '--json');
    expect([exit, json.error.code]).toEqual([Exit.USAGE, code]);
  });

  it('exits with 2 for a passphrase that is not the keystore’s, and shows nothing of either', async () => {
    const [keystore, passphrase] = [join(folder, 'key.json'), join(folder, 'passphrase')];
    writeKeystore(keystore, devAccount('alice').l1Key, 'correct horse', { work: 2 ** 12 });
    writeFileSync(passphrase, 'battery staple\n');
    vi.stubEnv('ENGRAM_PASSPHRASE_FILE', passphrase);
    const { exit, json, stderr } = await engram('prover', '--l1-keystore', keystore, '--json');
    expect([exit, json.error.code]).toEqual([Exit.USAGE, 'WRONG_PASSPHRASE']);
    expect(stderr).not.toMatch(/battery|horse/);
  });
});
