/**
 * The epoch a second time, for tests: dense matrices of BigInt, one formula of the README after another, nothing clever. Every number has
 * 32 fractional bits. It also shows what lies between the steps.
 */
import type { YumaInput } from '../yumaInput.ts';

export const UNIT = 1n << 32n;
export type Vector = readonly bigint[];
export type Matrix = readonly Vector[];
type SparseInput = Omit<YumaInput, 'weights' | 'bonds'> & {
  readonly weights: readonly (readonly (readonly [number, number])[])[];
  readonly bonds: readonly (readonly (readonly [number, number])[])[];
};

export const multiplyExact = (a: bigint, b: bigint): bigint => (a * b) >> 32n;
/** Truncated like every division of integers; 0 if it cannot be done. */
export const divideExact = (a: bigint, b: bigint): bigint => (b === 0n ? 0n : (a << 32n) / b);
const total = (values: Vector): bigint => values.reduce((sum, value) => sum + value, 0n);
const share = (values: Vector, sum: bigint = total(values)): bigint[] =>
  values.map((value) => (sum === 0n ? value : divideExact(value, sum)));
const u16 = (value: bigint): number => Number((value * 65_535n) >> 32n);
const column = (matrix: Matrix, j: number): bigint[] => matrix.map((row) => row[j] as bigint);
const map = (matrix: Matrix, f: (value: bigint, i: number, j: number) => bigint): bigint[][] =>
  matrix.map((row, i) => row.map((value, j) => f(value, i, j)));
const columns = (matrix: Matrix, f: (values: Vector) => bigint): bigint[] => matrix.map((_, j) => f(column(matrix, j)));
const largest = (values: Vector): bigint => values.reduce((max, value) => (value > max ? value : max), 0n);

function shareColumns(matrix: Matrix): bigint[][] {
  const sums = columns(matrix, total);
  return map(matrix, (value, _, j) => divideExact(value, sums[j] as bigint));
}

/**
 * The smallest score that more than the minority stands at or below: what the majority gives at least. The highest score if there is
 * none, 0 if nobody scores.
 */
export function weightedMedianExact(stake: Vector, score: Vector, minority: bigint): bigint {
  const sorted = [...new Set(score)].sort((a, b) => (a < b ? -1 : 1));
  const atOrBelow = (limit: bigint) => total(stake.filter((_, i) => (score[i] as bigint) <= limit));
  return sorted.find((value) => atOrBelow(value) > minority) ?? sorted.at(-1) ?? 0n;
}

function consensusOf(activeStake: Vector, weights: Matrix, kappa: bigint): bigint[] {
  const voters = activeStake.map((value, i) => ({ value, i })).filter(({ value }) => value > 0n);
  const stake = share(voters.map(({ value }) => value));
  const minority = total(stake) - kappa;
  return weights.map((_, j) => {
    const score = voters.map(({ i }) => (weights[i] as Vector)[j] as bigint);
    return weightedMedianExact(stake, score, minority);
  });
}

