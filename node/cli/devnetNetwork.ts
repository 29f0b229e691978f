/** `engram devnet --validators n`: the devnet as processes, for people and for scripts. */
import type { ShapeName } from '../../protocol/types.ts';
import { devAccount } from '../devnet/accounts.ts';
import type { NetworkNode } from '../devnet/network/networkNode.ts';
import type { DevNetwork } from '../devnet/network/options.ts';
import { startNetwork } from '../devnet/network/startNetwork.ts';
import { readNetworkFile, writeDevnetNetwork } from '../networks/networkFile.ts';
import { toJson } from '../rpc/json.ts';
import { columns } from './columns.ts';
import type { OutputOptions } from './output.ts';
import { progress } from './output.ts';
import { aborted } from './signals.ts';

export interface DevnetNetworkOptions extends OutputOptions {
  readonly validators: number;
  readonly provers: number;
  readonly rotate: boolean;
  readonly restart: boolean;
  readonly dataDir?: string | undefined;
  readonly rpcPort: number;
  readonly l1Port: number;
  readonly shape: ShapeName;
  readonly blockMs: number;
  readonly batchMs: number;
  readonly cache?: string | undefined;
  readonly logLevel: string;
}

const STATUS_MS = 5_000;

/** Runs it until `signal` aborts. */
export async function runNetwork(
  { json, shape, cache, ...options }: DevnetNetworkOptions,
  deps: { readonly signal: AbortSignal } & Pick<Parameters<typeof startNetwork>[0], 'onStep' | 'onProgress'>,
): Promise<void> {
  const network = await startNetwork({ ...options, ...deps, shapes: [shape], cacheDir: cache });
  try {
    writeDevnetNetwork(network.dataDir, readNetworkFile(network.networkFile));
    network.events.on('died', ({ name, how }) => {
      progress(
        `${name} ended by itself (${how})${options.restart ? ': it is started again' : ''}; log: ${network.dataDir}`,
      );
    });
    process.stdout.write(json ? `${toJson(summary(network))}\n` : welcome(network));
    const ended = aborted(deps.signal);
    let told = '';
    while (!deps.signal.aborted) {
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, STATUS_MS))]);
      const line = deps.signal.aborted ? told : await statusLine(network.nodes);
      if (line !== told) progress(line);
      told = line;
    }
  } finally {
    await network.stop();
  }
}

/** Heads of every node, as it tells them itself. */
async function statusLine(nodes: readonly NetworkNode[]): Promise<string> {
  const heads = await Promise.all(
    nodes.map(async ({ name, rpc, isRunning }) => {
      if (!isRunning) return `${name} does not run`;
      const info = await rpc.request('engram_chainInfo', []).catch(() => undefined);
      if (info === undefined) return `${name} does not answer`;
      const { unsafe, committed, proven } = info.heads;
      return `${name} ${unsafe.block}/${committed.batch}/${proven.batch}`;
    }),
  );
  return `block/committed/proven: ${heads.join(', ')}`;
}

function summary({ l1, deployment, nodes, provers, accounts, dataDir, networkFile }: DevNetwork): object {
  return {
    l1: l1.url,
    ...deployment,
    dataDir,
    networkFile,
    nodes: nodes.map(({ name, role, rpcUrl, p2pAddress, operator, program }) => ({
      ...{ name, role, rpc: rpcUrl, p2p: p2pAddress, pid: program.pid, log: program.logFile },
      ...(operator !== undefined && { address: operator.l1.address, l1Key: operator.l1Key }),
    })),
    provers: provers.map(({ name, pid, logFile }) => ({ name, pid, log: logFile })),
    people: [...new Set(accounts.map(({ owner }) => owner))].map((owner) => {
      const { l1: account, l1Key, seedHex, packedKey } = devAccount(owner);
      const own = accounts.filter((candidate) => candidate.owner === owner);
      return { name: owner, address: account.address, l1Key, seed: seedHex, publicKey: packedKey, accounts: own };
    }),
  };
}

function welcome(network: DevNetwork): string {
  const { l1, deployment, nodes, provers, accounts, dataDir, networkFile, rotates } = network;
  const rows = nodes.map(({ name, role, rpcUrl, p2pPort, operator, program }) => [
    ...['', name, roleText(role, rotates), rpcUrl, `/ip4/127.0.0.1/tcp/${p2pPort}`],
    ...[operator?.l1.address ?? '–', String(program.pid ?? '')],
  ]);
  const people = [...new Set(accounts.map(({ owner }) => owner))].map((owner) => {
    const own = accounts.filter((account) => account.owner === owner).map(({ index }) => index);
    return ['', owner, `accounts ${own.join(', ')}`, `L1 and EVM lane ${devAccount(owner).l1.address}`];
  });
  return [
    '',
    'Engram devnet runs, every part a process. All its keys are public: never use them elsewhere.',
    '',
    columns([
      ['', 'L1', l1.url],
      ['', 'Rollup', deployment.rollup],
      ['', 'EvmLane', deployment.evmLane],
      ...(deployment.registry === undefined ? [] : [['', 'Registry', deployment.registry]]),
      ['', 'network file', networkFile],
      ['', 'logs', `${dataDir}/*.log`],
    ]),
    '',
    columns([['', 'node', 'does', 'RPC', 'peers', 'L1 account', 'process'], ...rows]),
    ...(provers.length === 0
      ? []
      : ['', `  provers: ${provers.map(({ name, pid }) => `${name} (${pid})`).join(', ')}`]),
    '',
    columns(people),
    '',
    '  keys         --dev <name> uses them; --json shows them',
    '  join it      npx engram node --network devnet --data-dir ./follower --rpc-port 0 --sequencer-enabled false',
    '',
    '',
  ].join('\n');
}

function roleText(role: NetworkNode['role'], rotate: boolean): string {
  if (role === 'sequencer') return rotate ? 'follows' : 'holds the seat';
  if (role === 'validator') return rotate ? 'leads in turn, attests' : 'attests, takes over';
  return 'follows';
}
