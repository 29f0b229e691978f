/** Puts the verifiers, the `Rollup`, `Attestations`, the attestors' set or the `ValidatorRegistry`, and the `EvmLane` on L1. Refuses keys that would let anybody take the funds. */
import { encodeDeployData } from 'viem';
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
import type { Address, Hex } from '../client/types.ts';
import { type DeployDependencies, deployCode } from './deployCode.ts';
import { deployRegistry, type RegistryOptions, requireSame } from './registry.ts';

export { deployCode } from './deployCode.ts';

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
  /** Validators with stake attest instead; the deployer pays the stakes of the first ones. */
  readonly registry?: RegistryOptions;
}

export interface Deployment {
  readonly address: Address;
  /** L1 block of the rollup's deployment; a registry's is a little older. */
  readonly deployedAt: bigint;
  readonly domain: Field;
  readonly verifiers: Readonly<Partial<Record<ShapeName, Address>>>;
  readonly accountVerifier: Address;
  /** The contract that checks attestations against proven roots. */
  readonly attestations: Address;
  /** The EVM lane's gate: messages in, withdrawals out. */
  readonly evmLane: Address;
  /** Whose signatures it counts: the `SignerSet`, or the registry. */
  readonly attestors: Address;
  readonly registry?: Address;
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
  deps: DeployDependencies,
): Promise<Deployment> {
  const { verifiers, accountVerifier, l2ChainId, genesisRoot, sequencer } = options;
  const isRotating = options.registry?.rotate === true;
  const settings = { ...DEFAULT_SETTINGS, ...(isRotating && { bond: 0n }), ...options.settings };
  if (isRotating && settings.bond !== 0n) throw new BridgeError('BAD_PARAMETERS', { reason: 'ROTATING_HAS_NO_BOND' });
  const contracts = await buildContracts();
  const creation = (name: string) => artifact(contracts, name).bytecode;
  const place = async (data: Hex) => (await deployCode(data, 0n, deps)).address;

  const registry = options.registry && (await deployRegistry(options.registry, creation('ValidatorRegistry'), deps));
  const seat = isRotating && registry !== undefined ? registry.address : sequencer;
  const parameters = { l2ChainId, genesisRoot, sequencer: seat, accountVerifier, ...settings };
  const args = [parameters, shapeConfigs(verifiers)] as const;
  const data = encodeDeployData({ abi: rollupAbi, bytecode: creation('Rollup'), args });
  const { address, blockNumber, gasUsed } = await deployCode(data, settings.bond, deps);
  const deployed = await readParameters(address, deps.publicClient);
  const domain = computeDomain({ l1ChainId: deployed.l1ChainId, rollup: BigInt(address), l2ChainId });
  // The domain is what signatures are bound to: both sides must have computed the same one.
  if (deployed.domain !== domain || deployed.genesisRoot !== genesisRoot) {
    throw new BridgeError('BAD_PARAMETERS', { domain, onChain: deployed.domain });
  }
  const attestations = await place(
    encodeDeployData({ abi: attestationsAbi, bytecode: creation('Attestations'), args: [address, accountVerifier] }),
  );
  const attestors =
    registry?.address ??
    (await place(signerSetData(options.attestors ?? [{ address: sequencer, weight: 1n }], creation)));
  const evmLane = await place(
    encodeDeployData({ abi: evmLaneAbi, bytecode: creation('EvmLane'), args: [address, attestors] }),
  );
  if (registry !== undefined) requireSame(registry.expects, { rollup: address, evmLane });
  return {
    ...{ address, deployedAt: blockNumber, domain, verifiers, accountVerifier, gasUsed },
    ...{ attestations, evmLane, attestors },
    ...(registry !== undefined && { registry: registry.address }),
  };
}

function signerSetData(attestors: readonly Attestor[], creation: (name: string) => Hex): Hex {
  const members = attestors.map(({ address, weight }) => ({ signer: address, weight }));
  return encodeDeployData({ abi: signerSetAbi, bytecode: creation('SignerSet'), args: [members] });
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
