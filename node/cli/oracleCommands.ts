import type { Command } from 'commander';
import { getOracleCredit, oracleActions, oracleWalletActions } from '../../sdk/index.ts';
import type { LaneWallet } from '../../sdk/lane/sendOnLane.ts';
import { type NodeOptions, withDev, withNode } from './context.ts';
import {
  type EthereumKeyOptions,
  ethereumAccount,
  laneChain,
  laneClient,
  laneWallet,
  withEthereumKey,
} from './laneClients.ts';
import { type InputOptions, inputOf, withInput } from './oracleInput.ts';
import { questionView, resultOf } from './oracleViews.ts';
import { CliError, Exit, guarded, lines, progress } from './output.ts';
import { address, amount, count, index, indices, position } from './parsers.ts';

type KeyOptions = NodeOptions & EthereumKeyOptions & { readonly dev?: NonNullable<EthereumKeyOptions['dev']> };

/** `engram oracle`: questions to attested models through the EVM lane. */
export function registerOracleCommands(program: Command): void {
  const oracle = program.command('oracle').description('questions to attested models, answered on the EVM lane');
  withInput(signing(oracle.command('ask')))
    .description('ask providers for a model’s answer; those of a quorum that agree share the fee')
    .requiredOption('--model <index>', 'attestation of the model', index)
    .requiredOption('--providers <indices>', 'KEY accounts that are asked, comma-separated, at most 8', indices)
    .requiredOption('--fee <amount>', 'base units, or with wei, gwei, ether', amount)
    .option('--quorum <n>', 'how many must agree; default: more than half', count)
    .option(
      '--for <seconds>',
      'how long answers are taken, at most 7 days; half of it for commitments if several must agree',
      count,
      600,
    )
    .option('--wait', 'until there is an answer, or time is up')
    .action((options: AskOptions) => guarded(options, () => ask(options), lines));
  withNode(oracle.command('status'))
    .description('a question, who answered, and the answer')
    .argument('<question>', 'its number', position)
    .action((question: bigint, options: NodeOptions) =>
      guarded(options, () => status(question, options), questionView),
    );
  signing(oracle.command('refund'))
    .description('give the fee of a question without an answer to its asker’s credit, after its deadline')
    .argument('<question>', 'its number', position)
    .action((question: bigint, options: KeyOptions) =>
      guarded(
        options,
        async () => ({ question, transaction: await (await clientOf(options)).refundQuestion(question) }),
        lines,
      ),
    );
  signing(oracle.command('withdraw'))
    .description('take what the key’s address has earned, or got back')
    .option('--to <address>', 'default: the key’s', address)
    .action((options: KeyOptions & { to?: `0x${string}` }) => guarded(options, () => withdraw(options), lines));
}

function signing(command: Command): Command {
  return withDev(withEthereumKey(withNode(command)));
}

async function clientOf(options: KeyOptions) {
  const wallet: LaneWallet = laneWallet(await laneChain(options), ethereumAccount(options));
  return { ...oracleActions(wallet), ...oracleWalletActions(wallet) };
}

interface AskOptions extends KeyOptions, InputOptions {
  readonly model: number;
  readonly providers: readonly number[];
  readonly fee: bigint;
  readonly quorum?: number;
  readonly for: number;
  readonly wait?: boolean;
}

async function ask(options: AskOptions): Promise<object> {
  const { model, providers, fee, quorum, for: seconds, wait } = options;
  const input = inputOf(options);
  const chain = await laneChain(options);
  const client = await clientOf(options);
  const { timestamp } = await laneClient(chain).getBlock({ blockTag: 'latest' });
  // A quiet lane's newest block may be old; a devnet's clock may be ahead of this one.
  const now = Math.max(Number(timestamp), Math.floor(Date.now() / 1_000));
  const asked = await client.askModel({
    model,
    providers,
    input,
    fee,
    deadline: now + seconds,
    ...(quorum !== undefined && { quorum }),
  });
  const { question, block, transactionHash: transaction } = asked;
  const result = { question, block, transaction, deadline: now + seconds };
  if (wait !== true) return result;
  progress(`question ${question} is in block ${block}, waiting for its answer`);
  const answer = await client.waitForAnswer(question, { timeoutMs: seconds * 1_000 });
  return { ...result, ...resultOf(answer) };
}

async function status(question: bigint, options: NodeOptions) {
  const actions = oracleActions(laneClient(await laneChain(options)));
  const found = await actions.getQuestion(question);
  return { ...found, ...(found.status === 'answered' && { answer: resultOf(await actions.waitForAnswer(question)) }) };
}

async function withdraw({ to, ...options }: KeyOptions & { readonly to?: `0x${string}` }): Promise<object> {
  const owner = ethereumAccount(options).address;
  const client = await clientOf(options);
  if ((await getOracleCredit(laneClient(await laneChain(options)), owner)) === 0n) {
    throw new CliError(Exit.NOT_FOUND, 'NOTHING_OWED', `Oracle owes ${owner} nothing`);
  }
  const { amount: taken, transactionHash } = await client.withdrawOracleCredit(to === undefined ? {} : { to });
  return { to: to ?? owner, amount: taken, transaction: transactionHash };
}
