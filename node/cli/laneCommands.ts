import type { Command } from 'commander';
import { bridgeOf } from '../../sdk/chain.ts';
import { exit } from '../../sdk/ops.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { type L1Options, type NodeOptions, withDev, withL1, withNode } from './context.ts';
import {
  type EthereumKeyOptions,
  ethereumAccount,
  laneBridge,
  laneChain,
  laneClient,
  laneReader,
  laneWallet,
  withEthereumKey,
} from './laneClients.ts';
import { type ListedWithdrawal, laneView, withdrawalList } from './laneViews.ts';
import { CliError, Exit, guarded, lines, progress } from './output.ts';
import { address, amount, bytes, count, index, position } from './parsers.ts';
import { type SendOptions, send, withFrom, withSending } from './send.ts';

/** `engram lane`: value in and out of the EVM lane. */
export function registerLaneCommands(program: Command): void {
  const lane = program.command('lane').description('the EVM lane: deposits, withdrawals, state');
  withNode(lane.command('status'))
    .description('heads, messages and withdrawals so far')
    .action((options: NodeOptions) =>
      guarded(options, async () => laneClient(await laneChain(options)).getLane(), laneView),
    );
  withDev(withL1(withNode(lane.command('deposit'))))
    .description('from L1 to an address of the EVM lane; ETH can call a contract there')
    .requiredOption('--amount <amount>', 'base units, or with wei, gwei, ether', amount)
    .option('--token <id>', 'token id; 0 is ETH', count, 0)
    .option('--to <address>', 'default: the sender', address)
    .option('--refund-to <address>', 'who can take it on the lane if it is refused; default: the sender', address)
    .option('--data <hex>', 'calls the address with these (ETH only, at most 4096 bytes)', bytes)
    .option('--gas-limit <gas>', 'of that call, at most 1000000', count)
    .option('--no-wait', 'return once it is on L1')
    .action((options: DepositOptions) => guarded(options, () => deposit(options), lines));
  withFrom(withSending(lane.command('enter')))
    .description('from the ledger to the EVM lane: arrives at the address of the account’s owner, in the same block')
    .requiredOption('--amount <amount>', 'base units, or with wei, gwei, ether', amount)
    .action((options: SendOptions & { amount: bigint }) => guarded(options, () => enter(options), lines));
  withDev(withEthereumKey(withNode(lane.command('withdraw'))))
    .description('from the EVM lane to L1, or into an account of the ledger; `lane claim` has it paid')
    .requiredOption('--amount <amount>', 'base units, or with wei, gwei, ether', amount)
    .option('--token <id>', 'token id; 0 is ETH', count, 0)
    .option('--recipient <address>', 'who is paid on L1; default: the sender', address)
    .option('--to-account <index>', 'this account of the ledger is paid instead', index)
    .option('--wait', 'until it can be claimed')
    .action((options: WithdrawOptions) => guarded(options, () => withdraw(options), lines));
  withDev(withEthereumKey(withL1(withNode(lane.command('withdrawals')))))
    .description('of a sender or recipient, newest first; asks L1 which of them are paid')
    .option('--of <address>', 'default: the key’s', address)
    .option('--limit <n>', 'at most 1000', count, 100)
    .action((options: ListOptions) =>
      guarded(
        options,
        () => withdrawals(options),
        (result) => withdrawalList(result.withdrawals),
      ),
    );
  withDev(withEthereumKey(withNode(lane.command('take'))))
    .description('take what a recipient refused and waits for the key’s address; `lane pending` tells how much')
    .option('--token <id>', 'token id; 0 is ETH', count, 0)
    .option('--to <address>', 'default: the sender', address)
    .action((options: TakeOptions) => guarded(options, () => take(options), lines));
  withDev(withEthereumKey(withNode(lane.command('pending'))))
    .description('what waits on the lane because a recipient refused it')
    .option('--of <address>', 'default: the key’s', address)
    .option('--token <id>', 'token id; 0 is ETH', count, 0)
    .action((options: TakeOptions & { of?: Hex }) =>
      guarded(
        options,
        async () => {
          const owner = options.of ?? ethereumAccount(options).address;
          const { token } = options;
          return {
            owner,
            token,
            amount: await laneClient(await laneChain(options)).getPendingOnLane({ owner, token }),
          };
        },
        lines,
      ),
    );
  withDev(withL1(withNode(lane.command('claim'))))
    .description('have L1 pay a withdrawal; its proof is checked against L1 first')
    .argument('<index>', 'of the withdrawal', position)
    .option('--to-l1', 'pay the recipient on L1 although it names an account of the ledger')
    .option('--wait', 'until it can be claimed')
    .action((at: bigint, options: ClaimOptions) => guarded(options, () => claim(at, options), lines));
}

type OnL1 = NodeOptions & L1Options;

interface DepositOptions extends OnL1 {
  readonly amount: bigint;
  readonly token: number;
  readonly to?: Hex;
  readonly refundTo?: Hex;
  readonly data?: Hex;
  readonly gasLimit?: number;
  readonly wait: boolean;
}

