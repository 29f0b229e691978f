import { type Command, Option } from 'commander';
import { loadConfig } from '../config/config.ts';
import { listOptions } from '../config/options.ts';
import { createLogger } from '../logging.ts';
import { EngramNode } from '../node.ts';
import { CliError, Exit, guarded, type OutputOptions, print } from './output.ts';
import { aborted, stopSignal } from './signals.ts';

/** `engram node`: the service. Every setting of node/config/options.ts is a flag. */
export function registerNodeCommand(program: Command): void {
  const command = program
    .command('node')
    .description('run a sequencer node; settings: file, then ENGRAM_… variables, then flags')
    .option('--config <file>', 'JSON file of settings')
    .option('--json', 'print one JSON object on stdout once it runs; the log goes to stderr');
  const options = listOptions();
  for (const { flag, option, variable } of options) {
    const shown = option.fallback === undefined || option.fallback === '' ? '' : `; default ${String(option.fallback)}`;
    command.addOption(new Option(`${flag} <value>`, `${option.about} [${variable}${shown}]`));
  }
  command.action((given: OutputOptions & { config?: string } & Record<string, unknown>) =>
    guarded(given, async () => {
      const flags: Record<string, unknown> = {};
      for (const { flag } of options) flags[flag] = given[new Option(`${flag} <value>`).attributeName()];
      const config = loadConfig({ file: given.config, env: process.env, flags });
      const stop = stopSignal();
      const node = await EngramNode.start(config, { logger: createLogger(config.log) });
      print(given, { rpc: node.rpcUrl, rollup: config.l1.rollup, domain: node.parameters.domain });
      const cause = await Promise.race([node.halted, aborted(stop.signal)]);
      await node.stop();
      stop.release();
      if (cause !== undefined)
        throw new CliError(Exit.REFUSED, 'HALTED', 'a part of the node halted; see the log', { cause });
      return undefined;
    }),
  );
}
