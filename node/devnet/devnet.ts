import type { RollupSettings } from '../../bridge/deploy/deploy.ts';
import { type LocalL1, localClients, startLocalL1 } from '../../bridge/deploy/localL1.ts';
import type { Logger } from '../../chain/logger.ts';
import { silentLogger } from '../../chain/logger.ts';
import type { Progress } from '../../circuits/build/progress.ts';
import type { ShapeName } from '../../protocol/types.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import { loadConfig } from '../config/config.ts';
import { EngramNode } from '../node.ts';
import { NodeError } from '../nodeError.ts';
import type { Proving } from '../proving.ts';
import { DEV_ACCOUNT_COUNT, type DevAccount, type DevName, devAccount } from './accounts.ts';
import { DevnetDir } from './dataDir.ts';
import {
  DEV_ATTESTORS,
  type DevDeployment,
  type DevToken,
  deployDevnet,
  devCircuits,
  keyHashes,
} from './deployment.ts';
import { accountsOf, fundDevnet, type LedgerAccount } from './funding.ts';
import { endOrphan } from './orphan.ts';
import { DevnetTime } from './time.ts';

export interface DevnetOptions {
  /** Kept between runs, L1 included; absent: a temporary folder that goes with `stop`. */
  readonly dataDir?: string | undefined;
  /** Batch circuits to deploy; default `dev`. */
  readonly shapes?: readonly ShapeName[];
  /** 0 (default): any free port. */
  readonly rpcPort?: number;
  readonly l1Port?: number;
  /** L1 blocks come at this pace and with every transaction; default 1 s. */
  readonly l1BlockSeconds?: number;
  readonly blockMs?: number;
  readonly batchMs?: number;
  readonly l1WaitMs?: number;
  /** Rules of the contract (times, bond, fees); defaults of bridge/deploy. */
  readonly settings?: Partial<RollupSettings>;
  /** Bytes of EVM transactions a batch takes; default 1,000,000: anvil takes larger transactions than Ethereum's nodes. */
  readonly evmBatchBytes?: number;
  /** Least fee of an op as `token:amount`; default none. */
  readonly minimumFees?: string;
  /** Deposits into ledger accounts on the first start; default true. */
  readonly fund?: boolean;
  /** false: somebody else proves. Default true. */
  readonly prove?: boolean;
  /** Default: snarkjs with the circuits' keys. */
  readonly proving?: Proving;
  readonly cacheDir?: string | undefined;
  readonly l2ChainId?: bigint;
  readonly logger?: Logger;
  readonly onProgress?: (circuit: string, progress: Progress) => void;
  /** What it is doing, for people. */
  readonly onStep?: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface Devnet {
  readonly rpcUrl: string;
  readonly l1Url: string;
  readonly l1: LocalL1;
  readonly rollup: `0x${string}`;
  readonly attestations: `0x${string}`;
  readonly evmLane: `0x${string}`;
  readonly deployedAt: bigint;
  readonly tokens: readonly DevToken[];
  /** Ledger accounts that the first start funded. */
  readonly accounts: readonly LedgerAccount[];
  readonly node: EngramNode;
  readonly rpc: RpcClient;
  readonly dataDir: string;
  /** Keys of a person of the devnet. */
  readonly person: (name: DevName) => DevAccount;
  /** Stops node and L1, in this order. May be called twice. */
  stop(): Promise<void>;
}

export const DEVNET_L2_CHAIN_ID = 7_171n;

/** A whole network in one process (and anvil): L1, contracts, sequencer, prover, RPC, funded accounts. For development only. */
export async function startDevnet(options: DevnetOptions = {}): Promise<Devnet> {
  const cleanup: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      for (const close of cleanup.reverse()) await close();
    })();
    return stopping;
  };
  try {
    return await open(options, cleanup, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function open(
  options: DevnetOptions,
  cleanup: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<Devnet> {
  const { signal, logger = silentLogger, onStep = () => undefined, shapes = ['dev'] } = options;
  onStep('circuits and their keys (the first time takes a minute or two)');
  const circuits = await devCircuits({ shapes, signal, cacheDir: options.cacheDir, onProgress: options.onProgress });
  signal?.throwIfAborted();

  const dir = await DevnetDir.open(options.dataDir);
  cleanup.push(() => dir.dispose());
  onStep('L1 (anvil)');
  await endOrphan(await dir.l1Pid());
  const l1 = await startLocalL1({
    port: options.l1Port ?? 0,
    accounts: DEV_ACCOUNT_COUNT,
    blockTimeSeconds: options.l1BlockSeconds ?? 1,
    ...(!dir.isTemporary && { statePath: dir.l1State, stateIntervalSeconds: 2 }),
  });
  cleanup.push(async () => {
    await l1.stop();
    if (!dir.isTemporary) await dir.saveL1Pid(0);
  });
  if (!dir.isTemporary) await dir.saveL1Pid(l1.pid);

  onStep('contracts');
  const deployment = (await reusable(dir, l1, keyHashes(circuits))) ?? (await deploy(dir));
  async function deploy(into: DevnetDir): Promise<DevDeployment> {
    const { settings, l2ChainId = DEVNET_L2_CHAIN_ID } = options;
    const made = await deployDevnet({ l2ChainId, settings }, { l1, circuits });
    await into.saveDeployment(made);
    return made;
  }
  signal?.throwIfAborted();

  onStep('node');
  const time = await DevnetTime.start({ l1, dir });
  const node = await EngramNode.start(nodeConfig(options, { dir, l1, deployment }), {
    logger,
    clock: time.clock,
    moveTime: (seconds) => time.advance(seconds),
    ...(options.proving !== undefined && { proving: options.proving }),
  });
  cleanup.push(() => node.stop());
  const rpc = new RpcClient(node.rpcUrl);
  cleanup.push(() => rpc.close());

  const accounts = await funded(options, { dir, l1, deployment, rpc, onStep });
  return {
    rpcUrl: node.rpcUrl,
    l1Url: l1.url,
    l1,
    rollup: deployment.rollup,
    attestations: deployment.attestations,
    evmLane: deployment.evmLane,
    deployedAt: BigInt(deployment.deployedAt),
    tokens: deployment.tokens,
    accounts,
    node,
    rpc,
    dataDir: dir.path,
    person: devAccount,
    stop,
  };
}

/** The deployment of an earlier run, if L1 has it and its verifiers are for the circuits of today. */
async function reusable(
  dir: DevnetDir,
  l1: LocalL1,
  hashes: Readonly<Record<string, string>>,
): Promise<DevDeployment | undefined> {
  const deployment = await dir.deployment();
  if (deployment === undefined) return undefined;
  const code = await localClients(l1).publicClient.getCode({ address: deployment.rollup });
  const isSame = Object.entries(hashes).every(([name, hash]) => deployment.keyHashes[name] === hash);
  if (code !== undefined && isSame) return deployment;
  const why = code === undefined ? 'lost its L1' : 'was made with other circuits';
  throw new NodeError('DEVNET_STALE', `${dir.path} holds a devnet that ${why}: use another folder or remove this one`);
}

function nodeConfig(
  options: DevnetOptions,
  { dir, l1, deployment }: { dir: DevnetDir; l1: LocalL1; deployment: DevDeployment },
) {
  return loadConfig({
    env: {
      ENGRAM_L1_KEY: devAccount('sequencer').l1Key,
      ENGRAM_ATTESTOR_KEYS: DEV_ATTESTORS.map((name) => devAccount(name).l1Key).join(','),
    },
    flags: {
      '--data-dir': dir.node,
      '--l1-rpc-url': l1.url,
      '--l1-rollup': deployment.rollup,
      ...(BigInt(deployment.attestations) !== 0n && { '--l1-attestations': deployment.attestations }),
      '--l1-evm-lane': deployment.evmLane,
      '--l1-start-block': deployment.deployedAt,
      '--l1-confirmations': 1,
      '--l1-poll-ms': 500,
      '--rpc-port': options.rpcPort ?? 0,
      '--rpc-requests-per-minute': 1_000_000,
      '--rpc-cors-origins': '*',
      '--sequencer-block-ms': options.blockMs ?? 1_000,
      '--sequencer-batch-ms': options.batchMs ?? 20_000,
      '--sequencer-l1-wait-ms': options.l1WaitMs ?? 5_000,
      '--sequencer-fee-key': devAccount('fees').packedKey,
      '--sequencer-fee-owner': devAccount('fees').l1.address,
      '--sequencer-minimum-fees': options.minimumFees ?? '',
      '--evm-beneficiary': devAccount('fees').l1.address,
      '--evm-batch-bytes': options.evmBatchBytes ?? 1_000_000,
      '--evm-pool-txs': 200_000,
      '--evm-pool-account-txs': 20_000,
      '--prover-enabled': options.prove ?? true,
      ...(options.cacheDir !== undefined && { '--circuits-cache-dir': options.cacheDir }),
    },
  });
}

async function funded(
  { fund = true, signal }: DevnetOptions,
  parts: { dir: DevnetDir; l1: LocalL1; deployment: DevDeployment; rpc: RpcClient; onStep: (text: string) => void },
): Promise<LedgerAccount[]> {
  const { dir, l1, deployment, rpc, onStep } = parts;
  if (!fund) return [];
  if (await dir.isFunded()) {
    const people = (['fees', 'alice', 'bob', 'carol'] as const).map(devAccount);
    return (await Promise.all(people.map((person) => accountsOf(person, 0, { rpc, signal })))).flat();
  }
  onStep('deposits');
  const accounts = await fundDevnet(deployment, { l1, rpc, signal });
  await dir.saveFunded();
  return accounts;
}
