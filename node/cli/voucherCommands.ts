import { type Command, InvalidArgumentError, Option } from 'commander';
import { royaltyOf } from '../../protocol/account.ts';
import { field, isCanonical, ZERO } from '../../protocol/field.ts';
import { voucherFromJson, voucherToJson } from '../../protocol/receipts/receiptCodec.ts';
import type { AccountIndex, Field, SignedVoucher } from '../../protocol/types.ts';
import { signVoucher, verifyVoucher } from '../../protocol/voucher.ts';
import { voucherSeed } from '../../sdk/channels/voucherSeed.ts';
import { claim } from '../../sdk/ops.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import type { ChannelView, Wire } from '../../sdk/rpcTypes.ts';
import { channelOf } from './channelOf.ts';
import { columns } from './columns.ts';
import { type LedgerKeyOptions, ledgerSeed, type NodeOptions, withDev, withLedgerKey, withNode } from './context.ts';
import { readJson } from './files.ts';
import { checkWritable, writeOut } from './outFile.ts';
import { CliError, Exit, guarded, progress } from './output.ts';
import { amount, index } from './parsers.ts';
import { type SendOptions, send, withSending } from './send.ts';
import { date, money } from './units.ts';

interface SignOptions extends NodeOptions, LedgerKeyOptions {
  readonly channel: AccountIndex;
  readonly total: bigint;
  readonly receiptsRoot: Field;
  readonly ownKey?: boolean;
  readonly out?: string;
}

/** `engram channel voucher sign|verify` and `engram channel claim`. */
export function registerVoucherCommands(channel: Command): void {
  const voucher = channel.command('voucher').description('promises of a channel’s payer');
  withDev(withLedgerKey(withNode(voucher.command('sign'))))
    .description('promise a provider so much in all; the voucher key signs')
    .requiredOption('--channel <index>', 'the channel', index)
    .requiredOption('--total <amount>', 'in all, since the channel was opened', amount)
    .addOption(new Option('--receipts-root <word>', 'root of the receipts so far').argParser(word).default(ZERO, '0'))
    .option('--own-key', 'the channel was opened with the key itself as its voucher key')
    .option('--out <file>', 'write the voucher there')
    .action((options: SignOptions) => guarded(options, () => sign(options), signedView));
  withNode(voucher.command('verify'))
    .description('whether a voucher counts now, and what it is worth')
    .argument('<file>', 'a voucher as JSON')
    .action((file: string, options: NodeOptions) => guarded(options, () => verify(file, options), voucherView));
  withSending(channel.command('claim'))
    .description('take what a voucher is worth; the provider signs')
    .argument('<file>', 'a voucher as JSON')
    .action((file: string, options: Omit<SendOptions, 'from'>) => guarded(options, () => claimVoucher(file, options)));
}

async function sign({ channel, total, receiptsRoot, out, ...options }: SignOptions) {
  if (out !== undefined) checkWritable(out);
  const own = ledgerSeed(options);
  const seed = options.ownKey ? own : voucherSeed({ seed: own });
  const rpc = new RpcClient(options.rpc);
  const terms = await channelOf(rpc, channel);
  const { domain } = await rpc.request('engram_chainInfo', []);
  const voucher = signVoucher({ channel, total, receiptsRoot }, seed, field(BigInt(domain)));
  checkSigned(voucher, terms, field(BigInt(domain)));
  if (total > BigInt(terms.claimed) + BigInt(terms.balance)) {
    progress(
      `channel ${channel} does not hold that much: nothing can be claimed with this voucher until it is paid into`,
    );
  }
  const json = voucherToJson(voucher);
  if (out !== undefined) writeOut(out, `${JSON.stringify(json)}\n`);
  return { file: out, voucher: json };
}

/** What `sign` prints is what `verify` and `claim` read. */
function signedView({ file, voucher }: Awaited<ReturnType<typeof sign>>): string {
  return file === undefined
    ? JSON.stringify(voucher)
    : `wrote ${file}; the provider takes it: engram channel claim ${file}`;
}

/** A voucher by itself, or what `sign --json` prints. */
function readVoucher(file: string): SignedVoucher {
  return readJson(file, (json) => {
    const isWrapped = typeof json === 'object' && json !== null && 'voucher' in json;
    return voucherFromJson(isWrapped ? json.voucher : json);
  });
}

