import { type Command, Option } from 'commander';
import { GRACE_SECONDS } from '../../protocol/account.ts';
import type { AccountIndex, Point } from '../../protocol/types.ts';
import { voucherKey, voucherSeed } from '../../sdk/channels/voucherSeed.ts';
import { close, open } from '../../sdk/ops.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import { channelOf } from './channelOf.ts';
import { checkTerms } from './channelTerms.ts';
import { channelList, channelView, claimList } from './channelViews.ts';
import { ledgerSeed, type NodeOptions, withNode } from './context.ts';
import { CliError, Exit, guarded } from './output.ts';
import { amount, basisPoints, count, index, key, memo } from './parsers.ts';
import { indexOf, type SendOptions, send, withFrom, withSending } from './send.ts';
import { date } from './units.ts';
import { registerVoucherCommands } from './voucherCommands.ts';

interface OpenOptions extends SendOptions {
  readonly provider: AccountIndex;
  readonly amount: bigint;
  readonly expiry?: number;
  readonly for: number;
  readonly model?: AccountIndex;
  readonly maxRoyaltyBps?: number;
  readonly voucherKey?: Point;
}

interface ListOptions extends NodeOptions {
  readonly provider?: AccountIndex;
  readonly payer?: AccountIndex;
  readonly model?: AccountIndex;
  readonly limit: number;
}

/** `engram channel …`: paying for inferences. */
export function registerChannelCommands(program: Command): void {
  const channel = program.command('channel').description('channels from which a provider’s inferences are paid');
  withFrom(withSending(channel.command('open')))
    .description('put money where only vouchers, or in the end its payer, can take it')
    .requiredOption('--provider <index>', 'who is paid', index)
    .requiredOption('--amount <amount>', 'base units, or with wei, gwei, ether', amount)
    .option('--model <index>', 'attestation that earns its royalty of every claim', index)
    .option('--max-royalty-bps <n>', 'refuse a model that takes more of each claim, in 1/10000', basisPoints)
    .addOption(
      new Option('--for <seconds>', 'how long vouchers are good; the provider can claim a day longer')
        .argParser(count)
        .default(30 * GRACE_SECONDS, '30 days'),
    )
    .option('--expiry <time>', 'the same as Unix time in seconds', count)
    .option('--voucher-key <packed>', 'whose vouchers count; default: a key that follows from the payer’s', key)
    .action((options: OpenOptions) => guarded(options, () => openChannel(options)));
  withNode(channel.command('show'))
    .description('a channel')
    .argument('<index>', 'its account', index)
    .action((which: AccountIndex, options: NodeOptions) =>
      guarded(options, () => channelOf(new RpcClient(options.rpc), which), channelView),
    );
  withNode(channel.command('list'))
    .description('channels of a provider, a payer or a model, newest first')
    .option('--provider <index>', 'who is paid', index)
    .option('--payer <index>', 'who pays', index)
    .option('--model <index>', 'the attestation that earns', index)
    .option('--limit <n>', 'at most so many', count, 100)
    .action((options: ListOptions) =>
      guarded(
        options,
        () => list(options),
        ({ channels }) => (channels.length === 0 ? 'no such channels' : channelList(channels)),
      ),
    );
  withNode(channel.command('claims'))
    .description('what a channel has paid, newest first')
    .argument('<index>', 'its account', index)
    .option('--limit <n>', 'at most so many', count, 100)
    .action((which: AccountIndex, options: NodeOptions & { limit: number }) =>
      guarded(
        options,
        () => claimsOf(which, options),
        ({ claims, token }) => (claims.length === 0 ? 'no claims yet' : claimList(claims, token)),
      ),
    );
  withSending(channel.command('close'))
    .description('take back what is left of a channel that is over; its payer signs')
    .argument('<index>', 'its account', index)
    .option('--amount <amount>', 'default: all of it', amount)
    .option('--memo <words>', 'up to three numbers, comma-separated', memo)
    .action((which: AccountIndex, options: Omit<SendOptions, 'from'> & CloseOptions) =>
      guarded(options, () => closeChannel(which, options)),
    );
  registerVoucherCommands(channel);
}

interface CloseOptions {
  readonly amount?: bigint;
  readonly memo?: ReturnType<typeof memo>;
}

async function claimsOf(channel: AccountIndex, { rpc: url, limit }: NodeOptions & { limit: number }) {
  const rpc = new RpcClient(url);
  const { token } = await channelOf(rpc, channel);
  return { channel, token, claims: await rpc.request('engram_getClaims', [channel, { limit }]) };
}

async function openChannel(options: OpenOptions): Promise<object> {
  const { from, provider, model, maxRoyaltyBps, amount: deposited } = options;
  const own = voucherKey(voucherSeed({ seed: ledgerSeed(options) }));
  return send(
    options,
    async ({ rpc, fee, time, account: { token } }) => {
      const expiry = options.expiry ?? time + options.for;
      await checkTerms({ token, provider, amount: deposited, expiry, model, maxRoyaltyBps }, { rpc, time });
      return {
        op: open({
          from,
          provider,
          voucherKey: options.voucherKey ?? own,
          amount: deposited,
          expiry,
          ...(model !== undefined && { model }),
          fee,
        }),
      };
    },
    (sent) => ({ ...sent, ...indexOf(sent) }),
  );
}

async function closeChannel(which: AccountIndex, options: Omit<SendOptions, 'from'> & CloseOptions): Promise<object> {
  const { payer, balance, isOver, claimableUntil } = await channelOf(new RpcClient(options.rpc), which);
  const to = payer as AccountIndex; // of a live channel's terms
  return send({ ...options, from: to }, ({ fee }) => {
    if (!isOver) {
      const message = `channel ${which} is its provider’s to claim from until ${date(claimableUntil)}; close it after that`;
      throw new CliError(Exit.REFUSED, 'CHANNEL_NOT_OVER', message);
    }
    const taken = options.amount ?? BigInt(balance) - fee;
    if (options.amount === undefined && taken <= 0n) {
      throw new CliError(Exit.REFUSED, 'NOTHING_LEFT', `channel ${which} holds no more than the fee of closing it`);
    }
    return { op: close({ channel: which, to, amount: taken, fee, memo: options.memo ?? [] }) };
  });
}

async function list({ rpc, provider, payer, model, limit }: ListOptions) {
  const filters = [provider, payer, model].filter((of) => of !== undefined);
  if (filters.length !== 1) throw new CliError(Exit.USAGE, 'BAD_OPTIONS', 'one of --provider, --payer, --model');
  const filter = {
    ...(provider !== undefined && { provider }),
    ...(payer !== undefined && { payer }),
    ...(model !== undefined && { model }),
  };
  return { channels: await new RpcClient(rpc).request('engram_getChannels', [{ ...filter, limit }]) };
}
