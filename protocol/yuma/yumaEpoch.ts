import { bondsDelta, movedBonds, oldBonds, storedBonds } from './bonds.ts';
import { consensusOf } from './consensus.ts';
import { splitEmission } from './emission.ts';
import { divide, multiply, normalize, ratio, toU16 } from './fixedPoint.ts';
import type { Matrix } from './matrix.ts';
import { unpackRows } from './packedRows.ts';
import { normalizedWeights } from './weights.ts';
import { type CheckedInput, checkInput, type PackedYumaOutput, type YumaInput, type YumaOutput } from './yumaInput.ts';

/** Shares of the raw stake; amounts of any size. */
function stakeShares(stake: readonly bigint[]): Float64Array {
  const total = stake.reduce((sum, amount) => sum + amount, 0n);
  return Float64Array.from(stake, (amount) => (total === 0n ? 0 : Number((amount << 32n) / total)));
}

function activeShares({ permits, active }: CheckedInput, stake: Float64Array): Float64Array {
  const shares = stake.map((share, i) => (permits[i] === true && (active?.[i] ?? true) ? share : 0));
  normalize(shares);
  return shares;
}

/** Per column: stake-weighted sums of all weights and of the clipped ones; per row: the sum of the clipped ones. */
function rank(weights: Matrix, consensus: Float64Array, activeStake: Float64Array) {
  const { n, offsets, columns, values } = weights;
  const preranks = new Float64Array(n);
  const ranks = new Float64Array(n);
  const validatorTrust = new Float64Array(n);
  for (let i = 0; i < n; i += 1) {
    const stake = activeStake[i] as number;
    const to = offsets[i + 1] as number;
    let trust = 0;
    for (let k = offsets[i] as number; k < to; k += 1) {
      const j = columns[k] as number;
      const weight = values[k] as number;
      const clipped = Math.min(weight, consensus[j] as number);
      trust += clipped;
      if (stake === 0) continue;
      preranks[j] = (preranks[j] as number) + multiply(weight, stake);
      ranks[j] = (ranks[j] as number) + multiply(clipped, stake);
    }
    validatorTrust[i] = trust;
  }
  return { preranks, ranks, validatorTrust };
}

/** What each row's bonds earn: the sum of bond · incentive. */
function dividendsOf({ n, offsets, columns, values }: Matrix, incentive: Float64Array): Float64Array {
  const dividends = new Float64Array(n);
  for (let i = 0; i < n; i += 1) {
    let sum = 0;
    const to = offsets[i + 1] as number;
    for (let k = offsets[i] as number; k < to; k += 1) {
      sum += multiply(values[k] as number, incentive[columns[k] as number] as number);
    }
    dividends[i] = sum;
  }
  normalize(dividends);
  return dividends;
}

const words = (values: Float64Array): number[] => Array.from(values, toU16);

/** `yumaEpoch` for large epochs: the bonds come packed, and no object is made for any entry if weights and bonds are given packed. */
export function yumaEpochPacked(input: YumaInput): PackedYumaOutput {
  const checked = checkInput(input);
  const stake = stakeShares(checked.stake);
  const activeStake = activeShares(checked, stake);
  const weights = normalizedWeights(checked);
  const consensus = consensusOf(weights, activeStake, ratio(checked.kappa, 0xffff));
  const { preranks, ranks, validatorTrust } = rank(weights, consensus, activeStake);
  const trust = ranks.map((value, j) => (value === 0 ? 0 : divide(value, preranks[j] as number)));
  const incentive = ranks.slice();
  normalize(incentive);

  const delta = bondsDelta(weights, consensus, activeStake, checked.bondsPenalty);
  const bonds = movedBonds(delta, oldBonds(checked), checked.bondsMovingAverage);
  const dividends = dividendsOf(bonds, incentive);
  return {
    stakeShares: words(stake),
    ranks: words(incentive),
    trust: words(trust),
    validatorTrust: words(validatorTrust),
    consensus: words(consensus),
    incentive: words(incentive),
    dividends: words(dividends),
    bonds: storedBonds(bonds, checked),
    ...splitEmission(incentive, dividends, activeStake, stake, checked.emission),
  };
}

/**
 * One epoch of Yuma consensus, bit for bit what Bittensor's `epoch` computes (README: version, steps, rounding). Pure: the same input gives
 * the same output on every machine. `INVALID_ARGUMENT` for input of the wrong form; every value in range gives a result.
 */
export function yumaEpoch(input: YumaInput): YumaOutput {
  const { bonds, ...output } = yumaEpochPacked(input);
  return { ...output, bonds: unpackRows(bonds) };
}
