import { writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { royaltyOf } from '../../protocol/account.ts';
import { field, isCanonical, ZERO } from '../../protocol/field.ts';
import { voucherFromJson, voucherToJson } from '../../protocol/receipts/receiptCodec.ts';
import { ReceiptError } from '../../protocol/receipts/receiptError.ts';
import type { AccountIndex, Field, SignedVoucher } from '../../protocol/types.ts';
import { signVoucher, verifyVoucher } from '../../protocol/voucher.ts';
import { voucherSeed } from '../../sdk/channels/voucherSeed.ts';
import { claim } from '../../sdk/ops.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import type { ChannelView, Wire } from '../../sdk/rpcTypes.ts';
import { channelOf } from './channelOf.ts';
import { type LedgerKeyOptions, ledgerSeed, type NodeOptions, withDev, withLedgerKey, withNode } from './context.ts';
import { readJson } from './files.ts';
import { CliError, Exit, guarded } from './output.ts';
import { amount, index } from './parsers.ts';
import { type SendOptions, send, withSending } from './send.ts';

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
    .action((options: SignOptions) => guarded(options, () => sign(options)));
  withNode(voucher.command('verify'))
    .description('whether a voucher counts now, and what it is worth')
    .argument('<file>', 'a voucher as JSON')
    .action((file: string, options: NodeOptions) => guarded(options, () => verify(file, options)));
  withSending(channel.command('claim'))
    .description('take what a voucher is worth; the provider signs')
    .argument('<file>', 'a voucher as JSON')
    .action((file: string, options: Omit<SendOptions, 'from'>) => guarded(options, () => claimVoucher(file, options)));
}

async function sign({ channel, total, receiptsRoot, out, ...options }: SignOptions): Promise<object> {
  const own = ledgerSeed(options);
  const seed = options.ownKey ? own : voucherSeed({ seed: own });
  const rpc = new RpcClient(options.rpc);
  const terms = await channelOf(rpc, channel);
  const { domain } = await rpc.request('engram_chainInfo', []);
  const voucher = signVoucher({ channel, total, receiptsRoot }, seed, field(BigInt(domain)));
  checkSigned(voucher, terms, field(BigInt(domain)));
  const json = voucherToJson(voucher);
  if (out === undefined) return { voucher: json };
  try {
    writeFileSync(out, `${JSON.stringify(json)}\n`);
  } catch (cause) {
    throw new CliError(Exit.USAGE, 'BAD_FILE', `${out} cannot be written`, { cause });
  }
  return { file: out, voucher: json };
}

async function verify(file: string, options: NodeOptions): Promise<object> {
  const voucher = readJson(file, voucherFromJson);
  const rpc = new RpcClient(options.rpc);
  const channel = await channelOf(rpc, voucher.channel);
  const { domain } = await rpc.request('engram_chainInfo', []);
  checkSigned(voucher, channel, field(BigInt(domain)));
  const { delta, royalty } = worth(voucher, channel);
  return {
    channel: voucher.channel,
    total: voucher.total,
    isSigned: true,
    claimable: delta,
    royalty,
    toProvider: delta - royalty,
    claimableUntil: channel.claimableUntil,
  };
}

async function claimVoucher(file: string, options: Omit<SendOptions, 'from'>): Promise<object> {
  const voucher = readJson(file, voucherFromJson);
  const channel = await channelOf(new RpcClient(options.rpc), voucher.channel);
  const to = channel.provider as AccountIndex; // of a live channel's terms
  const { royaltyBps } = channel;
  return send({ ...options, from: to }, ({ fee, domain }) => {
    checkSigned(voucher, channel, domain);
    return {
      op: claim({ voucher, to, claimed: BigInt(channel.claimed), royaltyBps, fee }),
      voucher: voucher.signature,
    };
  });
}

/** @throws ReceiptError BAD_VOUCHER */
function checkSigned(voucher: SignedVoucher, { voucherKey }: Wire<ChannelView>, domain: Field): void {
  const isSigned = verifyVoucher(voucher, [field(BigInt(voucherKey.x)), field(BigInt(voucherKey.y))], domain);
  if (!isSigned) throw new ReceiptError('BAD_VOUCHER', { channel: voucher.channel });
}

/** What a claim of it would take now. @throws ReceiptError VOUCHER_STALE, VOUCHER_OVER_BALANCE; CliError CHANNEL_OVER */
function worth(voucher: SignedVoucher, channel: Wire<ChannelView>): { delta: bigint; royalty: bigint } {
  const { total } = voucher;
  const [claimed, balance] = [BigInt(channel.claimed), BigInt(channel.balance)];
  if (channel.isOver) throw new CliError(Exit.REFUSED, 'CHANNEL_OVER', `channel ${channel.index} is over`);
  if (total < claimed) throw new ReceiptError('VOUCHER_STALE', { total, claimed });
  if (total - claimed > balance) throw new ReceiptError('VOUCHER_OVER_BALANCE', { total, claimed, balance });
  return { delta: total - claimed, royalty: royaltyOf(total - claimed, channel.royaltyBps) };
}

function word(text: string): Field {
  if (/^(0x[0-9a-fA-F]{1,64}|\d{1,78})$/.test(text) && isCanonical(BigInt(text))) return field(BigInt(text));
  throw new InvalidArgumentError('expected a number below the field modulus');
}
