import type { Command } from 'commander';
import { RpcClient } from '../../sdk/rpcClient.ts';
import { type Hex, STATE_TAGS, type StateTag } from '../../sdk/rpcTypes.ts';
import { type NodeOptions, withNode } from './context.ts';
import { CliError, Exit, guarded } from './output.ts';
import { count, hash } from './parsers.ts';

/** `engram status`, `batch`, `info`: what the node knows. */
export function registerQueryCommands(program: Command): void {
  withNode(program.command('status'))
    .description('where a transaction is: pending, included, committed, proven, dropped, unknown')
    .argument('<tx>', 'its hash', hash)
    .action((tx: Hex, options: NodeOptions) =>
      guarded(options, () => new RpcClient(options.rpc).request('engram_getTransactionStatus', [tx])),
    );
  withNode(program.command('batch'))
    .description('a closed batch')
    .argument('<n>', 'its number, or latest, committed, proven', batch)
    .action((which: number | StateTag, options: NodeOptions) =>
      guarded(options, async () => {
        const found = await new RpcClient(options.rpc).request('engram_getBatch', [which]);
        if (found === null) throw new CliError(Exit.NOT_FOUND, 'UNKNOWN_BATCH', `there is no batch ${which}`);
        return found;
      }),
    );
  withNode(program.command('info'))
    .description('the chain: contract, circuits, tokens, fees, heads')
    .action((options: NodeOptions) =>
      guarded(options, () => new RpcClient(options.rpc).request('engram_chainInfo', [])),
    );
}

function batch(text: string): number | StateTag {
  return STATE_TAGS.find((tag) => tag === text) ?? count(text);
}
