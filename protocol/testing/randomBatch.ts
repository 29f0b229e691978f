import { ProtocolError } from '../errors.ts';
import { accountIndex, batchNumber } from '../ids.ts';
import { OpenBatch } from '../openBatch.ts';
import { SHAPES } from '../shapes.ts';
import type { AccountTree } from '../tree.ts';
import type { Account, AccountIndex, ClosedBatch, Field, Op, QueueItem } from '../types.ts';
import { actor, exit, register, signed, TEST_DOMAIN, TEST_TIME, transfer } from './actors.ts';
import type { SeededRandom } from './random.ts';

/** Actors by public key x, so that a random account's owner can be found. */
const PEOPLE = 6;
const INDICES = [1, 2, 3, 7, 8, 9, 63, 64, 70_000, 2 ** 24 - 1];

function owner(account: Account) {
  const all = Array.from({ length: PEOPLE }, (_, n) => actor(n + 1));
  const found = all.find(({ key }) => key[0] === account.a);
  if (found === undefined) throw new RangeError('account without a known owner');
  return found;
}

/** L1 callers may name anything; about half of the time they name what is there. */
function randomItem(random: SeededRandom, batch: OpenBatch): { item: QueueItem; assigned: AccountIndex } {
  const who = actor(1 + random.int(PEOPLE));
  const index = accountIndex(random.pick(INDICES));
  const found = random.oneIn(2) ? batch.account(index) : undefined;
  const token = found?.token ?? random.int(3);
  const amount = random.big(1_000_000n);
  const kind = random.int(4);
  if (kind === 0) return { item: { opcode: 3, index, address: found?.c ?? who.address }, assigned: index };
  if (kind === 1) return { item: { opcode: 2, index, token, amount, address: who.address }, assigned: index };
  return { item: { opcode: 1, token, amount, key: who.key, address: who.address }, assigned: index };
}

function randomOp(random: SeededRandom, from: AccountIndex, balance: bigint): Op {
  const amount = random.oneIn(8) ? balance : random.big(balance / 4n + 2n);
  const fee = random.oneIn(2) ? 0n : random.big(50n);
  const kind = random.int(8);
  if (kind === 0) return exit(from, 1n + random.big((1n << 160n) - 1n), amount, fee);
  if (kind === 1) return register(from, random.pick(INDICES), actor(1 + random.int(PEOPLE)), amount, fee);
  const memo = Array.from({ length: random.int(4) }, () => random.big(1n << 250n) as Field);
  return transfer(from, random.pick(INDICES), amount, { fee, memo });
}

/** What a refused operation must not change. */
function trace(batch: OpenBatch): string {
  const accounts = INDICES.map((index) => batch.account(accountIndex(index)));
  return JSON.stringify([batch.counts, accounts], (_, value) => (typeof value === 'bigint' ? value.toString() : value));
}

/** Runs `act`; a refusal with a protocol error is fine if nothing changed. Returns whether it was accepted. */
function attempt(batch: OpenBatch, act: () => void): boolean {
  const before = trace(batch);
  try {
    act();
    return true;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    if (trace(batch) !== before) throw new RangeError(`refused with ${error.code}, but something changed`);
    return false;
  }
}

/**
 * A batch of random operations, most of them valid, on the tree. Signatures are real only with `isSigned` (they are slow);
 * otherwise the batch is told to trust them.
 */
export function randomBatch(tree: AccountTree, random: SeededRandom, number: number, isSigned: boolean): ClosedBatch {
  const shape = random.pick([SHAPES.small, SHAPES.dev, SHAPES.medium]);
  const timestamp = TEST_TIME + number;
  const firstBlock = BigInt(number);
  const batch = new OpenBatch(
    { number: batchNumber(number), shape, domain: TEST_DOMAIN, timestamp, firstBlock },
    { tree },
  );
  for (let i = random.int(shape.L + 2); i > 0; i -= 1) {
    const { item, assigned } = randomItem(random, batch);
    attempt(batch, () => batch.applyL1(item, assigned));
  }
  for (let i = random.int(4); i > 0; i -= 1) {
    const index = accountIndex(random.pick(INDICES));
    attempt(batch, () => batch.nameFeeAccount(index));
  }
  for (let i = 0; i < 2 * shape.S; i += 1) {
    const signer = accountIndex(random.pick(INDICES));
    const account = batch.account(signer);
    if (account === undefined) continue;
    const ops = Array.from({ length: 1 + random.int(4) }, () => randomOp(random, signer, account.balance));
    const parts = { signer, nonce: account.nonce, ops };
    const tx = isSigned
      ? signed(owner(account), parts)
      : { ...parts, validUntil: timestamp, signature: { r8: [0n, 1n] as [Field, Field], s: 0n }, vouchers: [] };
    attempt(batch, () => batch.applyTx(tx, { signatureChecked: !isSigned }));
    if (random.oneIn(5)) batch.previewRoot();
  }
  return batch.close({ lastBlock: firstBlock + 1n, evmCommitment: random.big(1n << 256n) });
}

/** Value that entered and left through L1 in a batch, by token. */
export function flows({ batch, exits }: ClosedBatch): Map<number, bigint> {
  const net = new Map<number, bigint>();
  const add = (token: number, amount: bigint) => net.set(token, (net.get(token) ?? 0n) + amount);
  for (const op of batch.l1Ops) if (!op.isVoid) add(op.token, op.opcode === 3 ? -op.amount : op.amount);
  for (const { token, amount } of exits) add(token, -amount);
  return net;
}

/** Sum of the balances, by token. */
export function totals(tree: AccountTree): Map<number, bigint> {
  const sums = new Map<number, bigint>();
  for (const [, { token, balance }] of tree.entries()) sums.set(token, (sums.get(token) ?? 0n) + balance);
  return sums;
}
