/** Why each earned what it earned, as reasons that the texts say in words. Pure; figures are the node's own, compared with nothing. */
import type { EpochView } from '../../../../../sdk/marketTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { shareOf } from '../numbers.ts';

type Epoch = Wire<EpochView>;
export type Earner = Epoch['earners'][number];
export type Judge = Epoch['judges'][number];

/** Of a provider: how many evaluators gave it weight, and which part of all stake they hold. */
interface Support {
  readonly judges: number;
  /** Of 1. */
  readonly stake: number;
}

export type EarnerReason =
  /** The epoch is not over. */
  | { readonly kind: 'open' }
  /** `clipped`: evaluators that gave more than consensus. */
  | ({ readonly kind: 'earned'; readonly clipped: number } & Support)
  | { readonly kind: 'nobody' }
  /** Weighed, but with too little stake. */
  | ({ readonly kind: 'unsupported' } & Support)
  /** It has consensus, but its incentive is below 1/65535. */
  | { readonly kind: 'small' };

export type JudgeReason =
  | { readonly kind: 'open' }
  | { readonly kind: 'silent' }
  /** By the code of the protocol's score book. */
  | { readonly kind: 'ignored'; readonly reason: string }
  /** `clipped`: what of its weights was beyond consensus, of 1. */
  | { readonly kind: 'earned' | 'nothing'; readonly clipped: number };

export function whyEarned(epoch: Pick<Epoch, 'judges' | 'state'>, earner: Earner): EarnerReason {
  if (epoch.state === 'open') return { kind: 'open' };
  const behind = epoch.judges.filter(({ weights }) => weightOf(weights, earner.account) > 0);
  const support = { judges: behind.length, stake: shareOf(stakeOf(behind), stakeOf(epoch.judges)) };
  if (earner.incentive > 0) {
    const clipped = behind.filter((judge) => weightOf(judge.clipped, earner.account) > 0).length;
    return { kind: 'earned', clipped, ...support };
  }
  if (behind.length === 0) return { kind: 'nobody' };
  return earner.consensus > 0 ? { kind: 'small' } : { kind: 'unsupported', ...support };
}

export function whyJudged({ state }: Pick<Epoch, 'state'>, judge: Judge): JudgeReason {
  // what was ignored stays ignored, whenever it is asked
  if (judge.ignored !== undefined) return { kind: 'ignored', reason: judge.ignored };
  if (state === 'open') return { kind: 'open' };
  if (!judge.hasRevealed) return { kind: 'silent' };
  const clipped = judge.clipped.reduce((sum, { weight }) => sum + weight, 0);
  return { kind: judge.dividend > 0 ? 'earned' : 'nothing', clipped };
}

export interface Summary {
  readonly revealed: number;
  readonly judges: number;
  /** Of 1: the stake of those whose scores count. */
  readonly stake: number;
  /** Of what is due, base units. */
  readonly toProviders: bigint;
  readonly toEvaluators: bigint;
}

export function summaryOf({ judges, earners }: Pick<Epoch, 'judges' | 'earners'>): Summary {
  const revealed = judges.filter(({ hasRevealed }) => hasRevealed);
  return {
    revealed: revealed.length,
    judges: judges.length,
    stake: shareOf(stakeOf(revealed), stakeOf(judges)),
    toProviders: sum(earners.map(({ due }) => due)),
    toEvaluators: sum(judges.map(({ due }) => due)),
  };
}

export type Payment = 'notDue' | 'nothing' | 'exact' | 'missing' | 'excess';

/** What was paid, against what is due; `difference` in base units, never negative. */
export function paymentOf({ due, paid }: { readonly due: string; readonly paid: string }, isOpen: boolean) {
  const difference = BigInt(paid) - BigInt(due);
  const payment: Payment = isOpen
    ? 'notDue'
    : difference > 0n
      ? 'excess'
      : difference < 0n
        ? 'missing'
        : due === '0'
          ? 'nothing'
          : 'exact';
  return { payment, difference: difference < 0n ? -difference : difference };
}

export function stakeOf(judges: readonly Judge[]): bigint {
  return sum(judges.map(({ stake }) => stake));
}

export function weightOf(weights: Judge['weights'], provider: number): number {
  return weights.find((one) => one.provider === provider)?.weight ?? 0;
}

function sum(amounts: readonly string[]): bigint {
  return amounts.reduce((total, amount) => total + BigInt(amount), 0n);
}
