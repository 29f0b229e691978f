import { type Command, InvalidArgumentError, Option } from 'commander';
import { formatEther } from 'viem';
import { progressReporter } from '../../circuits/build/progress.ts';
import type { ShapeName } from '../../protocol/types.ts';
import type { DevName } from '../devnet/accounts.ts';
import { type Devnet, type DevnetOptions, startDevnet } from '../devnet/devnet.ts';
import { createLogger } from '../logging.ts';
import { type NetworkFile, writeDevnetNetwork } from '../networks/networkFile.ts';
import { toJson } from '../rpc/json.ts';
import { CliError, Exit, guarded, type OutputOptions, progress } from './output.ts';
import { count } from './parsers.ts';
import { aborted, stopSignal } from './signals.ts';

interface DevnetCommandOptions extends OutputOptions {
  readonly dataDir?: string;
  readonly rpcPort: number;
  readonly l1Port: number;
  readonly shape?: ShapeName;
  readonly batchMs: number;
  readonly blockMs: number;
  readonly prove: boolean;
  readonly fund: boolean;
  readonly cache?: string;
  readonly validators?: number;
  readonly provers: number;
  readonly rotate?: boolean;
  readonly restart?: boolean;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/** `engram devnet` (npm start): everything on one machine, until Ctrl-C. */
export function registerDevnetCommand(program: Command): void {
  program
    .command('devnet')
    .description('run L1 (anvil), contracts, sequencer, prover and RPC on this machine, with funded accounts')
    .option('--data-dir <dir>', 'keep everything here between runs; default: a temporary folder')
    .option('--rpc-port <port>', 'port of the RPC; 0: any free one', count, 8_645)
    .option('--l1-port <port>', 'port of L1; 0: any free one', count, 8_545)
    .addOption(
      new Option('--shape <name>', 'batch circuit; default: dev, with validators small').choices([
        'small',
        'dev',
        'medium',
        'large',
      ]),
    )
    .option('--validators <n>', 'every part a process of its own: a sequencer and so many validators', positive)
    .option('--provers <n>', 'with validators: processes that prove; 0: who builds proves', count, 1)
    .option('--rotate', 'with validators: they lead in turns, and the sequencer only follows')
    .option('--restart', 'with validators: a process that ends is started again')
    .option('--block-ms <ms>', 'time between blocks', count, 1_000)
    .option('--batch-ms <ms>', 'longest time a batch stays open', count, 20_000)
    .option('--no-prove', 'leave proving to somebody else (engram prove)')
    .option('--no-fund', 'no deposits at the first start')
    .option('--cache <dir>', 'folder of compiled circuits and keys')
    .addOption(
      new Option('--log-level <level>', 'log of the node, on stderr')
        .choices(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
        .default('info'),
    )
    .option('--json', 'print one JSON object on stdout once it runs')
    .action((options: DevnetCommandOptions) => guarded(options, () => run(options)));
}

/** A network without validators is the devnet of one process. */
function positive(text: string): number {
  const value = count(text);
  if (value < 1 || value > MAX_VALIDATORS) throw new InvalidArgumentError(`expected 1 to ${MAX_VALIDATORS}`);
  return value;
}

const MAX_VALIDATORS = 32;

/** What would be ignored is refused: who asks for it expects something. @throws CliError BAD_OPTIONS */
function checkTogether({ validators, prove, fund, rotate, restart }: DevnetCommandOptions): void {
  const refuse = (message: string): never => {
    throw new CliError(Exit.USAGE, 'BAD_OPTIONS', message);
  };
  if (validators === undefined) {
    if (rotate === true || restart === true) refuse('--rotate and --restart need --validators');
    return;
  }
  if (!prove) refuse('--no-prove is for a devnet without validators; with them: --provers 0, and who builds proves');
  if (!fund) refuse('--no-fund is for a devnet without validators');
}

async function run(options: DevnetCommandOptions): Promise<undefined> {
  checkTogether(options);
  const stop = stopSignal();
  const bars = progressReporter();
  try {
    const { shape = 'dev', cache, logLevel, validators, provers: _provers, rotate, restart, ...rest } = options;
    const onProgress: DevnetOptions['onProgress'] = (circuit, step) => bars.update(circuit, step);
    const onStep = (text: string): void => {
      if (!text.startsWith('circuits')) bars.stop();
      progress(`• ${text}`);
    };
    if (validators !== undefined) {
      // libp2p and all that comes with it is not for a devnet of one process
      const { runNetwork } = await import('./devnetNetwork.ts');
      await runNetwork(
        { ...options, validators, shape: options.shape ?? 'small', rotate: rotate === true, restart: restart === true },
        { signal: stop.signal, onProgress, onStep },
      );
      return undefined;
    }
    const devnet = await startDevnet({
      ...rest,
      shapes: [shape],
      cacheDir: cache,
      logger: createLogger({ level: logLevel, pretty: 'auto' }),
      signal: stop.signal,
      onProgress,
      onStep,
    });
    writeDevnetNetwork(devnet.dataDir, networkOf(devnet));
    devnet.node.page?.prepare();
    process.stdout.write(options.json ? `${toJson(summary(devnet))}\n` : welcome(devnet));
    const cause = await Promise.race([devnet.node.halted, aborted(stop.signal)]);
    await devnet.stop();
    if (cause !== undefined)
      throw new CliError(Exit.REFUSED, 'HALTED', 'a part of the node halted; see the log', { cause });
    return undefined;
  } catch (error) {
    // Ctrl-C while it starts is not a failure
    if (stop.signal.aborted && !(error instanceof CliError)) return undefined;
    throw error;
  } finally {
    bars.stop();
    stop.release();
  }
}

/** What `engram node --network devnet` reads: L1 is all a devnet of one process has to offer, it has no peers. */
function networkOf({ l1, rollup, attestations, evmLane, deployedAt, node }: Devnet): NetworkFile {
  const { l1ChainId, l2ChainId } = node.parameters;
  return {
    name: 'devnet',
    l1ChainId: Number(l1ChainId),
    l2ChainId: Number(l2ChainId),
    l1: { rollup, attestations, evmLane, startBlock: Number(deployedAt), rpcUrl: l1.url },
    bootnodes: [],
  };
}

function summary({
  rpcUrl,
  l1Url,
  rollup,
  attestations,
  evmLane,
  deployedAt,
  tokens,
  accounts,
  person,
  dataDir,
  node,
}: Devnet): object {
  return {
    rpc: rpcUrl,
    l1: l1Url,
    rollup,
    attestations,
    evmLane,
    evmChainId: Number(node.parameters.l2ChainId),
    deployedAt,
    tokens,
    dataDir,
    people: owners(accounts).map((owner) => {
      const { l1, l1Key, seedHex, packedKey } = person(owner);
      const own = accounts.filter((account) => account.owner === owner);
      return { name: owner, address: l1.address, l1Key, seed: seedHex, publicKey: packedKey, accounts: own };
    }),
  };
}

function owners(accounts: Devnet['accounts']): DevName[] {
  return [...new Set(accounts.map(({ owner }) => owner))];
}

function welcome(devnet: Devnet): string {
  const { rpcUrl, l1Url, rollup, attestations, evmLane, tokens, accounts, person, dataDir, node } = devnet;
  const lines = [
    '',
    'Engram devnet runs. Keys below are public: never use them elsewhere.',
    '',
    `  RPC          ${rpcUrl}  (JSON-RPC over HTTP and WebSocket; /health, /metrics)`,
    ...(node.page === undefined
      ? []
      : [`  web page     ${rpcUrl}  (bridge, explorer, AI market: open it in a browser)`]),
    `  L1           ${l1Url}  (anvil, chain id 31337)`,
    `  Rollup       ${rollup}`,
    `  Attestations ${attestations}`,
    `  EvmLane      ${evmLane}  (EVM lane: chain id ${node.parameters.l2ChainId} at the RPC above; everybody’s L1 key has ETH there)`,
    ...tokens.map(({ id, symbol, address }) => `  token ${id}      ${symbol.padEnd(5)} ${id === 0 ? '' : address}`),
    `  data         ${dataDir}`,
    '',
  ];
  for (const owner of owners(accounts)) {
    const { l1, l1Key, seedHex } = person(owner);
    lines.push(
      `  ${owner}`,
      `    L1 address   ${l1.address}`,
      `    L1 key       ${l1Key}`,
      `    ledger seed  ${seedHex}`,
    );
    for (const { index, token } of accounts.filter((account) => account.owner === owner)) {
      const symbol = tokens.find(({ id }) => id === token)?.symbol ?? `token ${token}`;
      // an index that the node itself reported
      const balance = node.sequencer.account(index as Parameters<typeof node.sequencer.account>[0])?.balance ?? 0n;
      lines.push(`    account ${String(index).padEnd(4)} ${formatEther(balance)} ${symbol}`);
    }
  }
  const [from, to] = [accounts.find(({ owner }) => owner === 'alice'), accounts.find(({ owner }) => owner === 'bob')];
  if (from !== undefined && to !== undefined) {
    const transfer = `transfer --dev alice --from ${from.index} --to ${to.index} --amount 1.5ether --wait proven`;
    const node = rpcUrl.endsWith(':8645') ? '' : ` --rpc ${rpcUrl}`;
    lines.push('', `  try          npx engram ${transfer}${node}`, `               npx engram info${node}`);
  }
  return `${lines.join('\n')}\n\n`;
}
