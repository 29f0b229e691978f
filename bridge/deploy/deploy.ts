/** Puts the verifiers, the `Rollup`, `Attestations`, the attestors' set and the `EvmLane` on L1. Refuses keys that would let anybody take the funds. */
import { encodeDeployData, type PublicClient } from 'viem';
import { solidityVerifier } from '../../circuits/build/solidityVerifier.ts';
import { LOCAL_CHAIN_IDS, parseVerifyingKey, refuseUnsafeKey } from '../../circuits/keys/checks.ts';
import { computeDomain } from '../../protocol/domain.ts';
import { SHAPES } from '../../protocol/shapes.ts';
import type { Field, ShapeName } from '../../protocol/types.ts';
import { artifact, buildContracts, compile } from '../build.ts';
import { attestationsAbi, rollupAbi } from '../client/abi.ts';
import { BridgeError } from '../client/errors.ts';
import { evmLaneAbi, signerSetAbi } from '../client/evmLaneAbi.ts';
import type { Attestor } from '../client/evmLaneReader.ts';
import { readParameters } from '../client/parameters.ts';
import { bridgeError } from '../client/revert.ts';
import type { Wallet } from '../client/sender.ts';
import type { Address, Hex } from '../client/types.ts';

/** Times in seconds, money in wei. */
export interface RollupSettings {
  readonly graceSeconds: number;
  readonly proveDeadlineSeconds: number;
  readonly queueDeadlineSeconds: number;
  readonly maxDriftSeconds: number;
  readonly maxAgeSeconds: number;
  readonly bond: bigint;
  readonly queueFee: bigint;
  readonly registrationFee: bigint;
}

/** For a real chain: a day of silence, two days to prove, two weeks for the queue. */
export const DEFAULT_SETTINGS: RollupSettings = {
  graceSeconds: 86_400,
  proveDeadlineSeconds: 2 * 86_400,
  queueDeadlineSeconds: 14 * 86_400,
  maxDriftSeconds: 900,
  maxAgeSeconds: 2 * 86_400,
  bond: 10n ** 19n,
  queueFee: 10n ** 15n,
  registrationFee: 10n ** 16n,
};

/** A verifying key to be turned into a contract. `keys` is what the artefact store says of its origin. */
export interface VerifierKey {
  /** snarkjs's verification key, as parsed JSON. The contract is generated from exactly this object. */
  readonly verifyingKey: unknown;
  readonly keys: 'dev' | 'ceremony';
}

export interface DeployOptions {
  readonly l2ChainId: bigint;
  readonly genesisRoot: Field;
  readonly sequencer: Address;
  readonly batchVerifiers: Readonly<Partial<Record<ShapeName, VerifierKey>>>;
  readonly accountVerifier: VerifierKey;
  readonly settings?: Partial<RollupSettings>;
  /** Who may attest the EVM lane; two thirds of the weight are needed. Default: the sequencer alone. */
  readonly attestors?: readonly Attestor[];
}

export interface DeployDependencies {
  readonly wallet: Wallet;
  readonly publicClient: PublicClient;
}

export interface Deployment {
  readonly address: Address;
  /** L1 block of the deployment. */
  readonly deployedAt: bigint;
  readonly domain: Field;
  readonly verifiers: Readonly<Partial<Record<ShapeName, Address>>>;
  readonly accountVerifier: Address;
  /** The contract that checks attestations against proven roots. */
  readonly attestations: Address;
  /** The EVM lane's gate: messages in, withdrawals out. */
  readonly evmLane: Address;
  /** The `SignerSet` whose signatures it counts. */
  readonly attestors: Address;
  /** Of the `Rollup`'s deployment alone. */
  readonly gasUsed: bigint;
}

const BATCH_INPUTS = 3;
const ACCOUNT_INPUTS = 6;

/**
 * Checks the keys, deploys the verifiers, the rollup and what belongs to it, reads the constants back.
 * @throws CircuitError VKEY_MALFORMED, GAMMA_EQUALS_DELTA, DEV_KEY_REFUSED; BridgeError DEV_KEY_REFUSED, BAD_VERIFYING_KEY,
 * BAD_PARAMETERS, COMPILE_FAILED. Nothing is sent before all keys have passed.
 */
export async function deployRollup(options: DeployOptions, deps: DeployDependencies): Promise<Deployment> {
  const chainId = await deps.publicClient.getChainId();
  const sources: Record<string, string> = {};
  const add = (name: string, key: VerifierKey, inputs: number) => {
    sources[`${name}.sol`] = verifierSource(name, key, inputs, chainId);
  };
  const names = shapeNames(options.batchVerifiers);
  for (const name of names) {
    const key = options.batchVerifiers[name];
    if (key !== undefined) add(batchContract(name), key, BATCH_INPUTS);
  }
  add(ACCOUNT_CONTRACT, options.accountVerifier, ACCOUNT_INPUTS);

  const compiled = await compile(sources);
  const deployVerifier = async (name: string) =>
    (await deployCode(artifact(compiled, name).bytecode, 0n, deps)).address;
  const verifiers: Partial<Record<ShapeName, Address>> = {};
  for (const name of names) verifiers[name] = await deployVerifier(batchContract(name));
  const accountVerifier = await deployVerifier(ACCOUNT_CONTRACT);
  return deployWithVerifiers({ ...options, verifiers, accountVerifier }, deps);
}

