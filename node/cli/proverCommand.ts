import { type Command, Option } from 'commander';
import { Reader } from '../../bridge/client/rollupReader.ts';
import { systemClock } from '../../chain/clock.ts';
import { silentLogger } from '../../chain/logger.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import { l1PublicClient } from '../l1/clients.ts';
import { type MetricsServer, startMetricsServer } from '../metrics/metricsServer.ts';
import { Metrics } from '../metrics.ts';
import { checkNetwork } from '../networks/checkNetwork.ts';
import { loadNetwork } from '../networks/networkFile.ts';
import type { ClosedBatches } from '../prover/batchSource.ts';
import { ProofShelf } from '../prover/proofShelf.ts';
import { type ProverEvent, RemoteProver } from '../prover/remoteProver.ts';
import { snarkjsProving } from '../proving.ts';
import { repeat } from '../repeat.ts';
import { toJson } from '../rpc/json.ts';
import { L1Sender } from '../validator/l1Sender.ts';
import { recordBalance } from '../wiring.ts';
import { type L1Options, l1Account, l1Url, withDev, withL1 } from './context.ts';
import { CliError, Exit, guarded, type OutputOptions, progress } from './output.ts';
import { count } from './parsers.ts';
import { stopSignal } from './signals.ts';

interface ProverCommandOptions extends OutputOptions, L1Options {
  readonly rpc: string;
  readonly network?: string;
  readonly offset: number;
  readonly of: number;
  readonly takeoverMs: number;
  readonly pollMs: number;
  readonly dataDir?: string;
  readonly cache?: string;
  readonly keys?: string;
  readonly metricsPort?: number;
  readonly metricsHost: string;
}

/** `engram prover`: proves what is committed on L1, for whoever's chain it is, until it is stopped. */
export function registerProverCommand(program: Command): void {
  withDev(withL1(program.command('prover')))
    .description('run a prover: watch L1 for batches without a proof, prove them, send the proofs')
    .addOption(
      new Option('--rpc <urls>', 'nodes that give closed batches, comma-separated; they are not trusted')
        .env('ENGRAM_NODE_URL')
        .default('http://127.0.0.1:8645'),
    )
    .option('--network <name>', 'network file (or devnet) that says where the contract is')
    .option('--of <n>', 'how many provers share the work', count, 1)
    .option('--offset <i>', 'this one’s share: batches whose number mod --of is this', count, 0)
    .option('--takeover-ms <ms>', 'after so long without a proof, take another prover’s batch', count, 300_000)
    .option('--poll-ms <ms>', 'pause between looks at L1', count, 4_000)
    .option('--data-dir <dir>', 'keep proofs here until they are on L1; without it a restart proves again')
    .option('--cache <dir>', 'folder of compiled circuits and dev keys')
    .option('--keys <dir>', 'folder of a ceremony’s keys')
    .option('--metrics-port <port>', 'serve /metrics and /health here; 0: any free port', count)
    .option('--metrics-host <address>', 'address to serve them on', '127.0.0.1')
    .option('--json', 'print one JSON object a line on stdout for everything that happens')
    .action((options: ProverCommandOptions, command: Command) => guarded(options, () => run(options, command)));
}

