import type { Command } from 'commander';
import type { AccountIndex } from '../../protocol/types.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { columns } from './columns.ts';
import { type L1Options, type NodeOptions, rollupClient, rollupReader, withDev, withL1, withNode } from './context.ts';
import { type Controlled, escapeAccount, escapeAll, listControlled } from './escapeAccount.ts';
import { CliError, Exit, guarded, lines } from './output.ts';
import { address, index } from './parsers.ts';
import { money } from './units.ts';

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
    .option('--list', 'only say what there is (needs no freeze; with --owner no key either)')
    .option('--cache <dir>', 'folder of compiled circuits and keys')
    .action((options: EscapeOptions) => guarded(options, () => leave(options), view));
}

function controlledView({ batch, owner, accounts }: Controlled): string {
  const title = `${owner} controls, after proven batch ${batch}:`;
  if (accounts.length === 0) return `${title} nothing`;
  const rows = accounts.map(({ index, kind, token, balance, isEscaped }) => [
    ...[String(index), kind, money(balance, token), isEscaped ? 'yes' : 'no'],
  ]);
  return `${title}\n\n${columns([['account', 'kind', 'holds', 'has left'], ...rows])}`;
}

/** What there is, as a table; what was done, as it is. */
function view(result: object): string {
  return 'accounts' in result ? controlledView(result as Controlled) : lines(result); // `list` alone has `accounts`
}

async function leave(options: EscapeOptions): Promise<object> {
  const { index, list = false, cache: cacheDir } = options;
  if (index !== undefined && (list || options.owner !== undefined)) {
    throw new CliError(Exit.USAGE, 'BAD_OPTIONS', '--index names one account: leave out --owner and --list');
  }
  if (list && options.owner !== undefined) {
    return listControlled({ owner: options.owner }, { rollup: await rollupReader(options) });
  }
  const rollup = await rollupClient(options);
  if (index !== undefined) return escapeAccount({ index, cacheDir }, { rollup });
  const owner = options.owner ?? rollup.account;
  return list ? listControlled({ owner }, { rollup }) : escapeAll({ owner, cacheDir }, { rollup });
}
