import { type Command, InvalidArgumentError } from 'commander';
import { buildPage } from '../../bridge/web/build/buildPage.ts';
import { silentLogger } from '../../chain/logger.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { loadNetwork } from '../networks/networkFile.ts';
import { CircuitFiles } from '../web/circuitFiles.ts';
import { BuiltPageFiles, type PageSource } from '../web/pageSource.ts';
import { staticConfig } from '../web/staticConfig.ts';
import { readStaticPage, writeStaticPage } from '../web/staticPage.ts';
import { startPageServer } from '../web/staticServer.ts';
import { withJson } from './context.ts';
import { guarded, lines, type OutputOptions, print, progress } from './output.ts';
import { address, count } from './parsers.ts';
import { aborted, stopSignal } from './signals.ts';

interface DeploymentOptions extends OutputOptions {
  readonly network?: string;
  readonly rpc?: string;
  readonly l1?: string;
  readonly rollup?: Hex;
  readonly evmLane?: Hex;
  readonly attestations?: Hex;
  readonly startBlock?: number;
  readonly l1ChainId?: number;
  readonly l2ChainId?: number;
  readonly name?: string;
  readonly explorer?: string;
  readonly confirmations?: number;
  readonly cache?: string;
}

interface BuildOptions extends DeploymentOptions {
  readonly out: string;
}

interface ServeOptions extends DeploymentOptions {
  readonly dir?: string;
  readonly host: string;
  readonly port: number;
}

/** `engram web`: the page as files, or served by itself, for users who have no node. */
export function registerWebCommands(program: Command): void {
  const web = program
    .command('web')
    .description('the web page: bridge, explorer, AI market (a node serves it at its RPC’s port)');
  withDeployment(web.command('build'))
    .description('write the page as files for any web server')
    .requiredOption('--out <dir>', 'folder to write; an earlier page there is replaced')
    .action((options: BuildOptions) =>
      guarded(
        options,
        () => build(options),
        (result) => lines(result),
      ),
    );
  withDeployment(web.command('serve'))
    .description('serve the page until Ctrl-C; without a node it goes by L1 alone')
    .option('--dir <dir>', 'what engram web build wrote; default: the page of this installation')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port; 0: any free one', count, 8_646)
    .action((options: ServeOptions) => guarded(options, () => serve(options)));
}

function withDeployment(command: Command): Command {
  return withJson(command)
    .option('--network <name>', 'devnet (the one started here last), or a network file')
    .option(
      '--rpc <url>',
      'JSON-RPC of the node that the page uses; its rpc.corsOrigins must name the page’s origin',
      httpUrl,
    )
    .option(
      '--l1 <url>',
      'JSON-RPC of L1 that the page uses, for all to see; default: the user’s wallet is asked',
      httpUrl,
    )
    .option('--rollup <address>', 'the contract; default: what the network file or the node says', address)
    .option('--evm-lane <address>', 'the contract of the EVM lane', address)
    .option('--attestations <address>', 'the contract that checks attestations', address)
    .option('--start-block <n>', 'L1 block of the contract’s deployment', count)
    .option('--l1-chain-id <id>', 'chain id of L1', count)
    .option('--l2-chain-id <id>', 'chain id of the EVM lane', count)
    .option('--name <name>', 'what the page calls this network', shortName)
    .option('--explorer <url>', 'block explorer of L1 that the page links to', httpUrl)
    .option('--confirmations <n>', 'L1 blocks until the node takes a deposit in', count)
    .option('--cache <dir>', 'folder of built pages and of circuits');
}

async function build(options: BuildOptions): Promise<object> {
  const config = await configOf(options);
  const {
    dir,
    hash,
    bytes,
    config: written,
  } = await writeStaticPage({
    outDir: options.out,
    config,
    cacheDir: options.cache,
    onProgress: progress,
  });
  return { dir, hash, bytes, config: written };
}

async function serve(options: ServeOptions): Promise<undefined> {
  const stop = stopSignal();
  try {
    const page = options.dir === undefined ? await builtPage(options, stop.signal) : await readStaticPage(options.dir);
    const { hash } = await page.files();
    const server = await startPageServer(options, { page, logger: silentLogger });
    print(options, { url: server.url, hash });
    await aborted(stop.signal);
    await server.stop();
    return undefined;
  } finally {
    stop.release();
  }
}

async function builtPage(options: ServeOptions, signal: AbortSignal): Promise<PageSource> {
  const { cache: cacheDir } = options;
  const circuits = new CircuitFiles({ cacheDir });
  const config = await configOf(options);
  const accountProof = await circuits.urls();
  const files = new BuiltPageFiles({
    logger: silentLogger,
    signal,
    build: () => buildPage({ cacheDir, signal, onProgress: progress }),
  });
  return {
    files: () => files.get(),
    config: async () => ({ ...config, ...(accountProof !== undefined && { accountProof }) }),
    circuit: (hash, name) => circuits.file(hash, name),
  };
}

function configOf({ network, ...said }: DeploymentOptions): ReturnType<typeof staticConfig> {
  return staticConfig({ ...said, network: network === undefined ? undefined : loadNetwork(network) });
}

function httpUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError('expected a URL (https or http)');
  }
  return text;
}

function shortName(text: string): string {
  if (!/^[^\p{C}<>]{1,64}$/u.test(text)) throw new InvalidArgumentError('expected a name of at most 64 characters');
  return text;
}
