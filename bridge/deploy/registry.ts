import { encodeDeployData, getContractAddress, isAddressEqual } from 'viem';
import { BridgeError } from '../client/errors.ts';
import { registryAbi } from '../client/registryAbi.ts';
import { bridgeError } from '../client/revert.ts';
import type { Address, Hex } from '../client/types.ts';
import { type DeployDependencies, deployCode } from './deployCode.ts';

/** Times in seconds, money in wei. Rules: docs/protocol.md sections 14 and 15. */
export interface RegistrySettings {
  readonly epochSeconds: number;
  /** At most an epoch. */
  readonly slotSeconds: number;
  /** Where the seat rotates it must exceed the rollup's time to prove and a slot together. */
  readonly unstakeDelaySeconds: number;
  readonly minStake: bigint;
  /** 0: attesting earns nothing, and costs less gas. */
  readonly rewardPerEpoch: bigint;
  /** At most 256. Each of them can make a commit dearer when it stands empty. */
  readonly maxSeats: number;
}

/** For a real chain: an epoch a day, ten minutes to lead, a week before a stake is free. */
export const DEFAULT_REGISTRY_SETTINGS: RegistrySettings = {
  epochSeconds: 86_400,
  slotSeconds: 600,
  unstakeDelaySeconds: 7 * 86_400,
  minStake: 10n ** 18n,
  rewardPerEpoch: 10n ** 16n,
  maxSeats: 64,
};

export interface GenesisValidator {
  readonly owner: Address;
  readonly signer: Address;
  /** Wei. */
  readonly stake: bigint;
}

export interface RegistryOptions {
  readonly settings?: Partial<RegistrySettings>;
  /** They count from epoch 0 on; at least one. */
  readonly genesis: readonly GenesisValidator[];
  /** The rollup's seat is the registry's. Default: an account's. */
  readonly rotate?: boolean;
}

/** What a registry was told of contracts that come after it. */
export interface Expected {
  readonly rollup: Address;
  readonly evmLane: Address;
}

/** Places behind the registry's own in the order of `deployWithVerifiers`: rollup, attestations, lane. */
const ROLLUP_AFTER = 1n;
const LANE_AFTER = 3n;

/** Deploys the registry, which must know the addresses of contracts that are not there yet. Nothing else may use the account meanwhile. */
export async function deployRegistry(
  { settings, genesis }: RegistryOptions,
  bytecode: Hex,
  deps: DeployDependencies,
): Promise<{ address: Address; expects: Expected }> {
  const from = deps.wallet.account.address;
  const count = await deps.publicClient.getTransactionCount({ address: from, blockTag: 'pending' }).catch((cause) => {
    throw bridgeError(cause);
  });
  const addressAfter = (places: bigint) => getContractAddress({ from, nonce: BigInt(count) + places });
  const expects = { rollup: addressAfter(ROLLUP_AFTER), evmLane: addressAfter(LANE_AFTER) };
  const parameters = { ...DEFAULT_REGISTRY_SETTINGS, ...settings, ...expects, start: 0 };
  const data = encodeDeployData({ abi: registryAbi, bytecode, args: [parameters, [...genesis]] });
  const stakes = genesis.reduce((sum, { stake }) => sum + stake, 0n);
  const { address } = await deployCode(data, stakes, deps);
  return { address, expects };
}

/** Whether everything came where the registry was told it would. @throws BridgeError BAD_PARAMETERS */
export function requireSame(expected: Expected, found: Expected): void {
  if (isAddressEqual(expected.rollup, found.rollup) && isAddressEqual(expected.evmLane, found.evmLane)) return;
  throw new BridgeError('BAD_PARAMETERS', { reason: 'ADDRESSES_DIFFER', expected, found });
}
