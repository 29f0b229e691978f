import { join } from 'node:path';
import { SafeEmitter } from '../../../chain/emitter.ts';
import { silentLogger } from '../../../chain/logger.ts';
import type { RpcClient } from '../../../sdk/rpcClient.ts';
import { writeNetworkFile } from '../../networks/networkFile.ts';
import { DEV_ACCOUNT_COUNT, devAccount, devOperator } from '../accounts.ts';
import { DevnetDir } from '../dataDir.ts';
import { type DevDeployment, devCircuits } from '../deployment.ts';
import { DEVNET_L2_CHAIN_ID } from '../devnet.ts';
import { accountsOf, DEVNET_FUNDED, depositDevnet, type LedgerAccount } from '../funding.ts';
import { killOrphans } from '../orphan.ts';
import { Cables } from './cables.ts';
import { deployNetwork } from './deployNetwork.ts';
import { DevNetworkError } from './errors.ts';
import { atPace, startNetworkL1 } from './l1.ts';
import { NetworkNodes } from './networkNodes.ts';
import type { DevNetwork, NetworkOptions } from './options.ts';
import { freePorts } from './ports.ts';
import type { Program } from './program.ts';
import { proverProgram } from './proverProgram.ts';

const RESTART_PAUSE_MS = 1_000;
const L1_CHAIN_ID = 31_337;

/**
 * A network on this machine, every part of it a process: anvil, a sequencer, validators, provers. For development only: all keys follow
 * from public text. @throws NodeError DEVNET_STALE, DevNetworkError PROGRAM_FAILED, BridgeError
 */