/** The last step alone, for verifiers that are on L1 already. Tests use it; it checks no keys. */
export async function deployWithVerifiers(
  options: Omit<DeployOptions, 'batchVerifiers' | 'accountVerifier'> & {
    verifiers: Readonly<Partial<Record<ShapeName, Address>>>;
    accountVerifier: Address;
  },
  deps: Pick<DeployDependencies, 'wallet' | 'publicClient'>,
): Promise<Deployment> {
  const { verifiers, accountVerifier, l2ChainId, genesisRoot, sequencer } = options;
  const settings = { ...DEFAULT_SETTINGS, ...options.settings };
  const contracts = await buildContracts();
  const { bytecode } = artifact(contracts, 'Rollup');
  const shapes = shapeConfigs(verifiers);
  const parameters = { l2ChainId, genesisRoot, sequencer, accountVerifier, ...settings };
  const data = encodeDeployData({ abi: rollupAbi, bytecode, args: [parameters, shapes] });
  const { address, blockNumber, gasUsed } = await deployCode(data, settings.bond, deps);
  const deployed = await readParameters(address, deps.publicClient);
  const domain = computeDomain({ l1ChainId: deployed.l1ChainId, rollup: BigInt(address), l2ChainId });
  // The domain is what signatures are bound to: both sides must have computed the same one.
  if (deployed.domain !== domain || deployed.genesisRoot !== genesisRoot) {
    throw new BridgeError('BAD_PARAMETERS', { domain, onChain: deployed.domain });
  }
  const place = async (data: Hex) => (await deployCode(data, 0n, deps)).address;
  const creation = (name: string) => artifact(contracts, name).bytecode;
  const attestations = await place(
    encodeDeployData({
      abi: attestationsAbi,
      bytecode: creation('Attestations'),
      args: [address, accountVerifier],
    }),
  );
  const members = (options.attestors ?? [{ address: sequencer, weight: 1n }]).map((member) => ({
    signer: member.address,
    weight: member.weight,
  }));
  const attestors = await place(
    encodeDeployData({ abi: signerSetAbi, bytecode: creation('SignerSet'), args: [members] }),
  );
  const evmLane = await place(
    encodeDeployData({ abi: evmLaneAbi, bytecode: creation('EvmLane'), args: [address, attestors] }),
  );
  return {
    ...{ address, deployedAt: blockNumber, domain, verifiers, accountVerifier, gasUsed },
    ...{ attestations, evmLane, attestors },
  };
}

/** Deploys any contract's creation code. @throws BridgeError */
export async function deployCode(
  data: Hex,
  value: bigint,
  { wallet, publicClient }: Pick<DeployDependencies, 'wallet' | 'publicClient'>,
): Promise<{ address: Address; blockNumber: bigint; gasUsed: bigint }> {
  try {
    const hash = await wallet.sendTransaction({ data, value, to: null });
    const receipt = await publicClient.waitForTransactionReceipt({ hash });
    if (receipt.status !== 'success' || !receipt.contractAddress) throw new BridgeError('L1_REVERTED', { hash });
    return { address: receipt.contractAddress, blockNumber: receipt.blockNumber, gasUsed: receipt.gasUsed };
  } catch (error) {
    throw bridgeError(error);
  }
}

const ACCOUNT_CONTRACT = 'AccountProofVerifier';

function batchContract(name: ShapeName): string {
  return `Batch${name.charAt(0).toUpperCase()}${name.slice(1)}Verifier`;
}

/** Checks a key and renders its contract: what is checked is what is deployed. */
function verifierSource(name: string, key: VerifierKey, inputs: number, chainId: number): string {
  const verifyingKey = parseVerifyingKey(key.verifyingKey);
  refuseUnsafeKey(verifyingKey, chainId);
  if (key.keys !== 'ceremony' && !LOCAL_CHAIN_IDS.includes(chainId)) {
    throw new BridgeError('DEV_KEY_REFUSED', { verifier: name, chainId });
  }
  if (verifyingKey.nPublic !== inputs) {
    throw new BridgeError('BAD_VERIFYING_KEY', {
      verifier: name,
      publicInputs: verifyingKey.nPublic,
      expected: inputs,
    });
  }
  return solidityVerifier(verifyingKey, name);
}

function shapeNames(record: Readonly<Partial<Record<ShapeName, unknown>>>): ShapeName[] {
  return Object.values(SHAPES)
    .map(({ name }) => name)
    .filter((name) => record[name] !== undefined);
}

/** The contract's array: position = shape id; an unused id has verifier 0. */
function shapeConfigs(verifiers: Readonly<Partial<Record<ShapeName, Address>>>) {
  const used = shapeNames(verifiers).map((name) => SHAPES[name]);
  const length = Math.max(0, ...used.map(({ id }) => id + 1));
  const zero: Address = '0x0000000000000000000000000000000000000000';
  return Array.from({ length }, (_, id) => {
    const found = used.find((s) => s.id === id);
    const verifier = found === undefined ? undefined : verifiers[found.name];
    if (found === undefined || verifier === undefined) return { verifier: zero, l1Slots: 0, opSlots: 0, exitSlots: 0 };
    return { verifier, l1Slots: found.L, opSlots: found.N, exitSlots: found.E };
  });
}