async function run(options: ProverCommandOptions, command: Command): Promise<undefined> {
  const { of, offset, takeoverMs, pollMs, dataDir, cache, keys } = options;
  if (of < 1 || offset >= of) throw new CliError(Exit.USAGE, 'BAD_SHARE', '--offset must be below --of');
  const account = await l1Account(options);
  const { rollup, publicClient } = await connect(options, command);
  const stop = stopSignal();
  const metrics = new Metrics();
  const sender = new L1Sender(
    { pollMs },
    { publicClient, account, simulate: (call, from) => rollup.simulate(call, from) },
  );
  let isL1There = true;
  metrics.process.watch(() => ({ live: true, ready: isL1There }));
  const prover = new RemoteProver(
    { share: { offset, of }, takeoverMs, pollMs },
    {
      rollup,
      nodes: options.rpc.split(',').map(nodeOf),
      proving: snarkjsProving({ circuits: { cacheDir: cache, keysDir: keys } }),
      shelf: new ProofShelf({ dir: dataDir }),
      clock: systemClock,
      send: async (call, signal) => {
        const sent = await sender.send(call, signal);
        metrics.l1Transaction('prove', sent.gasUsed);
        return sent;
      },
      onEvent: (event) => {
        isL1There = event.event === 'away' ? false : event.event === 'heads' ? true : isL1There;
        record(metrics, event);
        if (options.json) process.stdout.write(`${toJson(event)}\n`);
        else progress(describe(event));
      },
    },
  );
  let server: MetricsServer | undefined;
  try {
    if (options.metricsPort !== undefined) {
      const at = { host: options.metricsHost, port: options.metricsPort };
      server = await startMetricsServer(at, { metrics, isHealthy: () => isL1There });
      const balance = () => recordBalance(metrics, { publicClient, address: account.address });
      void repeat(balance, { pauseMs: 30_000, signal: stop.signal, logger: silentLogger, about: 'balance on L1' });
    }
    const about = { prover: account.address, rollup: rollup.address, metrics: server?.url };
    if (options.json) process.stdout.write(`${toJson({ event: 'started', ...about })}\n`);
    else progress(`proving for ${about.rollup} as ${about.prover}${server === undefined ? '' : `, ${server.url}`}`);
    await prover.run(stop.signal);
  } finally {
    await server?.stop();
    stop.release();
  }
  return undefined;
}

/** The contract, from the first that says where: the flag, a network file, a node. */
async function connect(options: ProverCommandOptions, command: Command) {
  const network = options.network === undefined ? undefined : loadNetwork(options.network);
  const publicClient = l1PublicClient({ rpcUrl: l1Url(command, options, network), pollMs: options.pollMs });
  if (network !== undefined) await checkNetwork(network, { publicClient });
  const address = options.rollup ?? network?.l1.rollup ?? (await rollupOf(options.rpc.split(',')));
  const deployedAt = BigInt(options.l1StartBlock > 0 ? options.l1StartBlock : (network?.l1.startBlock ?? 0));
  return { publicClient, rollup: await Reader.connect({ address, deployedAt }, publicClient) };
}

async function rollupOf(urls: readonly string[]) {
  let failure: unknown;
  for (const url of urls) {
    try {
      return (await new RpcClient(url.trim()).request('engram_chainInfo', [])).rollup;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function nodeOf(url: string): ClosedBatches {
  const client = new RpcClient(url.trim());
  return { url: client.url, request: (method, params) => client.request(method, params) };
}

function record(metrics: Metrics, event: ProverEvent): void {
  switch (event.event) {
    case 'heads':
      metrics.head('committed', event.committed);
      metrics.head('proven', event.proven);
      break;
    case 'proven':
      metrics.proven(event.shape, event.seconds);
      break;
    case 'sent':
      for (const _ of event.batches) metrics.prover.outcome('sent');
      break;
    case 'lost':
    case 'cancelled':
    case 'failed':
    case 'refused':
      metrics.prover.outcome(event.event);
      break;
  }
}

function describe(event: ProverEvent): string {
  switch (event.event) {
    case 'heads':
      return `L1: ${event.committed} committed, ${event.proven} proven`;
    case 'proving':
      return `batch ${event.batch}: proving (${event.shape})`;
    case 'stage':
      return `batch ${event.batch}: ${event.stage}`;
    case 'proven':
      return `batch ${event.batch}: proof made in ${event.seconds.toFixed(1)} s`;
    case 'cancelled':
      return `batch ${event.batch}: given up, it is proven or gone`;
    case 'lost':
      return `batch ${event.batch}: another prover was first`;
    case 'failed':
      return `batch ${event.batch}: ${event.code}; again in ${event.againInMs / 1000} s`;
    case 'refused':
      return `batch ${event.batch}: L1 refuses the proof (${event.code}); again in ${event.againInMs / 1000} s`;
    case 'sent':
      return `batches ${event.batches.join(', ')}: proven on L1, ${event.gasUsed} gas (${event.hash})`;
    case 'away':
      return `${event.code}: ${event.about}; trying again`;
  }
}
