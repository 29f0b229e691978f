import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Fixture } from '../../bridge/testing/fixture.ts';
import { type NetworkFile, writeDevnetNetwork, writeNetworkFile } from '../networks/networkFile.ts';
import { engram } from '../testing/runCli.ts';
import { Exit } from './output.ts';

let fixture: Fixture;
let folder: string;
let network: NetworkFile;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'engram-networks-'));
  fixture = await Fixture.start();
  vi.stubEnv('ENGRAM_CACHE', join(folder, 'cache'));
  const { address, evmLane, deployedAt } = fixture.deployment;
  network = {
    name: 'test net',
    l1ChainId: 31337,
    l2ChainId: Number((await fixture.sequencer.parameters()).l2ChainId),
    l1: { rollup: address, evmLane, startBlock: Number(deployedAt), rpcUrl: fixture.l1.url },
    bootnodes: ['/ip4/127.0.0.1/tcp/7171/p2p/12D3KooWabc'],
  };
}, 120_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await fixture?.l1.stop();
  rmSync(folder, { recursive: true });
});

describe('engram network show', () => {
  it('shows the devnet that was started last, as L1 has it', async () => {
    expect((await engram('network', 'show', '--json')).json.error.code).toBe('NO_DEVNET');
    writeDevnetNetwork(join(folder, 'devnet'), network);
    const { exit, json } = await engram('network', 'show', '--json');
    expect([exit, json.name, json.checkedAgainst]).toEqual([Exit.OK, 'test net', fixture.l1.url]);
  });

  it('says what is wrong with a file', async () => {
    const file = join(folder, 'wrong.json');
    writeNetworkFile(file, { ...network, l1ChainId: 1 });
    const { exit, json } = await engram('network', 'show', file, '--json');
    expect([exit, json.error.code]).toEqual([Exit.USAGE, 'WRONG_L1']);
    expect((await engram('network', 'show', file, '--no-check', '--json')).json.l1ChainId).toBe(1);
  });

  it('exits with 3 when L1 does not answer', async () => {
    const file = join(folder, 'right.json');
    writeNetworkFile(file, network);
    const { exit, json } = await engram('network', 'show', file, '--l1', 'http://127.0.0.1:1', '--json');
    expect([exit, json.error.code]).toEqual([Exit.UNREACHABLE, 'NETWORK_L1_UNREACHABLE']);
  }, 30_000);
});

describe('engram node --network', () => {
  it('does not start with contracts that are not there', async () => {
    const file = join(folder, 'nowhere.json');
    writeNetworkFile(file, { ...network, l1: { ...network.l1, registry: `0x${'77'.repeat(20)}` } });
    const { exit, json } = await engram('node', '--network', file, '--data-dir', join(folder, 'data'), '--json');
    expect([exit, json.error.code]).toEqual([Exit.USAGE, 'NO_CONTRACT']);
  });

  it('takes what else is said before what the network says', async () => {
    const file = join(folder, 'more.json');
    writeNetworkFile(file, network);
    const args = ['--network', file, '--l1-rpc-url', 'http://127.0.0.1:1', '--json'];
    expect((await engram('node', ...args)).json.error.code).toBe('NETWORK_L1_UNREACHABLE');
  }, 30_000);

  it('asks for a passphrase only on a terminal', async () => {
    const keystore = join(folder, 'keystore.json');
    writeFileSync(keystore, '{}');
    const { exit, json } = await engram('node', '--l1-keystore', keystore, '--json');
    expect([exit, json.error.code]).toEqual([Exit.USAGE, 'NO_PASSPHRASE']);
  });
});
