/**
 * A devnet in this process whose batches are "proven" at once: the contract takes any batch proof (MockVerifier). Account proofs are
 * real. For tests in which the batch proof is not the point.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeDeployData } from 'viem';
import { artifact, buildTestContracts } from '../../../bridge/build.ts';
import { RollupClient } from '../../../bridge/client/rollupClient.ts';
import { deployCode, deployWithVerifiers, type RollupSettings } from '../../../bridge/deploy/deploy.ts';
import { localClients, startLocalL1 } from '../../../bridge/deploy/localL1.ts';
import { accountVerifierCode } from '../../../bridge/testing/accountProofs.ts';
import { ShiftableClock, systemClock } from '../../../chain/clock.ts';
import { type Logger, silentLogger } from '../../../chain/logger.ts';
import { loadConfig } from '../../../node/config/config.ts';
import { DEV_ACCOUNT_COUNT, type DevName, devAccount } from '../../../node/devnet/accounts.ts';
import { DEV_ATTESTORS } from '../../../node/devnet/deployment.ts';
import type { Devnet } from '../../../node/devnet/devnet.ts';
import { EngramNode } from '../../../node/node.ts';
import { instantProving } from '../../../node/testing/instantProving.ts';
import { EMPTY_ROOT } from '../../../protocol/tree.ts';
import type { ShapeName } from '../../../protocol/types.ts';
import { RpcClient } from '../../../sdk/rpcClient.ts';
import { L2_CHAIN_ID } from './settlement.ts';

export interface InstantDevnetOptions {
  readonly settings?: Partial<RollupSettings>;
  readonly shapes?: readonly ShapeName[];
  readonly logger?: Logger;
  /** Flags of the node, e.g. `'--sequencer-batch-ms': 500`. */
  readonly flags?: Readonly<Record<string, string | number | boolean>>;
}

export interface InstantDevnet extends Devnet {
  /** Client of the contract with somebody's L1 account. */
  as(name: DevName): Promise<RollupClient>;
  /** Lets time pass on L1 alone. */
  warp(seconds: number): Promise<void>;
  /** Stops the node and starts it again on the same data. */
  restart(): Promise<void>;
}

export async function startInstantDevnet(options: InstantDevnetOptions = {}): Promise<InstantDevnet> {
  const l1 = await startLocalL1({ accounts: DEV_ACCOUNT_COUNT, blockTimeSeconds: 1 });
  const dataDir = await mkdtemp(join(tmpdir(), 'engram-instant-'));
  let node: EngramNode | undefined;
  let rpc: RpcClient | undefined;
  const stopNode = async (): Promise<void> => {
    await rpc?.close();
    await node?.stop();
  };
  const stop = async (): Promise<void> => {
    await stopNode();
    await l1.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const clients = localClients(l1);
    const { publicClient } = clients;
    const deps = { wallet: clients.walletClient(devAccount('deployer').l1), publicClient };
    const contracts = await buildTestContracts();
    const shapes = options.shapes ?? ['dev'];
    const mock = (await deployCode(artifact(contracts, 'MockVerifier').bytecode, 0n, deps)).address;
    const common = {
      l2ChainId: L2_CHAIN_ID,
      genesisRoot: EMPTY_ROOT,
      sequencer: devAccount('sequencer').l1.address,
      attestors: DEV_ATTESTORS.map((name) => ({ address: devAccount(name).l1.address, weight: 1n })),
      ...(options.settings !== undefined && { settings: options.settings }),
    };
    const accountVerifier = (await deployCode(await accountVerifierCode(), 0n, deps)).address;
    const verifiers = Object.fromEntries(shapes.map((shape) => [shape, mock]));
    const deployment = await deployWithVerifiers({ ...common, verifiers, accountVerifier }, deps);
    const token = artifact(contracts, 'PlainToken');
    const args = ['Engram Test Token', 'TEST'];
    const code = encodeDeployData({ abi: token.abi, bytecode: token.bytecode, args });
    const { address } = await deployCode(code, 0n, deps);
    const { id } = await (await RollupClient.open(deployment, deps)).registerToken(address);

    const config = loadConfig({
      env: {
        ENGRAM_L1_KEY: devAccount('sequencer').l1Key,
        ENGRAM_ATTESTOR_KEYS: DEV_ATTESTORS.map((name) => devAccount(name).l1Key).join(','),
      },
      flags: {
        '--data-dir': dataDir,
        '--l1-rpc-url': l1.url,
        '--l1-rollup': deployment.address,
        '--l1-attestations': deployment.attestations,
        '--l1-evm-lane': deployment.evmLane,
        '--l1-start-block': Number(deployment.deployedAt),
        '--l1-confirmations': 0,
        '--l1-poll-ms': 50,
        '--rpc-port': 0,
        '--rpc-requests-per-minute': 1_000_000,
        '--sequencer-shapes': shapes.join(','),
        '--sequencer-block-ms': 100,
        '--sequencer-batch-ms': 86_400_000,
        '--sequencer-l1-wait-ms': 100,
        '--sequencer-fee-key': devAccount('fees').packedKey,
        '--sequencer-fee-owner': devAccount('fees').l1.address,
        ...options.flags,
      },
    });
    const clock = new ShiftableClock(systemClock);
    const warp = async (seconds: number): Promise<void> => {
      await clients.testClient.increaseTime({ seconds });
      await clients.testClient.mine({ blocks: 1 });
    };
    const moveTime = async (seconds: number): Promise<void> => {
      await warp(seconds);
      clock.advance(seconds * 1000);
    };
    const start = async (): Promise<void> => {
      const logger = options.logger ?? silentLogger;
      node = await EngramNode.start(config, { logger, proving: instantProving, clock, moveTime });
      rpc = new RpcClient(node.rpcUrl);
    };
    await start();
    const live = <T>(value: T | undefined): T => {
      if (value === undefined) throw new TypeError('the node does not run');
      return value;
    };
    return {
      l1Url: l1.url,
      l1,
      rollup: deployment.address,
      deployedAt: deployment.deployedAt,
      attestations: deployment.attestations,
      evmLane: deployment.evmLane,
      as: (name) => RollupClient.open(deployment, { ...deps, wallet: clients.walletClient(devAccount(name).l1) }),
      warp,
      tokens: [
        { id: 0, address: '0x0000000000000000000000000000000000000000', symbol: 'ETH' },
        { id, address, symbol: 'TEST' },
      ],
      accounts: [],
      dataDir,
      get rpcUrl() {
        return live(node).rpcUrl;
      },
      get node() {
        return live(node);
      },
      get rpc() {
        return live(rpc);
      },
      person: devAccount,
      stop,
      restart: async () => {
        await stopNode();
        await start();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