export function referenceEpoch(input: SparseInput) {
  const { kappa = 32_767, bondsPenalty = 65_535, bondsMovingAverage = 900_000, emission } = input;
  const n = input.stake.length;
  const ids = Array.from({ length: n }, (_, i) => i);
  const dense = (rows: SparseInput['weights']): bigint[][] =>
    ids.map((i) => {
      const row = new Map(rows[i]);
      return ids.map((j) => BigInt(row.get(j) ?? 0) << 32n);
    });
  const registered = (j: number) => input.registeredAt?.[j] ?? 0;
  const isActive = (i: number) => input.active?.[i] ?? true;

  const stakeSum = total(input.stake);
  const stake = input.stake.map((value) => (stakeSum === 0n ? 0n : (value << 32n) / stakeSum));
  const activeStake = share(stake.map((value, i) => (isActive(i) && input.permits[i] ? value : 0n)));

  const keeps = (i: number, j: number): boolean =>
    input.permits[i] === true &&
    (i !== j || i === input.ownerUid) &&
    (input.lastUpdate === undefined || (input.lastUpdate[i] as number) > registered(j)) &&
    (input.committedAt === undefined || (input.committedAt[i] as number) >= registered(j));
  const masked = map(dense(input.weights), (value, i, j) => (keeps(i, j) ? value : 0n));
  const weights = masked.map((row) => share(row));

  const consensus = consensusOf(activeStake, weights, divideExact(BigInt(kappa), 65_535n));
  const clipped = map(weights, (value, _, j) => (value < (consensus[j] as bigint) ? value : (consensus[j] as bigint)));
  const validatorTrust = clipped.map((row) => total(row));
  const weighted = (matrix: Matrix) =>
    columns(matrix, (values) => total(values.map((value, i) => multiplyExact(value, activeStake[i] as bigint))));
  const preranks = weighted(weights);
  const ranksBefore = weighted(clipped);
  const trust = ranksBefore.map((rank, j) => divideExact(rank, preranks[j] as bigint));
  const incentive = share(ranksBefore);

  const penalty = divideExact(BigInt(bondsPenalty), 65_535n);
  const forBonds = map(weights, (value, i, j) => {
    const cut = (clipped[i] as Vector)[j] as bigint;
    return value + multiplyExact(penalty, cut - value);
  });
  const delta = shareColumns(map(forBonds, (value, i) => multiplyExact(value, activeStake[i] as bigint)));
  const keepsBond = (j: number) => input.lastEpoch === undefined || input.lastEpoch > registered(j);
  const old = shareColumns(map(dense(input.bonds), (value, _, j) => (keepsBond(j) ? value : 0n)));
  const keep = (BigInt(bondsMovingAverage) << 32n) / 1_000_000n;
  const alpha = UNIT - keep;
  const moved = map(delta, (value, i, j) => {
    return multiplyExact(alpha, value) + multiplyExact(keep, (old[i] as Vector)[j] as bigint);
  });
  const emaBonds = shareColumns(moved);
  const dividends = share(
    emaBonds.map((row) => total(row.map((value, j) => multiplyExact(incentive[j] as bigint, value)))),
  );
  const maxima = columns(emaBonds, largest);
  const stored = map(emaBonds, (value, _, j) => divideExact(value, maxima[j] as bigint));

  const both = incentive.map((value, i) => value + (dividends[i] as bigint));
  const sum = total(both);
  const fallback = total(activeStake) === 0n ? stake : activeStake;
  const pay = (values: Vector) => values.map((value) => (value * emission) >> 32n);
  const paidIncentive = share(incentive, sum);
  const paidDividends = sum === 0n ? fallback : share(dividends, sum);
  const paid = sum === 0n ? fallback : share(both, sum);

  const nonZero = (row: Vector) =>
    row.flatMap((value, j): (readonly [number, number])[] => (u16(value) === 0 ? [] : [[j, u16(value)]]));
  const storedRow = (row: Vector, i: number) => {
    if (input.newPermits === undefined || input.newPermits[i]) return nonZero(row);
    return input.permits[i] ? [] : (input.bonds[i] ?? []);
  };
  return {
    output: {
      stakeShares: stake.map(u16),
      ranks: incentive.map(u16),
      trust: trust.map(u16),
      validatorTrust: validatorTrust.map(u16),
      consensus: consensus.map(u16),
      incentive: incentive.map(u16),
      dividends: dividends.map(u16),
      bonds: stored.map(storedRow),
      incentiveEmission: pay(paidIncentive),
      dividendEmission: pay(paidDividends),
      emission: pay(paid),
    },
    between: {
      stake,
      activeStake,
      weights,
      consensus,
      validatorTrust,
      preranks,
      ranksBefore,
      trust,
      incentive,
      delta,
      old,
      emaBonds,
      dividends,
      stored,
      paid,
    },
  };
}
