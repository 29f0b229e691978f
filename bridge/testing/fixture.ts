/** One anvil with a deployment on mock verifiers, and clients for the people in a test. */
import { type Abi, encodeDeployData, encodeFunctionData, type Hex } from 'viem';
import type { PrivateKeyAccount } from 'viem/accounts';
import { expect } from 'vitest';
import { AccountTree } from '../../protocol/tree.ts';
import { artifact, buildTestContracts } from '../build.ts';
import { BridgeError } from '../client/errors.ts';
import { RollupClient } from '../client/rollupClient.ts';
import type { Address } from '../client/types.ts';
import { type Deployment, deployWithVerifiers, type RollupSettings } from '../deploy/deploy.ts';
import { deployCode } from '../deploy/deployCode.ts';
import { type LocalL1, localClients, startLocalL1 } from '../deploy/localL1.ts';
import type { RegistrySettings } from '../deploy/registry.ts';

export const TEST_SETTINGS: RollupSettings = {
  graceSeconds: 3600,
  proveDeadlineSeconds: 7200,
  queueDeadlineSeconds: 86_400,
  maxDriftSeconds: 60,
  maxAgeSeconds: 7200,
  bond: 10n ** 18n,
  queueFee: 10n ** 14n,
  registrationFee: 10n ** 15n,
};

export const TEST_L2_CHAIN_ID = 7001n;
/** Weights of the attestors; two thirds of ten are seven. */
export const ATTESTOR_WEIGHTS = [4n, 3n, 3n] as const;

type Clients = ReturnType<typeof localClients>;

/** Validators instead of a fixed set: the attestors are their signers, Alice owns them all. */
export interface TestRegistry {
  readonly settings: Partial<RegistrySettings>;
  readonly stakes: readonly bigint[];
  readonly rotate?: boolean;
}

interface Parts {
  /** Creation code of a real one; default: a mock. */
  readonly accountVerifier?: Hex;
  readonly registry?: TestRegistry;
  /** Funded on L1; default 10. */
  readonly accounts?: number;
}

export class Fixture {
  readonly l1: LocalL1;
  readonly deployment: Deployment;
  readonly verifier: Address;
  readonly accountVerifier: Address;
  readonly sequencer: RollupClient;
  readonly alice: RollupClient;
  readonly bob: RollupClient;
  readonly clients: Clients;
  /** With `ATTESTOR_WEIGHTS`. */
  readonly attestors: readonly PrivateKeyAccount[];
  #snapshot: Hex;

  private constructor(parts: {
    l1: LocalL1;
    clients: Clients;
    deployment: Deployment;
    verifier: Address;
    accountVerifier: Address;
    people: readonly [RollupClient, RollupClient, RollupClient];
    attestors: readonly PrivateKeyAccount[];
    snapshot: Hex;
  }) {
    this.l1 = parts.l1;
    this.clients = parts.clients;
    this.deployment = parts.deployment;
    this.verifier = parts.verifier;
    this.accountVerifier = parts.accountVerifier;
    [this.sequencer, this.alice, this.bob] = parts.people;
    this.attestors = parts.attestors;
    this.#snapshot = parts.snapshot;
  }

  static async start(settings: Partial<RollupSettings> = {}, parts: Parts = {}): Promise<Fixture> {
    const l1 = await startLocalL1({ accounts: parts.accounts ?? 10 });
    try {
      const clients = localClients(l1);
      const [deployer, sequencer, alice, bob, ...rest] = l1.accounts;
      const weights = parts.registry?.stakes ?? ATTESTOR_WEIGHTS;
      const attestors = rest.slice(0, weights.length);
      if (!deployer || !sequencer || !alice || !bob) throw new BridgeError('ANVIL_FAILED');
      const deps = { wallet: clients.walletClient(deployer), publicClient: clients.publicClient };
      const mock = artifact(await buildTestContracts(), 'MockVerifier');
      const verifier = (await deployCode(mock.bytecode, 0n, deps)).address;
      const accountVerifier = (await deployCode(parts.accountVerifier ?? mock.bytecode, 0n, deps)).address;
      const deployment = await deployWithVerifiers(
        {
          l2ChainId: TEST_L2_CHAIN_ID,
          genesisRoot: new AccountTree().root,
          sequencer: sequencer.address,
          verifiers: { small: verifier, dev: verifier },
          accountVerifier,
          settings: { ...TEST_SETTINGS, ...settings },
          ...attestorOptions(weights, { attestors, owner: alice, registry: parts.registry }),
        },
        deps,
      );
      const open = (account: typeof alice) =>
        RollupClient.open(deployment, { publicClient: clients.publicClient, wallet: clients.walletClient(account) });
      const people = [await open(sequencer), await open(alice), await open(bob)] as const;
      const snapshot = await clients.testClient.snapshot();
      return new Fixture({ l1, clients, deployment, verifier, accountVerifier, people, attestors, snapshot });
    } catch (error) {
      await l1.stop();
      throw error;
    }
  }

