import type { EpochResult, Payment } from '../../protocol/epochs/payout.ts';
import type { PayoutTransaction } from '../../protocol/epochs/verifyPayout.ts';
import { verifyPayout } from '../../protocol/epochs/verifyPayout.ts';
import type { AccountIndex, Field } from '../../protocol/types.ts';
import type { EpochState, EpochSummary } from '../../sdk/marketTypes.ts';

/** What is kept of an epoch that is over: a result itself can be a hundred megabytes. */
export interface EpochDigest {
  readonly epoch: number;
  /** Seconds. */
  readonly start: number;
  readonly end: number;
  readonly paid: readonly Payment[];
  readonly resultHash: Field;
  readonly providers: number;
  readonly evaluators: number;
  /** Of the providers, u16. */
  readonly incentive: ReadonlyMap<AccountIndex, number>;
}

export function digestOf({ epoch, start, end, paid, resultHash, participants, yuma }: EpochResult): EpochDigest {
  const providers = participants.filter(({ isProvider }) => isProvider);
  return {
    ...{ epoch, start, end, paid, resultHash },
    providers: providers.length,
    evaluators: participants.filter(({ isEvaluator }) => isEvaluator).length,
    incentive: new Map(providers.map(({ account, uid }) => [account, yuma.incentive[uid] ?? 0])),
  };
}

/** What the keeper's transactions made of an epoch. */
export interface Settlement {
  readonly state: EpochState;
  readonly due: bigint;
  readonly paid: bigint;
  /** By account, all that transactions of this epoch paid. */
  readonly payments: ReadonlyMap<AccountIndex, bigint>;
}

/** @param proven the last proven batch: what was paid later can still be taken back */
export function settlementOf(
  digest: Pick<EpochDigest, 'epoch' | 'paid' | 'resultHash'>,
  transactions: readonly PayoutTransaction[],
  proven: number,
): Settlement {
  const { status, due, paid } = verifyPayout(digest, transactions);
  const payments = new Map<AccountIndex, bigint>();
  for (const [account, amount] of transactions.flatMap(({ payments: all }) => all)) {
    payments.set(account, (payments.get(account) ?? 0n) + amount);
  }
  const isFinal = transactions.every(({ batch }) => batch <= proven);
  return { state: stateOf(status, isFinal), due, paid, payments };
}

function stateOf(status: ReturnType<typeof verifyPayout>['status'], isFinal: boolean): EpochState {
  if (status === 'wrong') return 'wrong';
  if (status !== 'paid') return 'unpaid';
  return isFinal ? 'paid' : 'waiting';
}

export function summaryOf(digest: EpochDigest, { state, due, paid }: Settlement): EpochSummary {
  const { epoch, start: from, end: to, providers, evaluators } = digest;
  return { epoch, from, to, state, due, paid, providers, evaluators };
}

/** Its incentive as a share, and its place among the epoch's providers; undefined: it was none of them. */
export function scoreIn({ epoch, incentive }: Pick<EpochDigest, 'epoch' | 'incentive'>, owner: AccountIndex) {
  const own = incentive.get(owner);
  if (own === undefined) return undefined;
  let rank = 1;
  for (const other of incentive.values()) if (other > own) rank += 1;
  return { epoch, incentive: own / 0xffff, rank, among: incentive.size };
}
