/** A chain for tests of what needs nothing but L1: real account verifier, batches accepted by a mock, a node only while `run`. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEther } from 'viem';
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
import type { AccountIndex, Op } from '../../protocol/types.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import { loadConfig } from '../config/config.ts';
import { devAccount } from '../devnet/accounts.ts';
import { accountsOf } from '../devnet/funding.ts';
import { EngramNode } from '../node.ts';
import { instantProving } from './instantProving.ts';
import { sendOps } from './sendOps.ts';

type Person = 'alice' | 'bob';

export interface RunningNode {
  readonly rpcUrl: string;
  /** A new account with 5 ether. */
  deposit(person: Person): Promise<AccountIndex>;
  /** One transaction of all ops; returns once it is proven. */
  send(person: Person, signer: AccountIndex, ops: readonly Op[]): Promise<void>;
}

export class ProvenChain {
  readonly l1: LocalL1;
  readonly deployment: Deployment;
  readonly #folder: string;

  private constructor(parts: { l1: LocalL1; deployment: Deployment; folder: string }) {
    this.l1 = parts.l1;
    this.deployment = parts.deployment;
    this.#folder = parts.folder;
  }

  static async start(): Promise<ProvenChain> {
    const l1 = await startLocalL1();
    const clients = localClients(l1);
    const { publicClient } = clients;
    const deps = { wallet: clients.walletClient(devAccount('deployer').l1), publicClient };
    const { vkey } = await ensureArtifacts('account-proof');
    const source = solidityVerifier(parseVerifyingKey(JSON.parse(await readFile(vkey, 'utf8'))), 'AccountVerifier');
    const compiled = await compile({ 'AccountVerifier.sol': source });
    const accountVerifier = (await deployCode(artifact(compiled, 'AccountVerifier').bytecode, 0n, deps)).address;
    const mock = artifact(await buildTestContracts(), 'MockVerifier');
    const small = (await deployCode(mock.bytecode, 0n, deps)).address;
    const sequencer = devAccount('sequencer').l1.address;
    const verifiers = { small };
    const deployment = await deployWithVerifiers(
      {
        ...{ l2ChainId: TEST_L2_CHAIN_ID, genesisRoot: EMPTY_ROOT, sequencer, verifiers, accountVerifier },
        settings: TEST_SETTINGS,
      },
      deps,
    );
    return new ProvenChain({ l1, deployment, folder: await mkdtemp(join(tmpdir(), 'engram-proven-chain-')) });
  }

  /** Starts the node where it stopped, and stops it afterwards. */
  async run(work: (node: RunningNode) => Promise<void>): Promise<void> {
    const config = loadConfig({
      env: { ENGRAM_L1_KEY: devAccount('sequencer').l1Key },
      flags: {
        '--data-dir': this.#folder,
        '--l1-rpc-url': this.l1.url,
        '--l1-rollup': this.deployment.address,
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
      await work({
        rpcUrl: node.rpcUrl,
        deposit: (person) => this.#deposit(person, rpc),
        send: (person, signer, ops) => this.#send(person, { signer, ops, rpc }),
      });
    } finally {
      await rpc.close();
      await node.stop();
    }
  }

  async stop(): Promise<void> {
    await this.l1.stop();
    await rm(this.#folder, { recursive: true });
  }

  async #deposit(name: Person, rpc: RpcClient): Promise<AccountIndex> {
    const person = devAccount(name);
    const clients = localClients(this.l1);
    const wallet = clients.walletClient(person.l1);
    const rollup = await RollupClient.open(this.deployment, { publicClient: clients.publicClient, wallet });
    await rollup.depositNew({ token: 0, amount: parseEther('5'), key: person.key });
    const [account] = await accountsOf(person, 1, { rpc });
    return (account?.index ?? 0) as AccountIndex; // a node's answer
  }

  async #send(
    name: Person,
    { signer, ops, rpc }: { signer: AccountIndex; ops: readonly Op[]; rpc: RpcClient },
  ): Promise<void> {
    const sent = { from: signer, seed: devAccount(name).seed, ops };
    const hash = await sendOps(sent, { rpc, domain: this.deployment.domain });
    await rpc.waitForTransaction(hash, 'proven');
  }
}