async function verify(file: string, options: NodeOptions) {
  const voucher = readVoucher(file);
  const rpc = new RpcClient(options.rpc);
  const channel = await channelOf(rpc, voucher.channel);
  const { domain } = await rpc.request('engram_chainInfo', []);
  checkSigned(voucher, channel, field(BigInt(domain)));
  const { delta, royalty } = worth(voucher, channel);
  return {
    channel: voucher.channel,
    token: channel.token,
    total: voucher.total,
    isSigned: true,
    claimable: delta,
    royalty,
    toProvider: delta - royalty,
    claimableUntil: channel.claimableUntil,
  };
}

async function claimVoucher(file: string, options: Omit<SendOptions, 'from'>): Promise<object> {
  const voucher = readVoucher(file);
  const channel = await channelOf(new RpcClient(options.rpc), voucher.channel);
  const to = channel.provider as AccountIndex; // of a live channel's terms
  const { royaltyBps } = channel;
  const paid: { channel: number; total: bigint; delta?: bigint; royalty?: bigint; fee?: bigint } = {
    channel: voucher.channel,
    total: voucher.total,
  };
  return send(
    { ...options, from: to },
    ({ fee, domain }) => {
      checkSigned(voucher, channel, domain);
      Object.assign(paid, worth(voucher, channel), { fee });
      return {
        op: claim({ voucher, to, claimed: BigInt(channel.claimed), royaltyBps, fee }),
        voucher: voucher.signature,
      };
    },
    (sent) => ({ ...sent, ...paid }),
  );
}

function voucherView({ channel, token, total, claimable, royalty, toProvider, claimableUntil }: Worth): string {
  return columns([
    ['channel', String(channel)],
    ['in all', money(total, token)],
    ['signed', 'by the channel’s voucher key'],
    ['a claim takes', money(claimable, token)],
    ['royalty', money(royalty, token)],
    ['to the provider', `${money(toProvider, token)}, less the fee`],
    ['claimable until', date(claimableUntil)],
  ]);
}
type Worth = Awaited<ReturnType<typeof verify>>;

/** @throws CliError BAD_VOUCHER */
function checkSigned(voucher: SignedVoucher, { voucherKey }: Wire<ChannelView>, domain: Field): void {
  const isSigned = verifyVoucher(voucher, [field(BigInt(voucherKey.x)), field(BigInt(voucherKey.y))], domain);
  if (isSigned) return;
  const message = `not signed as channel ${voucher.channel} wants it: other key, other network, or changed since`;
  throw new CliError(Exit.REFUSED, 'BAD_VOUCHER', message);
}

/** What a claim of it would take now. @throws CliError CHANNEL_OVER, VOUCHER_STALE, VOUCHER_OVER_BALANCE */
function worth(voucher: SignedVoucher, channel: Wire<ChannelView>): { delta: bigint; royalty: bigint } {
  const { total } = voucher;
  const [claimed, balance] = [BigInt(channel.claimed), BigInt(channel.balance)];
  if (channel.isOver) throw new CliError(Exit.REFUSED, 'CHANNEL_OVER', `channel ${channel.index} is over`);
  const [inAll, paid] = [money(total, channel.token), money(claimed, channel.token)];
  if (total < claimed) {
    const message = `a voucher over ${inAll} in all is old: channel ${channel.index} has paid ${paid} already`;
    throw new CliError(Exit.REFUSED, 'VOUCHER_STALE', message);
  }
  if (total - claimed > balance) {
    const left = money(balance, channel.token);
    const message = `a voucher over ${inAll} in all, but channel ${channel.index} has paid ${paid} and holds ${left}`;
    throw new CliError(Exit.REFUSED, 'VOUCHER_OVER_BALANCE', message);
  }
  return { delta: total - claimed, royalty: royaltyOf(total - claimed, channel.royaltyBps) };
}

function word(text: string): Field {
  if (/^(0x[0-9a-fA-F]{1,64}|\d{1,78})$/.test(text) && isCanonical(BigInt(text))) return field(BigInt(text));
  throw new InvalidArgumentError('expected a number below the field modulus');
}