  /** Makes the present state the one that `reset` goes back to. */
  async keep(): Promise<void> {
    this.#snapshot = await this.clients.testClient.snapshot();
  }

  /** Back to the state right after deployment, or of the last `keep`. */
  async reset(): Promise<void> {
    await this.clients.testClient.revert({ id: this.#snapshot });
    this.#snapshot = await this.clients.testClient.snapshot();
  }

  async now(): Promise<number> {
    return Number((await this.clients.publicClient.getBlock()).timestamp);
  }

  /** Lets L1 time pass and mines a block. */
  async warp(seconds: number): Promise<void> {
    await this.clients.testClient.setNextBlockTimestamp({ timestamp: BigInt((await this.now()) + seconds) });
    await this.clients.testClient.mine({ blocks: 1 });
  }

  balance(address: Address): Promise<bigint> {
    return this.clients.publicClient.getBalance({ address });
  }

  async deployTest(name: string, args: readonly unknown[] = []): Promise<Contract> {
    const { abi, bytecode } = artifact(await buildTestContracts(), name);
    const [deployer] = this.l1.accounts;
    if (!deployer) throw new BridgeError('ANVIL_FAILED');
    const deps = { wallet: this.clients.walletClient(deployer), publicClient: this.clients.publicClient };
    const { address } = await deployCode(encodeDeployData({ abi, bytecode, args }), 0n, deps);
    return new Contract(address, abi, this);
  }

  async mock(address: Address): Promise<Contract> {
    return new Contract(address, artifact(await buildTestContracts(), 'MockVerifier').abi, this);
  }
}

function attestorOptions(
  weights: readonly bigint[],
  people: {
    attestors: readonly PrivateKeyAccount[];
    owner: PrivateKeyAccount;
    registry: TestRegistry | undefined;
  },
) {
  const members = weights.map((weight, i) => ({
    address: people.attestors[i]?.address ?? expect.unreachable(),
    weight,
  }));
  if (people.registry === undefined) return { attestors: members };
  const owner = people.owner.address;
  const genesis = members.map(({ address, weight }) => ({ owner, signer: address, stake: weight }));
  return { registry: { ...people.registry, genesis } };
}

/** A test contract by its compiler ABI. */
export class Contract {
  readonly address: Address;
  readonly abi: Abi;
  readonly #fixture: Fixture;

  constructor(address: Address, abi: Abi, fixture: Fixture) {
    this.address = address;
    this.abi = abi;
    this.#fixture = fixture;
  }

  read(functionName: string, args: readonly unknown[] = []): Promise<unknown> {
    return this.#fixture.clients.publicClient.readContract({
      address: this.address,
      abi: this.abi,
      functionName,
      args,
    });
  }

  /** Sent by `from` (default: alice). */
  async write(functionName: string, args: readonly unknown[] = [], opts: { from?: RollupClient; value?: bigint } = {}) {
    const data = encodeFunctionData({ abi: this.abi, functionName, args });
    return (opts.from ?? this.#fixture.alice).send({ to: this.address, data, value: opts.value ?? 0n });
  }
}

/** Expects a BridgeError with exactly this code. Returns it. */
export async function expectError(code: string, act: Promise<unknown>): Promise<BridgeError> {
  const error = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error, `expected ${code}`).toBeInstanceOf(BridgeError);
  const bridgeError = error as BridgeError; // asserted above
  expect(bridgeError.code, bridgeError.message).toBe(code);
  return bridgeError;
}
