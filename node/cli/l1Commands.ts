import type { Command } from 'commander';
import type { RollupClient } from '../../bridge/client/rollupClient.ts';
import type { L1Receipt, QueueEntry } from '../../bridge/client/types.ts';
import { publicKey } from '../../protocol/crypto/eddsa.ts';
import type { AccountIndex, Point } from '../../protocol/types.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import {
  type L1Options,
  type LedgerKeyOptions,
  ledgerSeed,
  type NodeOptions,
  rollupClient,
  withDev,
  withL1,
  withLedgerKey,
  withNode,
} from './context.ts';
import { CliError, Exit, guarded } from './output.ts';
import { address, amount, count, index, key } from './parsers.ts';

type Options = NodeOptions & L1Options;

/** What a user does on L1: deposit, withdraw, forced exit, freeze. `escape` has a file of its own. */
export function registerL1Commands(program: Command): void {
  withLedgerKey(onL1(program, 'deposit'))
    .description('move funds to the ledger: into a new account of a key, or into an account that exists')
    .requiredOption('--amount <amount>', 'base units, or with wei, gwei, ether', amount)
    .option('--token <id>', 'token id; 0 is ETH', count, 0)
    .option('--to <index>', 'top up this account', index)
    .option('--to-key <packed>', 'new account of this ledger key; default: the key of --key', key)
    .option('--owner <address>', 'Ethereum address of a new account; default: the sender', address)
    .action((options: DepositOptions) => guarded(options, () => deposit(options)));
  onL1(program, 'withdraw')
    .description('pay out what proven exits owe')
    .option('--token <id>', 'token id; 0 is ETH', count, 0)
    .option('--owner <address>', 'to whom it is owed (and paid); default: the sender', address)
    .action((options: Options & { token: number; owner?: Hex }) =>
      guarded(options, async () => {
        const rollup = await rollupClient(options);
        const owner = options.owner ?? rollup.account;
        const amount = await rollup.pendingWithdrawal(options.token, owner);
        if (amount === 0n) throw new CliError(Exit.NOT_FOUND, 'NOTHING_OWED', `${owner} is owed nothing of this token`);
        return { owner, token: options.token, amount, ...receipt(await rollup.withdraw(options.token, owner)) };
      }),
    );
  onL1(program, 'forced-exit')
    .description('demand the whole balance of an account on L1; the sender must be the account’s Ethereum address')
    .requiredOption('--index <index>', 'the account', index)
    .action((options: Options & { index: AccountIndex }) =>
      guarded(options, async () => queued(await (await rollupClient(options)).forcedExit(options.index))),
    );
  onL1(program, 'freeze')
    .description('freeze the contract once a queue item is past its deadline; then everybody can escape')
    .action((options: Options) => guarded(options, async () => receipt(await (await rollupClient(options)).freeze())));
}

interface DepositOptions extends Options, LedgerKeyOptions {
  readonly dev?: NonNullable<LedgerKeyOptions['dev']>;
  readonly amount: bigint;
  readonly token: number;
  readonly to?: AccountIndex;
  readonly toKey?: Point;
  readonly owner?: Hex;
}

function onL1(program: Command, name: string): Command {
  return withDev(withL1(withNode(program.command(name))));
}

async function deposit(options: DepositOptions): Promise<object> {
  const { token, amount, to, owner } = options;
  const ledgerKey = to === undefined ? (options.toKey ?? publicKey(ledgerSeed(options))) : undefined;
  const rollup: RollupClient = await rollupClient(options);
  if (ledgerKey === undefined) return queued(await rollup.depositTo({ index: to ?? 0, token, amount }));
  return queued(await rollup.depositNew({ token, amount, key: ledgerKey, ...(owner !== undefined && { owner }) }));
}

function queued({ queueIndex, deadline, l1 }: QueueEntry): object {
  return { queueIndex, deadline, l1Transaction: l1.transactionHash, l1Block: l1.blockNumber };
}

function receipt({ hash, blockNumber, gasUsed }: L1Receipt): object {
  return { l1Transaction: hash, l1Block: blockNumber, gasUsed };
}
