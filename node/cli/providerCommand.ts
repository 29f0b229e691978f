import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { DiscoveryError } from '../../agents/discovery/errors.ts';
import { ExecutionError } from '../../agents/execution/executionError.ts';
import { ModelRunner } from '../../agents/execution/modelRunner.ts';
import { type AnnouncementOptions, DEFAULT_LIMITS, providerOptions } from '../../agents/provider/options.ts';
import { ProviderError } from '../../agents/provider/providerError.ts';
import { ProviderService } from '../../agents/provider/providerService.ts';
import { type ProviderRequest, type ProviderResponse, refusalResponse } from '../../agents/provider/requests.ts';
import { systemClock } from '../../chain/clock.ts';
import { openLevel } from '../../chain/db.ts';
import type { Logger } from '../../chain/logger.ts';
import type { AccountIndex, Field } from '../../protocol/types.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { domainOf } from '../../sdk/chain.ts';
import { createEngramClient } from '../../sdk/client.ts';
import { createLogger, type LoggingOptions } from '../logging.ts';
import type { PeerServer, PeerServerDeps } from '../provider/peerServer.ts';
import { providerMetrics } from '../provider/providerMetrics.ts';
import { networkId } from '../sync/peerParts.ts';
import { type LedgerKeyOptions, ledgerSeed, type NodeOptions, withDev, withLedgerKey, withNode } from './context.ts';
import { withEthereumKey } from './laneClients.ts';
import { CliError, Exit, guarded, print } from './output.ts';
import { amount, count, index, indices } from './parsers.ts';
import { type AnswerContractsOptions, answerContracts } from './providerAnswers.ts';
import { aborted, stopSignal } from './signals.ts';

interface ProviderCommandOptions extends NodeOptions, LedgerKeyOptions, AnswerContractsOptions {
  readonly model: string;
  readonly attestation: AccountIndex;
  readonly price: bigint;
  readonly account?: AccountIndex;
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly trustProxy?: boolean;
  readonly workers: number;
  readonly queue: number;
  readonly maxInputBytes: number;
  readonly maxOutputBytes: number;
  readonly runTimeoutMs: number;
  readonly minimumDeposit?: bigint;
  readonly minimumSeconds: number;
  readonly freeCalls: number;
  readonly freeSeconds: number;
  readonly claimValue: bigint;
  readonly claimAge: number;
  readonly claimMargin: number;
  readonly claimOnStop?: boolean;
  readonly retention: number;
  readonly pollMs: number;
  readonly agent?: AccountIndex;
  readonly endpoint?: string;
  readonly name: string;
  readonly listen?: string;
  readonly peer?: string;
  readonly logLevel: LoggingOptions['level'];
}

const DAY_SECONDS = 86_400;