async function deposit({
  token,
  amount: sum,
  to,
  refundTo,
  data,
  gasLimit,
  wait,
  ...options
}: DepositOptions): Promise<object> {
  const { chain, bridge } = await laneBridge(options);
  const message = await bridge.depositToLane({
    token,
    amount: sum,
    ...(to !== undefined && { to }),
    ...(refundTo !== undefined && { refundTo }),
    ...(data !== undefined && { data }),
    ...(gasLimit !== undefined && { gasLimit: BigInt(gasLimit) }),
  });
  const queued = { message: message.index, to: message.to, token, amount: message.amount };
  if (!wait) return queued;
  progress(`message ${message.index} is on L1, waiting until it is on the lane`);
  const { isDelivered, block, transactionHash } = await laneClient(chain).waitForMessage(message.index);
  if (!isDelivered) progress(`${message.to} refused it: it waits in Inbox for ${message.refundTo}`);
  return { ...queued, isDelivered, block, transaction: transactionHash };
}

async function enter(options: SendOptions & { amount: bigint }): Promise<object> {
  const { evmLane: recipient = '0x' } = bridgeOf(await laneChain(options)); // `laneChain` made sure of it
  return send(options, ({ fee }) => ({
    op: exit({ from: options.from, recipient: BigInt(recipient), amount: options.amount, fee }),
  }));
}

interface WithdrawOptions extends NodeOptions, EthereumKeyOptions {
  readonly dev?: NonNullable<EthereumKeyOptions['dev']>;
  readonly amount: bigint;
  readonly token: number;
  readonly recipient?: Hex;
  readonly toAccount?: number;
  readonly wait?: boolean;
}

async function withdraw({
  recipient,
  toAccount,
  wait,
  token,
  amount: sum,
  ...options
}: WithdrawOptions): Promise<object> {
  const account = ethereumAccount(options);
  const client = laneWallet(await laneChain(options), account);
  const { transactionHash, fee, ...made } = await client.withdrawFromLane({
    token,
    amount: sum,
    ...(recipient !== undefined && { recipient }),
    ...(toAccount !== undefined && { account: toAccount }),
  });
  const withdrawal = { withdrawal: made.index, ...made, fee, transaction: transactionHash };
  if (wait !== true) return { ...withdrawal, status: 'included' };
  progress(`withdrawal ${made.index} is in block ${made.block}, waiting until L1 would pay it`);
  await client.waitForWithdrawal(made.index);
  return { ...withdrawal, status: 'claimable' };
}

interface TakeOptions extends NodeOptions, EthereumKeyOptions {
  readonly dev?: NonNullable<EthereumKeyOptions['dev']>;
  readonly token: number;
  readonly to?: Hex;
}

async function take({ token, to, ...options }: TakeOptions): Promise<object> {
  const account = ethereumAccount(options);
  const client = laneWallet(await laneChain(options), account);
  const amount = await client.getPendingOnLane({ owner: account.address, token });
  if (amount === 0n) throw new CliError(Exit.NOT_FOUND, 'NOTHING_OWED', `nothing waits for ${account.address}`);
  const transaction = await client.takePendingOnLane({ token, ...(to !== undefined && { to }) });
  return { to: to ?? account.address, token, amount, transaction };
}

interface ListOptions extends OnL1, EthereumKeyOptions {
  readonly dev?: NonNullable<EthereumKeyOptions['dev']>;
  readonly of?: Hex;
  readonly limit: number;
}

async function withdrawals(options: ListOptions): Promise<{ withdrawals: readonly ListedWithdrawal[] }> {
  const of = options.of ?? ethereumAccount(options).address;
  const chain = await laneChain(options);
  const found = await laneClient(chain).getWithdrawals(of, { limit: options.limit });
  if (found.every(({ status }) => status !== 'claimable')) return { withdrawals: found };
  const reader = await laneReader(chain, options);
  const listed = await Promise.all(
    found.map(async (withdrawal): Promise<ListedWithdrawal> => {
      const isPaid = withdrawal.status === 'claimable' && (await reader.isClaimed(withdrawal.index));
      return isPaid ? { ...withdrawal, status: 'claimed' } : withdrawal;
    }),
  );
  return { withdrawals: listed };
}

interface ClaimOptions extends OnL1 {
  readonly toL1?: boolean;
  readonly wait?: boolean;
}

async function claim(at: bigint, { toL1 = false, wait, ...options }: ClaimOptions): Promise<object> {
  const { chain, bridge } = await laneBridge(options);
  const client = laneClient(chain);
  if (wait === true) await client.waitForWithdrawal(at);
  const { hash, blockNumber, gasUsed, events } = await bridge.claimWithdrawal({ client, withdrawal: at, toL1 });
  const paid = events.find(({ type }) => type === 'claimed');
  if (paid?.type !== 'claimed') throw new CliError(Exit.INTERNAL, 'BAD_LOG', `${hash} paid nothing`);
  const { recipient, token, amount: sum, account } = paid;
  return {
    withdrawal: at,
    token,
    amount: sum,
    ...(account === 0 ? { recipient } : { account }),
    l1Transaction: hash,
    l1Block: blockNumber,
    gasUsed,
  };
}
