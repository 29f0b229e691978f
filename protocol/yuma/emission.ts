import { divide, sum } from './fixedPoint.ts';

export interface EmissionSplit {
  readonly incentiveEmission: readonly bigint[];
  readonly dividendEmission: readonly bigint[];
  readonly emission: readonly bigint[];
}

function isAnything(values: Float64Array): boolean {
  return values.some((value) => value !== 0);
}

/** Amounts for shares in [0, 1], rounded down: together at most the emission, since the shares are at most 1 together. */
function amounts(shares: Float64Array, emission: bigint): bigint[] {
  return Array.from(shares, (share) => (share === 0 ? 0n : (BigInt(share) * emission) >> 32n));
}

/**
 * Shares of incentive and dividends, of their sum. If nobody earned anything, stake is what counts: that of who is active, and if none
 * is, everybody's.
 */
export function splitEmission(
  incentive: Float64Array,
  dividends: Float64Array,
  activeStake: Float64Array,
  stake: Float64Array,
  emission: bigint,
): EmissionSplit {
  const both = incentive.map((value, i) => value + (dividends[i] as number));
  const total = sum(both);
  if (total === 0) {
    const paid = amounts(isAnything(activeStake) ? activeStake : stake, emission);
    return { incentiveEmission: amounts(incentive, emission), dividendEmission: paid, emission: paid };
  }
  const part = (values: Float64Array) =>
    amounts(
      values.map((value) => divide(value, total)),
      emission,
    );
  return { incentiveEmission: part(incentive), dividendEmission: part(dividends), emission: part(both) };
}