export async function startNetwork(options: NetworkOptions): Promise<DevNetwork> {
  const parts = new Parts(options);
  try {
    return await open(options, parts);
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

async function open(options: NetworkOptions, parts: Parts): Promise<DevNetwork> {
  const { validators, provers = 0, rotate = false, shapes = ['small'], funded = DEVNET_FUNDED } = options;
  const { signal, cacheDir, onProgress, onStep = () => undefined } = options;
  onStep('circuits and their keys (the first time takes a minute or two)');
  const circuits = await devCircuits({ shapes, signal, cacheDir, onProgress });
  signal?.throwIfAborted();

  const dir = await DevnetDir.open(options.dataDir);
  parts.onStop(() => dir.dispose());
  await killOrphans(await dir.programPids());
  onStep('L1 (anvil)');
  const accounts = DEV_ACCOUNT_COUNT + validators + provers;
  const l1 = await startNetworkL1({ port: options.l1Port ?? 0, accounts }, { dir });
  parts.onStop(async () => {
    await l1.stop();
    if (!dir.isTemporary) await dir.saveL1Pid(0);
  });

  onStep('contracts and deposits');
  const deployment = await deployNetwork(options, { dir, l1, circuits });
  if (!(await dir.isFunded())) {
    await depositDevnet(deployment, { l1, signal, funded });
    await dir.saveFunded();
  }
  await atPace(l1, options.l1BlockSeconds ?? 1);
  signal?.throwIfAborted();

  onStep(`${validators + 1} nodes`);
  const cables = options.cables === true ? new Cables() : undefined;
  if (cables !== undefined) parts.onStop(() => cables.stop());
  const deps = {
    deployment,
    path: dir.path,
    l1Port: l1.port,
    cables,
    watch: (program: Program) => parts.watch(program),
  };
  const nodes = new NetworkNodes(options, deps);
  await createNodes(nodes, options);
  const networkFile = join(dir.path, 'network.json');
  writeFile(networkFile, { options, deployment, nodes, l1Url: l1.url });
  const savePids = async (): Promise<void> => {
    if (!dir.isTemporary) await dir.saveProgramPids(parts.pids());
  };
  await nodes.startAll();
  await savePids();
  signal?.throwIfAborted();

  if (provers > 0) onStep(provers === 1 ? 'a prover' : `${provers} provers`);
  const sequencer = nodes.get('sequencer');
  const provingPrograms = Array.from({ length: provers }, (_, number) =>
    proverProgram(
      {
        number,
        of: provers,
        account: validators + number,
        logFile: join(dir.path, `prover${number + 1}.log`),
        cacheDir,
      },
      { rpcUrls: nodes.all.map(({ rpcUrl }) => rpcUrl), l1Url: l1.url, deployment },
    ),
  );
  for (const program of provingPrograms) parts.watch(program);
  await Promise.all(provingPrograms.map((program) => program.start()));
  await savePids();
  onStep('accounts');
  const needCables = (): Cables => {
    if (cables !== undefined) return cables;
    throw new DevNetworkError('NO_CABLES', 'the network was started without cables');
  };
  return {
    ...{ l1, deployment, dataDir: dir.path, networkFile, provers: provingPrograms, rotates: rotate },
    nodes: nodes.all,
    events: parts.events,
    accounts: await ledgerAccounts(deployment, { funded, rpc: sequencer.rpc, signal }),
    node: (name) => nodes.get(name),
    add: async (added) => {
      const node = await nodes.add(added);
      await savePids();
      return node;
    },
    partition: (groups, how) => needCables().partition(groups, how),
    cutL1: (name) => needCables().set(nodes.get(name).name, 'l1', 'off'),
    heal: () => needCables().heal(),
    stop: async () => {
      await parts.stop();
      await Promise.all(nodes.all.map(({ rpc }) => rpc.close()));
    },
  };
}

async function createNodes(
  nodes: NetworkNodes,
  { validators, rotate = false, rpcPort = 0 }: NetworkOptions,
): Promise<void> {
  const ports = await freePorts(2 * (validators + 1));
  const take = (): number => ports.pop() ?? 0; // as many as are asked for
  const sequencer = devAccount('sequencer');
  await nodes.create({
    ...{ name: 'sequencer', role: 'sequencer', rpcPort: rpcPort === 0 ? take() : rpcPort, p2pPort: take() },
    operator: rotate ? undefined : { l1: sequencer.l1, l1Key: sequencer.l1Key },
  });
  for (let i = 0; i < validators; i += 1) {
    await nodes.create({
      ...{ name: `validator${i + 1}`, role: 'validator', rpcPort: take(), p2pPort: take() },
      operator: devOperator(i),
    });
  }
}

function writeFile(
  file: string,
  {
    options,
    deployment,
    nodes,
    l1Url,
  }: {
    options: NetworkOptions;
    deployment: DevDeployment;
    nodes: NetworkNodes;
    l1Url: string;
  },
): void {
  const { rollup, attestations, evmLane, registry, deployedAt: startBlock } = deployment;
  writeNetworkFile(file, {
    name: 'devnet',
    l1ChainId: L1_CHAIN_ID,
    l2ChainId: Number(options.l2ChainId ?? DEVNET_L2_CHAIN_ID),
    l1: { rollup, attestations, evmLane, ...(registry !== undefined && { registry }), startBlock, rpcUrl: l1Url },
    bootnodes: nodes.all.map(({ p2pAddress }) => p2pAddress),
  });
}

/** Those of the people who were given some, once they exist. */
async function ledgerAccounts(
  { tokens }: DevDeployment,
  {
    funded,
    ...on
  }: Pick<NetworkOptions, 'signal'> & { funded: readonly { name: LedgerAccount['owner'] }[]; rpc: RpcClient },
): Promise<LedgerAccount[]> {
  const found: LedgerAccount[] = [];
  for (const { name } of funded) found.push(...(await accountsOf(devAccount(name), tokens.length, on)));
  return found;
}

/** What runs, and how it ends. */
class Parts {
  readonly events: DevNetwork['events'] = new SafeEmitter({ log: silentLogger });
  readonly #options: Pick<NetworkOptions, 'restart'>;
  readonly #programs: Program[] = [];
  readonly #cleanup: (() => Promise<void>)[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: Pick<NetworkOptions, 'restart'>) {
    this.#options = options;
  }

  onStop(close: () => Promise<void>): void {
    this.#cleanup.push(close);
  }

  /** From now on its unasked end is told, and it is started again if that was wanted. */
  watch(program: Program): void {
    this.#programs.push(program);
    program.events.on('ended', ({ how, wasAsked }) => {
      if (wasAsked || this.#stopping !== undefined) return;
      this.events.tell('died', { name: program.name, how });
      if (this.#options.restart !== true) return;
      setTimeout(() => {
        // an end while it starts is told as any other
        if (this.#stopping === undefined && !program.isRunning) program.start().catch(() => undefined);
      }, RESTART_PAUSE_MS);
    });
  }

  pids(): number[] {
    return this.#programs.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  /** Programs first, all at once; then what they stand on. */
  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      await Promise.all(this.#programs.map((program) => program.stop()));
      for (const close of this.#cleanup.reverse()) await close();
    })();
    return this.#stopping;
  }
}
