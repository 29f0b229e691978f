import type { PublicClient } from 'viem';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { RegistryReader } from '../../bridge/client/registryReader.ts';
import { Reader } from '../../bridge/client/rollupReader.ts';
import type { RollupParameters } from '../../bridge/client/types.ts';
import type { Config } from '../config/config.ts';
import { NodeError } from '../nodeError.ts';
import { l1PublicClient } from './clients.ts';

/** L1 as this node's settings name it, asked once already. */
export interface L1Connection {
  readonly publicClient: PublicClient;
  readonly rollup: Reader;
  readonly parameters: RollupParameters;
  /** Absent: the chain has no validators with stake. */
  readonly registry: RegistryReader | undefined;
  /** The node's own account; absent: it only follows. */
  readonly account: PrivateKeyAccount | undefined;
  /** L1 block of the contracts' deployment. */
  readonly deployedAt: bigint;
}

/** @throws NodeError NO_ROLLUP, NO_L1_KEY; BridgeError */
export async function connectL1(
  config: Pick<Config, 'l1' | 'secrets' | 'sequencer' | 'validator'>,
): Promise<L1Connection> {
  const { l1 } = config;
  if (l1.rollup === undefined) throw new NodeError('NO_ROLLUP', 'l1.rollup: the address of the contract is missing');
  const account = ownAccount(config);
  const publicClient = l1PublicClient(l1);
  const deployedAt = BigInt(l1.startBlock);
  const rollup = await Reader.connect({ address: l1.rollup, deployedAt }, publicClient);
  const registry = l1.registry && (await RegistryReader.connect({ address: l1.registry, deployedAt }, publicClient));
  return { publicClient, rollup, parameters: await rollup.parameters(), registry, account, deployedAt };
}

/** Whoever is to commit, to submit or to attest needs one. */
function ownAccount({
  secrets,
  sequencer,
  validator,
}: Pick<Config, 'secrets' | 'sequencer' | 'validator'>): PrivateKeyAccount | undefined {
  if (secrets.l1Key !== undefined) return privateKeyToAccount(secrets.l1Key.reveal());
  if (!sequencer.enabled && !sequencer.fallback && !validator.enabled) return undefined;
  const message =
    'the node’s L1 key is missing: ENGRAM_L1_KEY, l1.keystore or l1.keyFile (a node that only follows: --sequencer-enabled false)';
  throw new NodeError('NO_L1_KEY', message);
}
