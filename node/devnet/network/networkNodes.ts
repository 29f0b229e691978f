import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DevDeployment } from '../deployment.ts';
import type { Cables } from './cables.ts';
import { DevNetworkError } from './errors.ts';
import { NetworkNode } from './networkNode.ts';
import type { AddedNode, Flags, NetworkOptions } from './options.ts';
import { createPeerIdentity } from './peerIdentity.ts';
import { freePorts } from './ports.ts';
import type { Program } from './program.ts';
import { nodeFlags } from './settings.ts';

/** Nobody listens there: with cables, nodes must not find a way around them. */
const NOWHERE = '/ip4/127.0.0.1/tcp/9';

export interface NodesDependencies {
  readonly deployment: DevDeployment;
  /** Folder of the network. */
  readonly path: string;
  readonly l1Port: number;
  readonly cables: Cables | undefined;
  /** Called for every program, before it starts. */
  readonly watch: (program: Program) => void;
}

/** The nodes of a network and the ways between them. */
export class NetworkNodes {
  readonly all: NetworkNode[] = [];
  readonly #options: NetworkOptions;
  readonly #deps: NodesDependencies;

  constructor(options: NetworkOptions, deps: NodesDependencies) {
    this.#options = options;
    this.#deps = deps;
  }

  /** @throws DevNetworkError UNKNOWN_NODE */
  get(name: string): NetworkNode {
    const node = this.all.find((candidate) => candidate.name === name);
    if (node === undefined) throw new DevNetworkError('UNKNOWN_NODE', `there is no node ${name}`, { name });
    return node;
  }

  /** A node with its folder and peer id; it does not run yet. */
  async create(
    node: Pick<NetworkNode, 'name' | 'role' | 'p2pPort' | 'operator'> & { readonly rpcPort: number },
    flags: Flags = {},
  ): Promise<NetworkNode> {
    const { deployment, path, cables, watch } = this.#deps;
    const dataDir = join(path, node.name);
    await mkdir(dataDir, { recursive: true });
    const identityFile = join(dataDir, 'p2p.key');
    const created = new NetworkNode({
      ...node,
      dataDir,
      logFile: join(path, `${node.name}.log`),
      peerId: await createPeerIdentity(identityFile),
      flags: {
        ...nodeFlags(node.role, { ...this.#options, deployment }),
        '--p2p-identity-file': identityFile,
        '--p2p-listen': `/ip4/127.0.0.1/tcp/${node.p2pPort}`,
        ...(cables !== undefined && { '--p2p-announce': NOWHERE }),
        ...flags,
      },
    });
    watch(created.program);
    this.all.push(created);
    return created;
  }

  /** All at once; resolves when every RPC answers. */
  async startAll(): Promise<void> {
    await Promise.all(
      this.all.map(async (node) =>
        node.start(
          await this.#ways(
            node,
            this.all.filter((other) => other !== node),
          ),
        ),
      ),
    );
  }

  async add({ name, bootnodes, peers = [], flags = {} }: AddedNode): Promise<NetworkNode> {
    const others = this.all.filter((other) => bootnodes?.includes(other.name) ?? other.isRunning);
    const [rpcPort = 0, p2pPort = 0] = await freePorts(2);
    const created = await this.create({ name, role: 'follower', rpcPort, p2pPort, operator: undefined }, flags);
    await created.start(await this.#ways(created, others, peers));
    return created;
  }

  /** How a node reaches the others and L1. */
  async #ways(node: NetworkNode, others: readonly NetworkNode[], peers: readonly string[] = []): Promise<Flags> {
    const { cables, l1Port } = this.#deps;
    const way = async (to: string, port: number): Promise<number> =>
      cables === undefined ? port : (await cables.between(node.name, to, port)).port;
    const bootnodes: string[] = [...peers];
    for (const { name, p2pPort, peerId } of others) {
      bootnodes.push(`/ip4/127.0.0.1/tcp/${await way(name, p2pPort)}/p2p/${peerId}`);
    }
    return {
      '--p2p-bootnodes': bootnodes.join(','),
      '--l1-rpc-url': `http://127.0.0.1:${await way('l1', l1Port)}`,
    };
  }
}
