import type { PublicClient } from 'viem';
import { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import { RegistryReader } from '../../bridge/client/registryReader.ts';
import { Reader } from '../../bridge/client/rollupReader.ts';
import { localClients } from '../../bridge/deploy/localL1.ts';
import { devAccount } from '../../node/devnet/accounts.ts';
import type { NetworkNode } from '../../node/devnet/network/networkNode.ts';
import type { AddedNode, DevNetwork, NetworkOptions } from '../../node/devnet/network/options.ts';
import { startNetwork } from '../../node/devnet/network/startNetwork.ts';
import type { Field } from '../../protocol/types.ts';
import { CheckError } from './errors.ts';
import { evmSender } from './traffic/evmSender.ts';
import { claimSender, transferSender } from './traffic/ledgerSender.ts';
import { Traffic } from './traffic/traffic.ts';

const FUNDED = [
  { name: 'alice', amount: 10n ** 18n },
  { name: 'carol', amount: 10n ** 18n },
] as const;

/** What a scenario works with: the network, its contracts on L1, and traffic that never pauses. */
export class World {
  readonly network: DevNetwork;
  readonly traffic: Traffic;
  readonly rollup: Reader;
  readonly lane: EvmLaneReader;
  readonly registry: RegistryReader;
  readonly domain: Field;
  /** Nodes that traffic must not be sent to, and that need not follow: they are cut off, or stopped for good. */
  readonly #aside = new Set<string>();

  private constructor(
    network: DevNetwork,
    contracts: { rollup: Reader; lane: EvmLaneReader; registry: RegistryReader },
    { domain, chainId }: { domain: Field; chainId: number },
  ) {
    this.network = network;
    this.rollup = contracts.rollup;
    this.lane = contracts.lane;
    this.registry = contracts.registry;
    this.domain = domain;
    const targets = (): readonly NetworkNode[] => this.nodes;
    const index = (owner: string, token: number): number => {
      const found = network.accounts.find((account) => account.owner === owner && account.token === token);
      if (found === undefined) throw new CheckError('NOT_DONE', `${owner} has no account of token ${token}`);
      return found.index;
    };
    const sender = (owner: (typeof FUNDED)[number]['name'], token: number) => ({
      owner,
      account: index(owner, token),
      domain,
    });
    const [bob, dave] = [devAccount('bob'), devAccount('dave')];
    const senders = [
      transferSender({ ...sender('alice', 0), to: index('carol', 0) }, { targets }),
      claimSender({ payer: sender('alice', 1), provider: sender('carol', 1) }, { targets }),
      evmSender({ account: bob, to: dave.l1.address, chainId }, { targets }),
      evmSender({ account: dave, to: bob.l1.address, chainId }, { targets }),
    ];
    this.traffic = new Traffic(senders);
  }

  static async open(options: NetworkOptions): Promise<World> {
    const network = await startNetwork({ funded: FUNDED, cables: true, ...options });
    try {
      const { l1, deployment } = network;
      const publicClient = localClients(l1).publicClient as PublicClient; // viem's, with the chain's type
      const deployedAt = BigInt(deployment.deployedAt);
      if (deployment.registry === undefined) throw new CheckError('NOT_DONE', 'the deployment has no registry');
      const rollup = await Reader.connect({ address: deployment.rollup, deployedAt }, publicClient);
      const lane = await EvmLaneReader.connect({ address: deployment.evmLane, deployedAt }, publicClient);
      const registry = await RegistryReader.connect({ address: deployment.registry, deployedAt }, publicClient);
      const { domain, l2ChainId } = await rollup.parameters();
      const world = new World(network, { rollup, lane, registry }, { domain, chainId: Number(l2ChainId) });
      world.traffic.start();
      return world;
    } catch (error) {
      await network.stop();
      throw error;
    }
  }

  /** What topics and protocols of this chain are named by. */
  get networkId(): string {
    return this.domain.toString(16).padStart(64, '0').slice(0, 16);
  }

  /** Those that run and are not set aside: traffic goes to them, and they must agree. */
  get nodes(): readonly NetworkNode[] {
    return this.network.nodes.filter(({ name, isRunning }) => isRunning && !this.#aside.has(name));
  }

  get validators(): readonly NetworkNode[] {
    return this.nodes.filter(({ role }) => role === 'validator');
  }

  get sequencer(): NetworkNode {
    return this.network.node('sequencer');
  }

  /** A node that does not count for now. */
  async without<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
    for (const name of names) this.#aside.add(name);
    try {
      return await work();
    } finally {
      for (const name of names) this.#aside.delete(name);
    }
  }

  /** A follower for the length of `work`. */
  async withFollower<T>(added: AddedNode, work: (node: NetworkNode) => Promise<T>): Promise<T> {
    // it need not be at the head while it syncs
    return this.without([added.name], async () => {
      const node = await this.network.add(added);
      try {
        return await work(node);
      } finally {
        await node.stop();
      }
    });
  }

  async stop(): Promise<void> {
    await this.traffic.stop();
    await this.network.stop();
  }
}
