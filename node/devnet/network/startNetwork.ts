import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEther } from 'viem';
import { localClients } from '../../../bridge/deploy/localL1.ts';
import { SafeEmitter } from '../../../chain/emitter.ts';
import { silentLogger } from '../../../chain/logger.ts';
import { writeNetworkFile } from '../../networks/networkFile.ts';
import { NodeError } from '../../nodeError.ts';
import { DEV_ACCOUNT_COUNT, devAccount, devOperator } from '../accounts.ts';
import { DevnetDir } from '../dataDir.ts';
import { type DevDeployment, deployDevnet, devCircuits, keyHashes } from '../deployment.ts';
import { DEVNET_L2_CHAIN_ID } from '../devnet.ts';
import { accountsOf, DEVNET_FUNDED, depositDevnet, type LedgerAccount } from '../funding.ts';
import { killOrphans } from '../orphan.ts';
import { Cables } from './cables.ts';
import { DevNetworkError } from './errors.ts';
import { atPace, startNetworkL1 } from './l1.ts';
import { NetworkNode } from './networkNode.ts';
import type { AddedNode, DevNetwork, Flags, NetworkOptions, Role } from './options.ts';
import { createPeerIdentity } from './peerIdentity.ts';
import { freePorts } from './ports.ts';
import { Program } from './program.ts';
import { NETWORK_SETTINGS, nodeFlags, REGISTRY_SETTINGS } from './settings.ts';

const STAKE = parseEther('32');
/** Nobody listens there: with cables, nodes must not find a way around them. */
const NOWHERE = '/ip4/127.0.0.1/tcp/9';
const RESTART_PAUSE_MS = 1_000;

/**
 * A network on this machine, every part of it a process: anvil, a sequencer, validators, provers. For development only: all keys follow
 * from public text. @throws NodeError DEVNET_STALE, DevNetworkError PROGRAM_FAILED, BridgeError
 */
export async function startNetwork(options: NetworkOptions): Promise<DevNetwork> {
  const network = new Starting(options);
  try {
    return await network.open();
  } catch (error) {
    await network.stop();
    throw error;
  }
}