/** `engram provider`: sells answers of one model until it is stopped. */
export function registerProviderCommand(program: Command): void {
  withEthereumKey(withDev(withLedgerKey(withNode(program.command('provider')))))
    .description('serve a model over HTTP, paid per answer by vouchers (docs/ai.md section 2)')
    .requiredOption('--model <file>', 'ONNX file')
    .requiredOption('--attestation <index>', 'the ATTEST account that commits to this file', index)
    .requiredOption('--price <amount>', 'of one answer', amount)
    .option('--account <index>', 'KEY account to be paid at; default: the key’s first of the model’s token', index)
    .option('--data-dir <dir>', 'folder of books and receipts: without them money is lost', 'engram-provider')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0: any free port', count, 9100)
    .option('--trust-proxy', 'callers’ addresses are those that the proxy in front says')
    .option('--workers <n>', 'threads that run the model, and so requests at a time', count, DEFAULT_LIMITS.concurrency)
    .option('--queue <n>', 'requests that may wait', count, DEFAULT_LIMITS.queue)
    .option('--max-input-bytes <n>', 'longest input', count, DEFAULT_LIMITS.inputBytes)
    .option('--max-output-bytes <n>', 'longest output', count, DEFAULT_LIMITS.outputBytes)
    .option('--run-timeout-ms <ms>', 'longest run', count, DEFAULT_LIMITS.runMs)
    .option('--minimum-deposit <amount>', 'of a channel; default: the price', amount)
    .option('--minimum-seconds <n>', 'that a new channel must still take vouchers', count, 60)
    .option('--free-calls <n>', 'calls without a voucher for each address', count, 0)
    .option('--free-seconds <n>', '… in so many seconds', count, 3_600)
    .addOption(
      new Option('--claim-value <amount>', 'claim a channel that owes so much')
        .argParser(amount)
        .default(10n ** 16n, '0.01ether'),
    )
    .option('--claim-age <seconds>', '… or whose oldest unpaid answer is so old', count, DAY_SECONDS)
    .option('--claim-margin <seconds>', '… or that is over so soon', count, DAY_SECONDS / 2)
    .option('--claim-on-stop', 'claim all that is worth its fee before the end')
    .option('--retention <seconds>', 'keep what public requests show, and receipts, so long', count, 7 * DAY_SECONDS)
    .option('--poll-ms <ms>', 'pause between looks at claims and clock', count, 5_000)
    .option('--agent <index>', 'announce as this agent, with --endpoint', index)
    .option('--endpoint <url>', 'where others reach this provider')
    .option('--name <name>', 'name in the announcement', 'provider')
    .option(
      '--answer-contracts',
      'also answer questions of contracts, through Oracle; needs an Ethereum key for the gas',
    )
    .option('--answer-peers <indices>', 'with whom a quorum may be shared, comma-separated; default: anybody', indices)
    .option('--listen <multiaddr>', 'serve over libp2p too, e.g. /ip4/0.0.0.0/tcp/7272')
    .option('--peer <multiaddr>', 'announce this libp2p address instead of the one listened on')
    .addOption(
      new Option('--log-level <level>').choices(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
    )
    .action((options: ProviderCommandOptions) => guarded(options, () => run(options)));
}

async function run(options: ProviderCommandOptions): Promise<undefined> {
  checkAnnouncement(options);
  const account = ledgerAccount({ seed: ledgerSeed(options) });
  const log = createLogger({ level: options.logLevel, pretty: 'auto' });
  const runner = await ModelRunner.load(options.model, {
    workers: options.workers,
    maxInputBytes: options.maxInputBytes,
    maxOutputBytes: options.maxOutputBytes,
  }).catch(refused);
  const stop = stopSignal();
  try {
    const client = await createEngramClient({ rpcUrl: options.rpc, account });
    mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
    const store = await openLevel(join(options.dataDir, 'provider'));
    try {
      // Its address is announced, so it listens before there is a provider.
      let service: ProviderService | undefined;
      const handle = async (request: ProviderRequest): Promise<ProviderResponse> =>
        (await service?.handle(request)) ?? refusalResponse(STARTING);
      const peers = await peerServer(options, { domain: domainOf(client.chain), handle, log });
      try {
        service = await ProviderService.start(serviceOptions(options, announcementOf(options, peers)), {
          ...{ client, account, runner, store, log, clock: systemClock },
          metrics: providerMetrics(),
        }).catch(refused);
        const { provider, model, token } = service.identity;
        print(options, {
          ...{ url: service.url, provider, model, token, price: options.price },
          ...(peers !== undefined && { peer: peers.addresses[0] }),
        });
        const answerer = await answerContracts(options, { identity: service.identity, account, runner, store, log });
        await aborted(stop.signal);
        await answerer?.stop();
        await service.stop();
      } finally {
        await peers?.stop();
      }
    } finally {
      await store.close();
    }
  } finally {
    await runner.close();
    stop.release();
  }
  return undefined;
}

const STARTING = { status: 503, code: 'STOPPING', message: 'the provider does not serve yet', data: { retryAfter: 1 } };

/** libp2p is loaded only if it is asked for. */
async function peerServer(
  { listen, dataDir, maxInputBytes, maxOutputBytes }: ProviderCommandOptions,
  { domain, handle, log }: { readonly domain: Field; readonly handle: PeerServerDeps['handle']; readonly log: Logger },
): Promise<PeerServer | undefined> {
  if (listen === undefined) return undefined;
  const { startPeerServer } = await import('../provider/peerServer.ts');
  return startPeerServer(
    {
      ...{ id: networkId(domain), listen: [listen], identityFile: join(dataDir, 'p2p.key') },
      ...{ inputBytes: maxInputBytes, outputBytes: maxOutputBytes },
      ...{ maxConnections: DEFAULT_LIMITS.connections, requestMs: DEFAULT_LIMITS.requestMs },
    },
    { handle, clock: systemClock, log },
  );
}

function serviceOptions(options: ProviderCommandOptions, announcement: AnnouncementOptions | undefined) {
  const { attestation, price, account, host, port, minimumDeposit, minimumSeconds, retention, pollMs } = options;
  return providerOptions({
    ...{ model: attestation, provider: account, price, listen: { host, port }, minimumSeconds, pollMs, announcement },
    ...(minimumDeposit !== undefined && { minimumDeposit }),
    trustProxy: options.trustProxy === true,
    retentionSeconds: retention,
    claimOnStop: options.claimOnStop === true,
    limits: {
      inputBytes: options.maxInputBytes,
      outputBytes: options.maxOutputBytes,
      concurrency: options.workers,
      queue: options.queue,
      runMs: options.runTimeoutMs,
    },
    free: { calls: options.freeCalls, perSeconds: options.freeSeconds },
    claim: { value: options.claimValue, ageSeconds: options.claimAge, marginSeconds: options.claimMargin },
  });
}

/** @throws CliError BAD_OPTIONS */
function checkAnnouncement({ agent, endpoint }: ProviderCommandOptions): void {
  if ((agent === undefined) === (endpoint === undefined)) return;
  throw new CliError(Exit.USAGE, 'BAD_OPTIONS', '--agent and --endpoint belong together');
}

function announcementOf(
  { agent, endpoint, name, peer }: ProviderCommandOptions,
  peers: PeerServer | undefined,
): AnnouncementOptions | undefined {
  if (agent === undefined || endpoint === undefined) return undefined;
  return { agent, endpoint, name, peer: peer ?? peers?.addresses[0] ?? '', lifetimeSeconds: DAY_SECONDS };
}

function refused(error: unknown): never {
  if (error instanceof ProviderError || error instanceof ExecutionError || error instanceof DiscoveryError) {
    const exit = error.code === 'BAD_OPTIONS' ? Exit.USAGE : Exit.REFUSED;
    throw new CliError(exit, error.code, error.message, { cause: error });
  }
  throw error;
}
