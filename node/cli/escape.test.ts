import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { artifact, buildTestContracts, compile } from '../../bridge/build.ts';
import { RollupClient } from '../../bridge/client/rollupClient.ts';
import { type Deployment, deployCode, deployWithVerifiers } from '../../bridge/deploy/deploy.ts';
import { type LocalL1, localClients, startLocalL1 } from '../../bridge/deploy/localL1.ts';
import { TEST_L2_CHAIN_ID, TEST_SETTINGS } from '../../bridge/testing/fixture.ts';
import { silentLogger } from '../../chain/logger.ts';
import { ensureArtifacts } from '../../circuits/build/artifacts.ts';
import { solidityVerifier } from '../../circuits/build/solidityVerifier.ts';
import { parseVerifyingKey } from '../../circuits/keys/checks.ts';
import { EMPTY_ROOT } from '../../protocol/tree.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import { loadConfig } from '../config/config.ts';
import { devAccount } from '../devnet/accounts.ts';
import { accountsOf } from '../devnet/funding.ts';
import { EngramNode } from '../node.ts';
import { instantProving } from '../testing/instantProving.ts';
import { engram } from '../testing/runCli.ts';
import { Exit } from './output.ts';

/** The way out when the sequencer is gone: nothing but L1, the command line, and a real proof of the account. */
let l1: LocalL1;
let deployment: Deployment;
let folder: string;
const accounts: Record<'alice' | 'bob', number> = { alice: 0, bob: 0 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engram-escape-'));
  l1 = await startLocalL1();
  const clients = localClients(l1);
  const { publicClient } = clients;
  const deps = { wallet: clients.walletClient(devAccount('deployer').l1), publicClient };
  const { vkey } = await ensureArtifacts('account-proof');
  const source = solidityVerifier(parseVerifyingKey(JSON.parse(await readFile(vkey, 'utf8'))), 'AccountVerifier');
  const compiled = await compile({ 'AccountVerifier.sol': source });
  const accountVerifier = (await deployCode(artifact(compiled, 'AccountVerifier').bytecode, 0n, deps)).address;
  const mock = artifact(await buildTestContracts(), 'MockVerifier');
  const small = (await deployCode(mock.bytecode, 0n, deps)).address;
  deployment = await deployWithVerifiers(
    {
      l2ChainId: TEST_L2_CHAIN_ID,
      genesisRoot: EMPTY_ROOT,
      sequencer: devAccount('sequencer').l1.address,
      verifiers: { small },
      accountVerifier,
      settings: TEST_SETTINGS,
    },
    deps,
  );
  await runBatches();
});
afterAll(async () => {
  await l1.stop();
  await rm(folder, { recursive: true });
});

/** Two funded accounts and a transfer, proven on L1. Then the sequencer is gone. */
async function runBatches(): Promise<void> {
  const config = loadConfig({
    env: { ENGRAM_L1_KEY: devAccount('sequencer').l1Key },
    flags: {
      '--data-dir': folder,
      '--l1-rpc-url': l1.url,
      '--l1-rollup': deployment.address,
      '--l1-confirmations': 0,
      '--l1-poll-ms': 50,
      '--rpc-port': 0,
      '--sequencer-block-ms': 100,
      '--sequencer-batch-ms': 500,
    },
  });
  const node = await EngramNode.start(config, { logger: silentLogger, proving: instantProving });
  const rpc = new RpcClient(node.rpcUrl);
  try {
    const clients = localClients(l1);
    for (const name of ['alice', 'bob'] as const) {
      const person = devAccount(name);
      const wallet = clients.walletClient(person.l1);
      const rollup = await RollupClient.open(deployment, { publicClient: clients.publicClient, wallet });
      await rollup.depositNew({ token: 0, amount: parseEther('5'), key: person.key });
      accounts[name] = (await accountsOf(person, 1, { rpc }))[0]?.index ?? 0;
    }
    const paid = await engram(
      ...['transfer', '--dev', 'alice', '--from', String(accounts.alice), '--to', String(accounts.bob)],
      ...['--amount', '2ether', '--wait', 'proven', '--rpc', node.rpcUrl, '--json'],
    );
    expect(paid.json.status).toBe('proven');
  } finally {
    await rpc.close();
    await node.stop();
  }
}

/** No node: `--rpc` leads nowhere. */
function onL1(command: string, ...args: string[]) {
  const { address } = deployment;
  return engram(command, '--l1', l1.url, '--rollup', address, '--rpc', 'http://127.0.0.1:9', '--json', ...args);
}

describe('leaving a chain whose sequencer is gone', () => {
  it('cannot be frozen or escaped from before a deadline has passed', async () => {
    const frozen = await onL1('freeze', '--dev', 'bob');
    expect(frozen.exit).toBe(Exit.REFUSED);
    const early = await onL1('escape', '--dev', 'bob', '--index', String(accounts.bob));
    expect([early.exit, early.json.error.code]).toEqual([Exit.REFUSED, 'NOT_FROZEN']);
  });

  it('demands on L1, freezes after the deadline, and escapes with a proof made from L1 data', async () => {
    const demand = await onL1('forced-exit', '--dev', 'bob', '--index', String(accounts.bob));
    expect(demand.exit).toBe(Exit.OK);
    const { testClient } = localClients(l1);
    await testClient.increaseTime({ seconds: TEST_SETTINGS.queueDeadlineSeconds + 1 });
    await testClient.mine({ blocks: 1 });
    expect((await onL1('freeze', '--dev', 'carol')).exit).toBe(Exit.OK);

    const escaped = await onL1('escape', '--dev', 'bob', '--index', String(accounts.bob));
    expect(escaped.json).toMatchObject({ index: accounts.bob, token: 0, amount: parseEther('7').toString() });
    const paid = await onL1('withdraw', '--dev', 'bob');
    expect(paid.json).toMatchObject({ owner: devAccount('bob').l1.address, amount: parseEther('7').toString() });
  });

  it('lets an account out once, and only accounts that exist', async () => {
    const twice = await onL1('escape', '--dev', 'bob', '--index', String(accounts.bob));
    expect([twice.exit, twice.json.error.code]).toEqual([Exit.REFUSED, 'AlreadyEscaped']);
    const none = await onL1('escape', '--dev', 'bob', '--index', '4000');
    expect([none.exit, none.json.error.code]).toEqual([Exit.NOT_FOUND, 'UNKNOWN_ACCOUNT']);
  });

  it('lets anyone pay for the escape of another; the owner is owed', async () => {
    const escaped = await onL1('escape', '--dev', 'carol', '--index', String(accounts.alice));
    expect(escaped.json.amount).toBe(parseEther('3').toString());
    const nothing = await onL1('withdraw', '--dev', 'carol');
    expect([nothing.exit, nothing.json.error.code]).toEqual([Exit.NOT_FOUND, 'NOTHING_OWED']);
    expect((await onL1('withdraw', '--dev', 'alice')).json.amount).toBe(parseEther('3').toString());
  });
});