/** The network while it comes up and as long as it runs. */
class Starting {
  readonly #options: NetworkOptions;
  readonly #cleanup: (() => Promise<void>)[] = [];
  readonly #nodes: NetworkNode[] = [];
  readonly #provers: Program[] = [];
  readonly #events: DevNetwork['events'] = new SafeEmitter({ log: silentLogger });
  readonly #cables: Cables | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.#cables = options.cables === true ? new Cables() : undefined;
  }

  async open(): Promise<DevNetwork> {
    const {
      validators,
      provers = 0,
      rotate = false,
      signal,
      onStep = () => undefined,
      shapes = ['small'],
    } = this.#options;
    const { cacheDir, onProgress, funded = DEVNET_FUNDED } = this.#options;
    onStep('circuits and their keys (the first time takes a minute or two)');
    const circuits = await devCircuits({ shapes, signal, cacheDir, onProgress });
    signal?.throwIfAborted();

    const dir = await DevnetDir.open(this.#options.dataDir);
    this.#cleanup.push(() => dir.dispose());
    await killOrphans(await dir.programPids());
    onStep('L1 (anvil)');
    const accounts = DEV_ACCOUNT_COUNT + validators + provers;
    const l1 = await startNetworkL1({ port: this.#options.l1Port ?? 0, accounts }, { dir });
    this.#cleanup.push(async () => {
      await l1.stop();
      if (!dir.isTemporary) await dir.saveL1Pid(0);
    });

    onStep('contracts');
    const deployment = await this.#deployment(dir, { l1, circuits });
    if (!(await dir.isFunded())) {
      onStep('deposits');
      await depositDevnet(deployment, { l1, signal, funded });
      await dir.saveFunded();
    }
    await atPace(l1, this.#options.l1BlockSeconds ?? 1);
    signal?.throwIfAborted();

    onStep(`${validators + 1} nodes`);
    if (this.#cables !== undefined) this.#cleanup.push(async () => this.#cables?.stop());
    const names = Array.from({ length: validators }, (_, i) => `validator${i + 1}`);
    const ports = await freePorts(2 * (validators + 1));
    const take = (): number => ports.pop() ?? 0; // as many as are asked for
    const add = (name: string, role: Role, rpcPort: number, operator?: NetworkNode['operator']): Promise<NetworkNode> =>
      this.#create({ name, role, rpcPort, operator, p2pPort: take() }, { dir, deployment });
    const first = this.#options.rpcPort ?? take();
    const seat = rotate ? undefined : { l1: devAccount('sequencer').l1, l1Key: devAccount('sequencer').l1Key };
    await add('sequencer', 'sequencer', first, seat);
    for (const [i, name] of names.entries()) await add(name, 'validator', take(), devOperator(i));
    const networkFile = join(dir.path, 'network.json');
    this.#writeFile(networkFile, deployment, l1.url);
    await this.#startAll(l1.port);
    await this.#savePids(dir);
    signal?.throwIfAborted();

    if (provers > 0) onStep(`${provers} provers`);
    for (let i = 0; i < provers; i += 1) await this.#startProver(i, { dir, deployment, l1Url: l1.url });
    await this.#savePids(dir);
    onStep('accounts');
    const ledgerAccounts = await this.#accounts(
      deployment,
      funded.map(({ name }) => name),
    );
    return {
      l1,
      deployment,
      dataDir: dir.path,
      networkFile,
      accounts: ledgerAccounts,
      nodes: this.#nodes,
      provers: this.#provers,
      events: this.#events,
      node: (name) => this.#node(name),
      add: (added) => this.#add(added, { dir, deployment, l1Port: l1.port }),
      partition: (...groups) => this.#needCables().partition(groups),
      cutL1: (name) => this.#needCables().set(this.#node(name).name, 'l1', 'off'),
      heal: () => this.#needCables().heal(),
      stop: () => this.stop(),
    };
  }

  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      await Promise.all([...this.#provers, ...this.#nodes].map((part) => part.stop()));
      await Promise.all(this.#nodes.map(({ rpc }) => rpc.close()));
      for (const close of this.#cleanup.reverse()) await close();
    })();
    return this.#stopping;
  }

  /** What is on L1 already, if it is of the same circuits and validators; else a new deployment. */
  async #deployment(dir: DevnetDir, on: Parameters<typeof deployDevnet>[1]): Promise<DevDeployment> {
    const { validators, rotate = false, l2ChainId = DEVNET_L2_CHAIN_ID } = this.#options;
    const wanted = `${validators} ${rotate ? 'rotating' : 'account'}`;
    const known = await dir.deployment();
    if (known !== undefined) {
      const code = await localClients(on.l1).publicClient.getCode({ address: known.rollup });
      const isSame = Object.entries(keyHashes(on.circuits)).every(([name, hash]) => known.keyHashes[name] === hash);
      if (code !== undefined && isSame && (await dir.validators()) === wanted) return known;
      const text = `${dir.path} holds a devnet with other circuits or validators, or without its L1`;
      throw new NodeError('DEVNET_STALE', `${text}: use another folder or remove this one`);
    }
    const genesis = Array.from({ length: validators }, (_, i) => {
      const { address } = devOperator(i).l1;
      return { owner: address, signer: address, stake: STAKE };
    });
    const settings = { ...NETWORK_SETTINGS, ...this.#options.settings };
    const registry =
      validators === 0
        ? undefined
        : { settings: { ...REGISTRY_SETTINGS, ...this.#options.registrySettings }, genesis, rotate };
    const made = await deployDevnet({ l2ChainId, settings, registry }, on);
    await dir.saveValidators(wanted);
    await dir.saveDeployment(made);
    return made;
  }

  async #create(
    node: Pick<NetworkNode, 'name' | 'role' | 'p2pPort' | 'operator'> & { readonly rpcPort: number },
    { dir, deployment, flags = {} }: { dir: DevnetDir; deployment: DevDeployment; flags?: Flags },
  ): Promise<NetworkNode> {
    const { name, role, p2pPort } = node;
    const dataDir = join(dir.path, name);
    await mkdir(dataDir, { recursive: true });
    const identityFile = join(dataDir, 'p2p.key');
    const created = new NetworkNode({
      ...node,
      dataDir,
      logFile: join(dir.path, `${name}.log`),
      peerId: await createPeerIdentity(identityFile),
      flags: {
        ...nodeFlags(role, { ...this.#options, deployment }),
        '--p2p-identity-file': identityFile,
        '--p2p-listen': `/ip4/127.0.0.1/tcp/${p2pPort}`,
        ...(this.#cables !== undefined && { '--p2p-announce': NOWHERE }),
        ...flags,
      },
    });
    created.program.events.on('ended', ({ how, wasAsked }) => {
      if (!wasAsked) this.#onDeath(created.program, how);
    });
    this.#nodes.push(created);
    return created;
  }

  /** All at once: each says when its RPC answers. */
  async #startAll(l1Port: number): Promise<void> {
    await Promise.all(
      this.#nodes.map(async (node) => {
        const others = this.#nodes.filter((other) => other !== node);
        await node.start(await this.#ways(node, others, l1Port));
      }),
    );
  }

  /** How a node reaches the others and L1. */
  async #ways(node: NetworkNode, others: readonly NetworkNode[], l1Port: number): Promise<Flags> {
    const cables = this.#cables;
    const way = async (to: string, port: number): Promise<number> =>
      cables === undefined ? port : (await cables.between(node.name, to, port)).port;
    const bootnodes: string[] = [];
    for (const { name, p2pPort, peerId } of others) {
      bootnodes.push(`/ip4/127.0.0.1/tcp/${await way(name, p2pPort)}/p2p/${peerId}`);
    }
    return {
      '--p2p-bootnodes': bootnodes.join(','),
      '--l1-rpc-url': `http://127.0.0.1:${await way('l1', l1Port)}`,
    };
  }

  async #add(
    { name, bootnodes, flags = {} }: AddedNode,
    { dir, deployment, l1Port }: { dir: DevnetDir; deployment: DevDeployment; l1Port: number },
  ): Promise<NetworkNode> {
    const others = this.#nodes.filter((other) => bootnodes?.includes(other.name) ?? other.isRunning);
    const [rpcPort = 0, p2pPort = 0] = await freePorts(2);
    const created = await this.#create(
      { name, role: 'follower', rpcPort, p2pPort, operator: undefined },
      { dir, deployment, flags },
    );
    await created.start(await this.#ways(created, others, l1Port));
    await this.#savePids(dir);
    return created;
  }

  async #startProver(
    i: number,
    { dir, deployment, l1Url }: { dir: DevnetDir; deployment: DevDeployment; l1Url: string },
  ): Promise<void> {
    const { validators, provers = 0, cacheDir } = this.#options;
    const [node] = this.#nodes;
    if (node === undefined) return;
    const name = `prover${i + 1}`;
    const program = new Program({
      name,
      logFile: join(dir.path, `${name}.log`),
      env: { ENGRAM_L1_KEY: devOperator(validators + i).l1Key },
      args: () => proverArguments({ rpcUrl: node.rpcUrl, l1Url, deployment, offset: i, of: provers, cacheDir }),
    });
    program.events.on('ended', ({ how, wasAsked }) => {
      if (!wasAsked) this.#onDeath(program, how);
    });
    this.#provers.push(program);
    await program.start();
  }

  #onDeath(program: Program, how: string): void {
    this.#events.tell('died', { name: program.name, how });
    if (this.#options.restart !== true || this.#stopping !== undefined) return;
    setTimeout(() => {
      if (this.#stopping === undefined && !program.isRunning) program.start().catch(() => undefined); // its end is told as well
    }, RESTART_PAUSE_MS);
  }

  #writeFile(
    file: string,
    { rollup, attestations, evmLane, registry, deployedAt }: DevDeployment,
    rpcUrl: string,
  ): void {
    writeNetworkFile(file, {
      name: 'devnet',
      l1ChainId: L1_CHAIN_ID,
      l2ChainId: Number(this.#options.l2ChainId ?? DEVNET_L2_CHAIN_ID),
      l1: {
        rollup,
        attestations,
        evmLane,
        ...(registry !== undefined && { registry }),
        startBlock: deployedAt,
        rpcUrl,
      },
      bootnodes: this.#nodes.map(({ p2pAddress }) => p2pAddress),
    });
  }

  async #accounts(deployment: DevDeployment, people: readonly LedgerAccount['owner'][]): Promise<LedgerAccount[]> {
    const { rpc } = this.#node('sequencer');
    const { signal } = this.#options;
    const found: LedgerAccount[] = [];
    for (const name of people) {
      found.push(...(await accountsOf(devAccount(name), deployment.tokens.length, { rpc, signal })));
    }
    return found;
  }

  async #savePids(dir: DevnetDir): Promise<void> {
    if (dir.isTemporary) return;
    const programs = [...this.#provers, ...this.#nodes.map(({ program }) => program)];
    await dir.saveProgramPids(programs.flatMap(({ pid }) => (pid === undefined ? [] : [pid])));
  }

  #node(name: string): NetworkNode {
    const node = this.#nodes.find((candidate) => candidate.name === name);
    if (node === undefined) throw new DevNetworkError('UNKNOWN_NODE', `there is no node ${name}`, { name });
    return node;
  }

  #needCables(): Cables {
    if (this.#cables !== undefined) return this.#cables;
    throw new DevNetworkError('NO_CABLES', 'the network was started without cables');
  }
}

const L1_CHAIN_ID = 31_337;

function proverArguments({
  rpcUrl,
  l1Url,
  deployment,
  offset,
  of,
  cacheDir,
}: {
  rpcUrl: string;
  l1Url: string;
  deployment: DevDeployment;
  offset: number;
  of: number;
  cacheDir: string | undefined;
}): string[] {
  return [
    ...['prover', '--json', '--rpc', rpcUrl, '--l1', l1Url, '--rollup', deployment.rollup],
    ...['--l1-start-block', String(deployment.deployedAt), '--offset', String(offset), '--of', String(of)],
    ...(cacheDir === undefined ? [] : ['--cache', cacheDir]),
  ];
}
