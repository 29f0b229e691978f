import { readFile } from 'node:fs/promises';
import { encodeDeployData } from 'viem';
import { artifact, buildTestContracts } from '../../bridge/build.ts';
import { RollupClient } from '../../bridge/client/rollupClient.ts';
import {
  type DeployOptions,
  deployCode,
  deployRollup,
  type RollupSettings,
  type VerifierKey,
} from '../../bridge/deploy/deploy.ts';
import { type LocalL1, localClients } from '../../bridge/deploy/localL1.ts';
import { type Artifacts, ensureArtifacts } from '../../circuits/build/artifacts.ts';
import type { Progress } from '../../circuits/build/progress.ts';
import { EMPTY_ROOT } from '../../protocol/tree.ts';
import type { ShapeName } from '../../protocol/types.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { type DevName, devAccount } from './accounts.ts';

export interface DevToken {
  readonly id: number;
  readonly address: Hex;
  readonly symbol: string;
}

/** What a devnet remembers of its L1 between runs. */
export interface DevDeployment {
  readonly rollup: Hex;
  readonly attestations: Hex;
  readonly evmLane: Hex;
  /** Where validators are staked; a devnet of one process has none. */
  readonly registry?: Hex | undefined;
  /** L1 block. */
  readonly deployedAt: number;
  readonly tokens: readonly DevToken[];
  readonly shapes: readonly ShapeName[];
  /** Keys of the circuits the verifiers are for: other keys need another deployment. */
  readonly keyHashes: Readonly<Record<string, string>>;
}

/** Who attests batches of the EVM lane on a devnet; two of the three suffice. */
export const DEV_ATTESTORS = ['erin', 'frank', 'grace'] as const satisfies readonly DevName[];

export interface CircuitOptions {
  readonly shapes: readonly ShapeName[];
  readonly cacheDir?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((circuit: string, progress: Progress) => void) | undefined;
}

export interface DevCircuits {
  readonly batches: Readonly<Partial<Record<ShapeName, Artifacts>>>;
  readonly accountProof: Artifacts;
}

/** Compiles the circuits and makes their keys, or finds them in the cache. */
export async function devCircuits({ shapes, cacheDir, signal, onProgress }: CircuitOptions): Promise<DevCircuits> {
  const make = (name: Parameters<typeof ensureArtifacts>[0]): Promise<Artifacts> =>
    ensureArtifacts(name, { cacheDir, signal, onProgress: (progress) => onProgress?.(name, progress) });
  // one after the other: each uses all cores
  const accountProof = await make('account-proof');
  const batches: Partial<Record<ShapeName, Artifacts>> = {};
  for (const shape of shapes) batches[shape] = await make(`batch-${shape}`);
  return { batches, accountProof };
}

export function keyHashes({ batches, accountProof }: DevCircuits): Record<string, string> {
  const all = [accountProof, ...Object.values(batches)];
  return Object.fromEntries(all.map(({ name, hash }) => [name, hash]));
}

/** Deploys the rollup and a test token, and registers the token. */
export async function deployDevnet(
  {
    l2ChainId,
    settings,
    registry,
  }: {
    l2ChainId: bigint;
    settings?: Partial<RollupSettings> | undefined;
    registry?: DeployOptions['registry'] | undefined;
  },
  { l1, circuits }: { l1: LocalL1; circuits: DevCircuits },
): Promise<DevDeployment> {
  const clients = localClients(l1);
  const { publicClient } = clients;
  const wallet = clients.walletClient(devAccount('deployer').l1);
  const batchVerifiers: Partial<Record<ShapeName, VerifierKey>> = {};
  for (const [shape, artifacts] of Object.entries(circuits.batches)) {
    batchVerifiers[shape as ShapeName] = await verifierKey(artifacts); // the keys of `batches` are shape names
  }
  const deployment = await deployRollup(
    {
      l2ChainId,
      genesisRoot: EMPTY_ROOT,
      sequencer: devAccount('sequencer').l1.address,
      batchVerifiers,
      accountVerifier: await verifierKey(circuits.accountProof),
      attestors: DEV_ATTESTORS.map((name) => ({ address: devAccount(name).l1.address, weight: 1n })),
      ...(settings !== undefined && { settings }),
      ...(registry !== undefined && { registry }),
    },
    { wallet, publicClient },
  );
  const { abi, bytecode } = artifact(await buildTestContracts(), 'PlainToken');
  const token = await deployCode(encodeDeployData({ abi, bytecode, args: ['Engram Test Token', 'TEST'] }), 0n, {
    wallet,
    publicClient,
  });
  const rollup = await RollupClient.open(deployment, { publicClient, wallet });
  const { id } = await rollup.registerToken(token.address);
  return {
    rollup: deployment.address,
    attestations: deployment.attestations,
    evmLane: deployment.evmLane,
    registry: deployment.registry,
    deployedAt: Number(deployment.deployedAt),
    tokens: [
      { id: 0, address: '0x0000000000000000000000000000000000000000', symbol: 'ETH' },
      { id, address: token.address, symbol: 'TEST' },
    ],
    shapes: Object.keys(circuits.batches) as ShapeName[],
    keyHashes: keyHashes(circuits),
  };
}

/** The verifying key of a circuit, for deployment. */
export async function verifierKey(artifacts: Artifacts): Promise<VerifierKey> {
  return { verifyingKey: JSON.parse(await readFile(artifacts.vkey, 'utf8')), keys: artifacts.keys };
}
