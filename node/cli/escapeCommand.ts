import type { Command } from 'commander';
import type { AccountIndex } from '../../protocol/types.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { type L1Options, type NodeOptions, rollupClient, withDev, withL1, withNode } from './context.ts';
import { escapeAccount, escapeAll, listControlled } from './escapeAccount.ts';
import { CliError, Exit, guarded } from './output.ts';
import { address, index } from './parsers.ts';

interface EscapeOptions extends NodeOptions, L1Options {
  readonly index?: AccountIndex;
  readonly owner?: Hex;
  readonly list?: boolean;
  readonly cache?: string;
}

/** `engram escape`: out of a frozen rollup, with nothing but L1. */
export function registerEscapeCommand(program: Command): void {
  withDev(withL1(withNode(program.command('escape'))))
    .description('leave a frozen rollup with proofs of accounts, rebuilt from L1 data alone; needs --rollup, no node')
    .option('--index <index>', 'one account (also of others); default: all that the owner controls', index)
    .option('--owner <address>', 'whose accounts, channels and attestations; default: the sender’s', address)
    .option('--list', 'only say what there is (needs no freeze)')
    .option('--cache <dir>', 'folder of compiled circuits and keys')
    .action((options: EscapeOptions) => guarded(options, () => leave(options)));
}

async function leave(options: EscapeOptions): Promise<object> {
  const { index, list = false, cache: cacheDir } = options;
  if (index !== undefined && (list || options.owner !== undefined)) {
    throw new CliError(Exit.USAGE, 'BAD_OPTIONS', '--index names one account: leave out --owner and --list');
  }
  const rollup = await rollupClient(options);
  if (index !== undefined) return escapeAccount({ index, cacheDir }, { rollup });
  const owner = options.owner ?? rollup.account;
  return list ? listControlled({ owner }, { rollup }) : escapeAll({ owner, cacheDir }, { rollup });
}
