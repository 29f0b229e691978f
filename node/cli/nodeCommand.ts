import { type Command, Option } from 'commander';
import { type Config, type ConfigSources, loadConfig, lockedKeystore } from '../config/config.ts';
import { listOptions } from '../config/options.ts';
import { secretsIn } from '../config/secretsIn.ts';
import { promptPassphrase } from '../keystore/passphrase.ts';
import { l1PublicClient } from '../l1/clients.ts';
import { createLogger } from '../logging.ts';
import { checkNetwork } from '../networks/checkNetwork.ts';
import { loadNetwork, type NetworkFile, networkSettings } from '../networks/networkFile.ts';
import { EngramNode } from '../node.ts';
import { CliError, Exit, guarded, type OutputOptions, print } from './output.ts';
import { aborted, stopSignal } from './signals.ts';

interface NodeCommandOptions extends OutputOptions {
  readonly config?: string;
  readonly network?: string;
}

/** `engram node`: the service. Every setting of node/config/options.ts is a flag. */
export function registerNodeCommand(program: Command): void {
  const command = program
    .command('node')
    .description('run a node; settings: network, then file, then ENGRAM_… variables, then flags')
    .addOption(
      new Option('--network <name>', 'a network to join: devnet (the one started here last), or a network file').env(
        'ENGRAM_NETWORK',
      ),
    )
    .option('--config <file>', 'JSON file of settings')
    .option('--json', 'print one JSON object on stdout once it runs; the log goes to stderr');
  const options = listOptions();
  for (const { flag, option, variable } of options) {
    const shown = option.fallback === undefined || option.fallback === '' ? '' : `; default ${String(option.fallback)}`;
    command.addOption(new Option(`${flag} <value>`, `${option.about} [${variable}${shown}]`));
  }
  command.action((given: NodeCommandOptions & Record<string, unknown>) =>
    guarded(given, async () => {
      const flags: Record<string, unknown> = {};
      for (const { flag } of options) flags[flag] = given[new Option(`${flag} <value>`).attributeName()];
      const network = given.network === undefined ? undefined : loadNetwork(given.network);
      const config = await configOf({ file: given.config, env: process.env, flags }, network);
      const stop = stopSignal();
      if (network !== undefined) await checkNetwork(network, { publicClient: l1PublicClient(config.l1) });
      const node = await EngramNode.start(config, { logger: createLogger({ ...config.log, hide: secretsIn(config) }) });
      node.page?.prepare();
      print(given, { rpc: node.rpcUrl, rollup: config.l1.rollup, domain: node.parameters.domain });
      const cause = await Promise.race([node.halted, aborted(stop.signal)]);
      await node.stop();
      stop.release();
      if (cause !== undefined)
        throw new CliError(Exit.REFUSED, 'HALTED', `a part of the node halted (${codeOf(cause)}); see the log`, {
          cause,
        });
      return undefined;
    }),
  );
}

/** Asks for the passphrase of a keystore if no setting says where it is. */
async function configOf(given: ConfigSources, network: NetworkFile | undefined): Promise<Config> {
  const sources =
    network === undefined ? given : { ...given, network: { name: network.name, settings: networkSettings(network) } };
  const keystore = lockedKeystore(sources);
  const passphrase = keystore === undefined ? undefined : await promptPassphrase(`Passphrase of ${keystore}`);
  return loadConfig({ ...sources, passphrase });
}

/** REORG_TOO_DEEP, L1_MISMATCH …: what docs/operations.md lists. */
function codeOf(cause: unknown): string {
  const { code } = cause instanceof Error && 'code' in cause ? cause : { code: undefined };
  if (code !== undefined && code !== 'HALTED') return String(code);
  return cause instanceof Error && cause.cause !== undefined ? codeOf(cause.cause) : 'UNKNOWN';
}
