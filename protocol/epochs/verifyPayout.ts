import type { AccountIndex, Field, Op } from '../types.ts';
import { Opcode } from '../types.ts';
import { decodeMemo, MemoKind } from './memo.ts';
import type { EpochResult, Payment } from './payout.ts';

/** A transaction of the keeper that says it pays an epoch. */
export interface PayoutTransaction {
  readonly epoch: number;
  readonly batch: number;
  /** Of the transaction in its batch, from 0. */
  readonly position: number;
  readonly part: number;
  readonly parts: number;
  readonly resultHash: Field;
  /** TRANSFERs from the service's account, in order. */
  readonly payments: readonly Payment[];
}

export interface PayoutDifference {
  readonly account: AccountIndex;
  readonly due: bigint;
  readonly paid: bigint;
}

/**
 * paid: everybody got what is due, to the unit; partial: nobody got more, somebody less (yet); unpaid: nothing was paid and something is
 * due; wrong: somebody got more than is due, or the keeper names another result.
 */
export interface PayoutVerdict {
  readonly epoch: number;
  readonly status: 'paid' | 'partial' | 'unpaid' | 'wrong';
  readonly due: bigint;
  readonly paid: bigint;
  /** Who got something else than is due. */
  readonly differences: readonly PayoutDifference[];
  /** Transactions that name another result. */
  readonly otherResults: readonly { readonly batch: number; readonly position: number; readonly resultHash: Field }[];
}

/**
 * The payout that a transaction is, or undefined. Its first op carries the memo and is a TRANSFER from the service's account, or of the
 * keeper's own money to it (which brings what the payments' fees cost): either needs the keeper's key, so nobody else can claim to pay.
 */
export function payoutOf(
  ops: readonly Op[],
  parties: { service: AccountIndex; keeper: AccountIndex },
  place: { batch: number; position: number },
): PayoutTransaction | undefined {
  const [first] = ops;
  const { service, keeper } = parties;
  if (first?.opcode !== Opcode.TRANSFER) return undefined;
  if (first.from !== service && (first.from !== keeper || first.to !== service)) return undefined;
  const memo = decodeMemo(first);
  if (memo?.kind !== MemoKind.PAYOUT || !memo.isWell) return undefined;
  const { epoch, part, parts, m2: resultHash } = memo;
  const payments = ops.flatMap((op): Payment[] =>
    op.opcode === Opcode.TRANSFER && op.from === service && op.to !== service ? [[op.to, op.amount]] : [],
  );
  return { epoch, ...place, part, parts, resultHash, payments };
}

/** Whether the keeper paid what the epoch comes to. */
export function verifyPayout(
  result: Pick<EpochResult, 'epoch' | 'paid' | 'resultHash'>,
  transactions: readonly PayoutTransaction[],
): PayoutVerdict {
  const { epoch, resultHash } = result;
  const own = transactions.filter((transaction) => transaction.epoch === epoch);
  const due = new Map(result.paid);
  const paid = new Map<AccountIndex, bigint>();
  for (const [account, amount] of own.flatMap(({ payments }) => payments)) {
    paid.set(account, (paid.get(account) ?? 0n) + amount);
  }
  const accounts = [...new Set([...due.keys(), ...paid.keys()])].sort((a, b) => a - b);
  const differences = accounts
    .map((account) => ({ account, due: due.get(account) ?? 0n, paid: paid.get(account) ?? 0n }))
    .filter((entry) => entry.due !== entry.paid);
  const otherResults = own
    .filter((transaction) => transaction.resultHash !== resultHash)
    .map(({ batch, position, resultHash: said }) => ({ batch, position, resultHash: said }));
  const isWrong = otherResults.length > 0 || differences.some((entry) => entry.paid > entry.due);
  const total = (amounts: Iterable<bigint>) => [...amounts].reduce((sum, amount) => sum + amount, 0n);
  const [dueTotal, paidTotal] = [total(due.values()), total(paid.values())];
  const rest = paidTotal === 0n ? 'unpaid' : 'partial';
  const status = isWrong ? 'wrong' : differences.length === 0 ? 'paid' : rest;
  return { epoch, status, due: dueTotal, paid: paidTotal, differences, otherResults };
}
