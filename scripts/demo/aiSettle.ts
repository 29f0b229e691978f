/** What moves money: claims of vouchers, sweeps of royalties, the end of a channel, and ordinary payments around them. */
import type { Op, Signature, SignedVoucher } from '../../protocol/types.ts';
import { claim, close, transfer } from '../../sdk/ops.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { type Channel, FEE, type Model } from './aiMarket.ts';
import type { Person } from './people.ts';
import type { World } from './world.ts';

/** The newest voucher of a stream, and how many receipts its root holds. */
export interface Claimable {
  readonly channel: Channel;
  readonly voucher: SignedVoucher;
  readonly receipts: number;
}

export interface Claimed extends Claimable {
  readonly transaction: Hex;
  readonly delta: bigint;
  readonly royalty: bigint;
}

/** One bundle of the provider: a signature of its own and one voucher a channel. */
export async function claimAll(world: World, items: readonly Claimable[]): Promise<Claimed[]> {
  const token = world.token.id;
  const provider = items[0]?.channel.provider;
  if (provider === undefined) return [];
  const ops: Op[] = [];
  const signatures: Signature[] = [];
  const made: Omit<Claimed, 'transaction'>[] = [];
  for (const item of items) {
    const view = await world.devnet.rpc.request('engram_getChannel', [item.channel.index]);
    if (view === null) throw new RangeError(`${item.channel.name} is unknown to the node`);
    const claimed = BigInt(view.claimed);
    const { royaltyBps } = item.channel.model;
    const op = claim({ voucher: item.voucher, to: provider.indexOf(token), claimed, royaltyBps, fee: FEE });
    ops.push(op);
    signatures.push(item.voucher.signature);
    made.push({ ...item, delta: item.voucher.total - claimed, royalty: op.payload[2] ?? 0n });
  }
  const transaction = await provider.send(token, ops, signatures);
  for (const { channel, delta, royalty } of made) {
    const from = `ledger:${channel.name}:${token}`;
    world.book.move(from, `ledger:${provider.name}:${token}`, delta - royalty - FEE);
    world.book.move(from, `ledger:${channel.model.name}:${token}`, royalty);
    world.payFees(channel.name, token, FEE);
  }
  return made.map((item) => ({ ...item, transaction }));
}

/** All that a model has earned goes to its owner's own account. Returns the amount. */
export async function sweep(world: World, { name, owner, index }: Model): Promise<bigint> {
  const token = world.token.id;
  const account = await world.devnet.rpc.request('engram_getAccount', [index]);
  const amount = BigInt(account?.balance ?? 0) - FEE;
  await owner.send(token, [transfer({ from: index, to: owner.indexOf(token), amount, fee: FEE })]);
  world.book.move(`ledger:${name}:${token}`, `ledger:${owner.name}:${token}`, amount);
  world.payFees(name, token, FEE);
  return amount;
}

/** What is left of a channel that is over goes back to whoever opened it. Returns the amount. */
export async function closeChannel(world: World, { name, consumer, index }: Channel): Promise<bigint> {
  const token = world.token.id;
  const account = await world.devnet.rpc.request('engram_getAccount', [index]);
  const amount = BigInt(account?.balance ?? 0) - FEE;
  await consumer.send(token, [close({ channel: index, to: consumer.indexOf(token), amount, fee: FEE })]);
  world.book.move(`ledger:${name}:${token}`, `ledger:${consumer.name}:${token}`, amount);
  world.payFees(name, token, FEE);
  return amount;
}

/** The other users of the chain: `count` small payments in one bundle. They fill a batch as a busy chain would. */
export async function payments(world: World, from: Person, to: Person, count: number): Promise<void> {
  const token = world.token.id;
  const each = 10n ** 12n;
  const ops = Array.from({ length: count }, () => from.transfer(token, to.indexOf(token), each, { fee: FEE }));
  await from.send(token, ops);
  const total = each * BigInt(count);
  world.book.move(`ledger:${from.name}:${token}`, `ledger:${to.name}:${token}`, total);
  world.payFees(from.name, token, FEE * BigInt(count));
}
