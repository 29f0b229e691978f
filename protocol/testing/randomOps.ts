import { GRACE_SECONDS, unpackAttestation, unpackChannel } from '../account.ts';
import { type Account, type AccountIndex, type ChannelTerms, type Field, Kind, type Op } from '../types.ts';
import { type Actor, actor, attest, claimOp, close, exit, open, register, transfer } from './actors.ts';
import type { SeededRandom } from './random.ts';

const PEOPLE = 6;

/** Close together and far apart. */
export const INDICES: readonly number[] = [
  ...[1, 2, 3, 7, 8, 9, 63, 64, 70_000, 2 ** 24 - 1],
  ...Array.from({ length: 180 }, (_, i) => 100 + i),
];

export function somebody(random: SeededRandom): Actor {
  return actor(1 + random.int(PEOPLE));
}

/** Who holds the key of a KEY account, or the voucher key of a channel. */
export function keyHolder(account: Account): Actor {
  const all = Array.from({ length: PEOPLE }, (_, n) => actor(n + 1));
  const found = all.find(({ key }) => key[0] === account.a);
  if (found === undefined) throw new RangeError('account without a known owner');
  return found;
}

/** What random operations are made from: the batch's accounts, and what the transaction's earlier claims would do to channels. */
export interface RandomView {
  readonly timestamp: number;
  readonly signer: AccountIndex;
  readonly balance: bigint;
  account(index: number): Account | undefined;
  /** Totals claimed by earlier ops of the transaction. */
  readonly totals: Map<number, bigint>;
}

/** An index whose account fits, or, once in 16 times or if none does, just any. */
export function find(
  random: SeededRandom,
  view: Pick<RandomView, 'account'>,
  fits: (account: Account | undefined) => boolean,
): number {
  const found = INDICES.filter((index) => fits(view.account(index)));
  return found.length === 0 || random.oneIn(16) ? random.pick(INDICES) : random.pick(found);
}

function free(random: SeededRandom, view: RandomView): number {
  return find(random, view, (account) => account === undefined);
}

function isOwned(account: Account | undefined, signer: AccountIndex): boolean {
  return account?.kind === Kind.ATTEST && unpackAttestation(account.c).owner === signer;
}

function isChannelOf(account: Account | undefined, party: Partial<ChannelTerms>): boolean {
  if (account?.kind !== Kind.CHANNEL) return false;
  const { provider, payer } = unpackChannel(account.c);
  return party.provider === provider || party.payer === payer;
}

function randomClaim(random: SeededRandom, view: RandomView, fee: bigint): Op {
  const { signer, totals } = view;
  const index = find(random, view, (account) => isChannelOf(account, { provider: signer }));
  const channel = view.account(index);
  const claimed = totals.get(index) ?? channel?.claimed ?? 0n;
  const rest = (channel?.balance ?? 0n) - (claimed - (channel?.claimed ?? 0n));
  const left = rest > 0n ? rest : 0n;
  const model = channel?.kind === Kind.CHANNEL ? view.account(unpackChannel(channel.c).model) : undefined;
  const royaltyBps = model?.kind === Kind.ATTEST ? unpackAttestation(model.c).royaltyBps : 0;
  // At least the fee, so that the amount is not negative; now and then everything, or more than there is.
  const some = random.oneIn(6) ? left : random.big(left / 3n + 2n);
  const total = claimed + some + (random.oneIn(10) ? 1n : 0n) + (royaltyBps === 10_000 ? 0n : 2n * fee);
  totals.set(index, total);
  const receiptsRoot = random.big(1n << 250n) as Field;
  const op = claimOp(index, signer, { total, claimed, royaltyBps, receiptsRoot });
  return { ...op, fee, amount: op.amount > fee ? op.amount - fee : op.amount };
}

function randomAttest(random: SeededRandom, view: RandomView, money: { amount: bigint; fee: bigint }): Op {
  const parent = random.oneIn(2) ? 0 : find(random, view, (account) => account?.kind === Kind.ATTEST);
  const royaltyBps = random.pick([0, 1, 333, 5000, 10_000]);
  const artefact = random.big(1n << 248n) as Field;
  return attest(view.signer, free(random, view), {
    ...money,
    parent,
    royaltyBps,
    artefact,
    subtype: random.int(256),
  });
}

function randomOpen(random: SeededRandom, view: RandomView, money: { amount: bigint; fee: bigint }): Op {
  const token = view.account(view.signer)?.token;
  const isOf = (kind: Kind) => (account: Account | undefined) => account?.kind === kind && account.token === token;
  const model = random.oneIn(3) ? 0 : find(random, view, isOf(Kind.ATTEST));
  const provider = find(random, view, isOf(Kind.KEY));
  const expiry = view.timestamp - 2 * GRACE_SECONDS + random.int(10 * GRACE_SECONDS);
  const terms = { ...money, provider, model, expiry, voucherKey: somebody(random) };
  return open(view.signer, free(random, view), terms);
}

function randomClose(random: SeededRandom, view: RandomView, fee: bigint): Op {
  const { signer } = view;
  const index = find(random, view, (account) => isChannelOf(account, { payer: signer }));
  const balance = view.account(index)?.balance ?? 0n;
  const rest = balance > fee ? balance - fee : 0n;
  return close(index, signer, random.oneIn(2) ? rest : random.big(rest + 2n), fee);
}

/** An operation for the signer, most of the time one that the rules allow. */
export function randomOp(random: SeededRandom, view: RandomView): Op {
  const { signer } = view;
  const fee = random.oneIn(3) ? random.big(50n) : 0n;
  const kind = random.int(14);
  const has = (party: Partial<ChannelTerms>) => INDICES.some((index) => isChannelOf(view.account(index), party));
  if (kind < 3 && (has({ provider: signer }) || random.oneIn(8))) return randomClaim(random, view, fee);
  if (kind === 3 && (has({ payer: signer }) || random.oneIn(8))) return randomClose(random, view, fee);
  const source =
    random.oneIn(3) && INDICES.some((index) => isOwned(view.account(index), signer))
      ? find(random, view, (account) => isOwned(account, signer))
      : signer;
  const balance = source === signer ? view.balance : (view.account(source)?.balance ?? 0n);
  const amount = random.oneIn(8) ? balance : random.big(balance / 4n + 2n);
  if (kind === 4) return exit(source, 1n + random.big((1n << 160n) - 1n), amount, fee);
  if (kind === 5) return register(signer, free(random, view), somebody(random), amount, fee);
  if (kind < 8) return randomAttest(random, view, { amount, fee });
  if (kind < 11) return randomOpen(random, view, { amount, fee });
  const memo = Array.from({ length: random.int(4) }, () => random.big(1n << 250n) as Field);
  const { token } = view.account(source) ?? {};
  const to = find(random, view, (account) => account !== undefined && account.token === token);
  return transfer(source, to, amount, { fee, memo });
}
