/** Validators on a fresh L1: their registry, their keys, and time that passes epoch by epoch. */
import type { PrivateKeyAccount } from 'viem/accounts';
import { attestationTypedData } from '../client/attestation.ts';
import { registrationTypedData } from '../client/registration.ts';
import type { Equivocation, SignedCommitment } from '../client/registryCalls.ts';
import type { RegistryEvent } from '../client/registryEvents.ts';
import { type RegistryParameters, RegistryReader } from '../client/registryReader.ts';
import { RollupClient } from '../client/rollupClient.ts';
import type { Address, Hex, L1Call } from '../client/types.ts';
import type { RollupSettings } from '../deploy/deploy.ts';
import type { RegistrySettings } from '../deploy/registry.ts';
import { Fixture } from './fixture.ts';

export const ETHER = 10n ** 18n;

export const REGISTRY_SETTINGS: RegistrySettings = {
  epochSeconds: 10_000,
  slotSeconds: 100,
  unstakeDelaySeconds: 20_000,
  minStake: ETHER,
  rewardPerEpoch: 0n,
  maxSeats: 6,
};

export interface WorldParts {
  readonly registry?: Partial<RegistrySettings>;
  readonly rollup?: Partial<RollupSettings>;
  /** Of the validators of epoch 0, in ether. Default 4, 3, 3. */
  readonly stakes?: readonly bigint[];
  readonly rotate?: boolean;
  readonly accounts?: number;
}

export class RegistryWorld {
  readonly f: Fixture;
  readonly registry: RegistryReader;
  readonly parameters: RegistryParameters;

  private constructor(f: Fixture, registry: RegistryReader, parameters: RegistryParameters) {
    this.f = f;
    this.registry = registry;
    this.parameters = parameters;
  }

  static async start({ registry, rollup, stakes = [4n, 3n, 3n], rotate = false, accounts }: WorldParts = {}) {
    const settings = { ...REGISTRY_SETTINGS, ...registry };
    const f = await Fixture.start(
      { ...rollup, ...(rotate && { bond: 0n }) },
      {
        registry: { settings, stakes: stakes.map((stake) => stake * ETHER), rotate },
        ...(accounts !== undefined && { accounts }),
      },
    );
    const { registry: address, deployedAt } = f.deployment;
    if (address === undefined) throw new RangeError('no registry');
    const reader = await RegistryReader.connect({ address, deployedAt }, f.clients.publicClient);
    return new RegistryWorld(f, reader, await reader.parameters());
  }

  /** Signer of a validator of epoch 0. */
  signer(i: number): PrivateKeyAccount {
    const account = this.f.attestors[i];
    if (account === undefined) throw new RangeError(`signer ${i}`);
    return account;
  }

  /** An account that is no validator yet. */
  stranger(i: number): PrivateKeyAccount {
    const account = this.f.l1.accounts[4 + this.f.attestors.length + i];
    if (account === undefined) throw new RangeError(`stranger ${i}`);
    return account;
  }

  /** Sends as an account that is none of the fixture's people. */
  client(account: PrivateKeyAccount): Promise<RollupClient> {
    const { publicClient, walletClient } = this.f.clients;
    return RollupClient.open(this.f.deployment, { publicClient, wallet: walletClient(account) });
  }

  /** Sends and returns what the registry reported. Default: by Alice, who owns the first validators. */
  async send(call: L1Call, by: RollupClient = this.f.alice): Promise<RegistryEvent[]> {
    const { blockNumber, hash } = await by.send(call);
    const events = await this.registry.readEvents(blockNumber, blockNumber);
    return events.filter(({ l1 }) => l1.transactionHash === hash);
  }

  /** Makes a signer a validator. Default: Bob's, with the least stake. */
  async register(
    account: PrivateKeyAccount,
    parts: { by?: RollupClient; value?: bigint } = {},
  ): Promise<RegistryEvent[]> {
    const { by = this.f.bob, value = this.parameters.minStake } = parts;
    const signature = await this.agreement(account, by.account);
    return this.send(this.registry.calls.register({ signer: account.address, signature, value }), by);
  }

  /** The signer's word that this owner may register it. */
  agreement(account: PrivateKeyAccount, owner: Address): Promise<Hex> {
    return account.signTypedData(registrationTypedData(this.registry.registrationDomain, owner));
  }

  async statement(account: PrivateKeyAccount, batch: number, commitment: bigint): Promise<SignedCommitment> {
    const data = attestationTypedData(this.#attestationDomain, batch, commitment);
    return { commitment, signature: await account.signTypedData(data) };
  }

  /** Two different attestations of one batch by one signer. */
  async equivocation(account: PrivateKeyAccount, batch = 7): Promise<Equivocation> {
    const first = await this.statement(account, batch, 1n);
    return { batch, first, second: await this.statement(account, batch, 2n) };
  }

  async epoch(): Promise<number> {
    return Math.floor(((await this.f.now()) - this.parameters.start) / this.parameters.epochSeconds);
  }

  /** To the first second of the epoch that follows this many after the present one. */
  async nextEpoch(count = 1): Promise<number> {
    const epoch = (await this.epoch()) + count;
    await this.warpTo(this.startOf(epoch));
    return epoch;
  }

  startOf(epoch: number): number {
    return this.parameters.start + epoch * this.parameters.epochSeconds;
  }

  async warpTo(timestamp: number): Promise<void> {
    await this.f.warp(timestamp - (await this.f.now()));
  }

  /** The time of the block that the next transaction is in. */
  async nextBlockAt(timestamp: number): Promise<void> {
    await this.f.clients.testClient.setNextBlockTimestamp({ timestamp: BigInt(timestamp) });
  }

  get #attestationDomain() {
    return { l1ChainId: this.registry.registrationDomain.l1ChainId, evmLane: this.f.deployment.evmLane };
  }
}
