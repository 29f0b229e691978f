import { controllerOf } from '../account.ts';
import { claimCount } from '../codec/tx.ts';
import { ProtocolError } from '../errors.ts';
import { accountIndex, batchNumber } from '../ids.ts';
import { OpenBatch } from '../openBatch.ts';
import { SHAPES } from '../shapes.ts';
import type { AccountTree } from '../tree.ts';
import {
  type Account,
  type AccountIndex,
  type ClosedBatch,
  type Field,
  Kind,
  Opcode,
  type QueueItem,
  type Signature,
  type SignedTx,
} from '../types.ts';
import { signed, TEST_DOMAIN, TEST_TIME, withVoucher } from './actors.ts';
import type { SeededRandom } from './random.ts';
import { find, INDICES, keyHolder, type RandomView, randomOp, somebody } from './randomOps.ts';

const NO_SIGNATURE: Signature = { r8: [0n as Field, 1n as Field], s: 0n };
/** Between batches, so that channels expire along the way. */
const STEP_SECONDS = 20_000;

/** The address that FORCED_EXIT of the account must name. */
function controllerAddress(batch: OpenBatch, index: AccountIndex, account: Account): bigint {
  return batch.account(controllerOf(index, account))?.c ?? 1n;
}

/** L1 callers may name anything; about half of the time they name what is there. */
function randomItem(random: SeededRandom, batch: OpenBatch): { item: QueueItem; assigned: AccountIndex } {
  const who = somebody(random);
  const index = accountIndex(random.pick(INDICES));
  const found = random.oneIn(2) ? batch.account(index) : undefined;
  const token = found?.token ?? random.int(3);
  const amount = random.big(1_000_000n);
  const kind = random.int(4);
  const address = found === undefined ? who.address : controllerAddress(batch, index, found);
  if (kind === 0) return { item: { opcode: 3, index, address }, assigned: index };
  if (kind === 1) return { item: { opcode: 2, index, token, amount, address: who.address }, assigned: index };
  return { item: { opcode: 1, token, amount, key: who.key, address: who.address }, assigned: index };
}

/** A transaction of a few random operations; signatures are real only with `isSigned`. */
function randomTx(
  random: SeededRandom,
  { batch, timestamp, isSigned }: { batch: OpenBatch; timestamp: number; isSigned: boolean },
): SignedTx | undefined {
  const look = (index: number) => batch.account(accountIndex(index));
  const signer = accountIndex(find(random, { account: look }, (found) => found?.kind === Kind.KEY));
  const account = batch.account(signer);
  if (account === undefined) return undefined;
  const { balance, nonce } = account;
  const view: RandomView = {
    ...{ timestamp, signer, balance, totals: new Map<number, bigint>() },
    account: look,
  };
  const ops = Array.from({ length: 1 + random.int(3) }, () => randomOp(random, view));
  if (!isSigned || account.kind !== Kind.KEY) {
    const vouchers = Array.from({ length: claimCount(ops) }, () => NO_SIGNATURE);
    return { signer, nonce, validUntil: timestamp, ops, signature: NO_SIGNATURE, vouchers };
  }
  const items = ops.map((op) => {
    if (op.opcode !== Opcode.CLAIM || op.amount < 0n) return op;
    const channel = batch.account(op.from);
    const isChannel = channel?.kind === Kind.CHANNEL;
    return withVoucher(op, isChannel ? keyHolder(channel) : somebody(random));
  });
  return signed(keyHolder(account), { signer, nonce, ops: items, validUntil: timestamp });
}

/** What a refused operation must not change: counts and accounts, which are never changed in place. */
function trace(batch: OpenBatch): unknown[] {
  return [...Object.values(batch.counts), ...INDICES.map((index) => batch.account(accountIndex(index)))];
}

/** Runs `act`; a refusal with a protocol error is fine if nothing changed. Returns whether it was accepted. */
function attempt(batch: OpenBatch, act: () => void): boolean {
  const before = trace(batch);
  try {
    act();
    return true;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const after = trace(batch);
    if (after.some((value, i) => value !== before[i]))
      throw new RangeError(`refused with ${error.code}, but something changed`);
    return false;
  }
}

/**
 * A batch of random operations, most of them valid, on the tree. Signatures are real only with `isSigned` (they are slow);
 * otherwise the batch is told to trust them.
 */
export function randomBatch(tree: AccountTree, random: SeededRandom, number: number, isSigned: boolean): ClosedBatch {
  const shape = random.pick([SHAPES.small, SHAPES.dev, SHAPES.medium]);
  const timestamp = TEST_TIME + STEP_SECONDS * number;
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
  for (let i = 0; i < 3 * shape.S; i += 1) {
    const tx = randomTx(random, { batch, timestamp, isSigned });
    if (tx === undefined) continue;
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
