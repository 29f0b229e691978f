import type { EpochView } from '../../../../../sdk/marketTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { type Earner, type Judge, weightOf } from './epochStory.ts';

export interface WeightCell {
  /** Of 1. */
  readonly weight: number;
  /** Of it, what was beyond consensus. */
  readonly clipped: number;
  /** 0 … 10, for its shade; 0 only for nothing. */
  readonly heat: number;
}

export interface WeightTable {
  readonly columns: readonly Earner[];
  readonly rows: readonly { readonly judge: Judge; readonly cells: readonly WeightCell[] }[];
  /** There are more than are shown. */
  readonly areColumnsCut: boolean;
  readonly areRowsCut: boolean;
}

const MAX_COLUMNS = 12;
const MAX_ROWS = 24;

/** Evaluators with weights against providers that have any: most stake, most incentive, most weight first. */
export function weightTable({ judges, earners }: Pick<Wire<EpochView>, 'judges' | 'earners'>): WeightTable {
  const total = new Map<number, number>();
  for (const { provider, weight } of judges.flatMap(({ weights }) => weights)) {
    total.set(provider, (total.get(provider) ?? 0) + weight);
  }
  const weighed = earners
    .filter(({ account }) => total.has(account))
    .sort(
      (x, y) =>
        y.incentive - x.incentive || (total.get(y.account) ?? 0) - (total.get(x.account) ?? 0) || x.account - y.account,
    );
  const weighing = judges
    .filter(({ weights }) => weights.length > 0)
    .sort((x, y) => compare(BigInt(y.stake), BigInt(x.stake)) || x.account - y.account);
  const columns = weighed.slice(0, MAX_COLUMNS);
  return {
    columns,
    rows: weighing.slice(0, MAX_ROWS).map((judge) => ({
      judge,
      cells: columns.map(({ account }) => {
        const weight = weightOf(judge.weights, account);
        return { weight, clipped: weightOf(judge.clipped, account), heat: heatOf(weight) };
      }),
    })),
    areColumnsCut: weighed.length > columns.length,
    areRowsCut: weighing.length > MAX_ROWS,
  };
}

function heatOf(weight: number): number {
  return weight <= 0 ? 0 : Math.max(1, Math.min(10, Math.round(weight * 10)));
}

function compare(x: bigint, y: bigint): number {
  return x === y ? 0 : x < y ? -1 : 1;
}
