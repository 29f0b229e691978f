import type { Command } from 'commander';
import { l1PublicClient } from '../l1/clients.ts';
import { checkNetwork } from '../networks/checkNetwork.ts';
import { devnetFile, loadNetwork } from '../networks/networkFile.ts';
import { withJson } from './context.ts';
import { guarded, type OutputOptions } from './output.ts';

interface ShowOptions extends OutputOptions {
  readonly l1?: string;
  readonly check: boolean;
}

/** `engram network show`: what a network file says, and whether L1 confirms it. */
export function registerNetworkCommands(program: Command): void {
  const network = program.command('network').description('networks to join: engram node --network <name>');
  withJson(network.command('show'))
    .description('show a network file, and check it against L1')
    .argument('[name]', 'devnet, or a network file', 'devnet')
    .option('--l1 <url>', 'JSON-RPC of L1; default: what the file says, or $ENGRAM_L1_URL')
    .option('--no-check', 'only show it')
    .action((name: string, options: ShowOptions) => guarded(options, () => show(name, options)));
}

async function show(name: string, { l1, check }: ShowOptions): Promise<object> {
  const network = loadNetwork(name);
  const rpcUrl = l1 ?? process.env.ENGRAM_L1_URL ?? network.l1.rpcUrl ?? 'http://127.0.0.1:8545';
  if (check) await checkNetwork(network, { publicClient: l1PublicClient({ rpcUrl, pollMs: 500 }) });
  return { file: name === 'devnet' ? devnetFile() : name, ...network, ...(check && { checkedAgainst: rpcUrl }) };
}
