import { ProtocolError } from '../errors.ts';
import { checkedRows, type PackedRows, type Rows, type SparseRow } from './packedRows.ts';

/** One epoch of n participants. Blocks or seconds: the times below only have to be of one kind. */
export interface YumaInput {
  /** Raw amounts; who is below a minimum has been set to 0 by the caller. */
  readonly stake: readonly bigint[];
  /** Who may set weights. */
  readonly permits: readonly boolean[];
  /** n rows of u16: what i gives to j. */
  readonly weights: Rows;
  /** n rows of u16: `bonds` of the epoch before; empty rows for who is new. */
  readonly bonds: Rows;
  /** What is paid out in all, at most; any size. */
  readonly emission: bigint;
  /** u16, a share of 65535: the majority that a weight needs. */
  readonly kappa?: number;
  /** u16, a share of 65535: how much of a weight above consensus is no bond either. */
  readonly bondsPenalty?: number;
  /** Millionths that old bonds keep. */
  readonly bondsMovingAverage?: number;
  /** False: the stake does not count (weights stand, for bonds). Default: everybody is. */
  readonly active?: readonly boolean[];
  /** When i last set weights: those on who registered then or later are void. Default: none is. */
  readonly lastUpdate?: readonly number[];
  /** When i committed to the weights that it has not shown yet (Infinity: to none): weights on who registered later are void. */
  readonly committedAt?: readonly number[];
  /** When j registered. Default: 0. */
  readonly registeredAt?: readonly number[];
  /** The epoch before: bonds with who registered then or later are void. Default: none is. */
  readonly lastEpoch?: number;
  /** Who has a permit in the next epoch; a row without one loses its bonds. Default: rows are kept. */
  readonly newPermits?: readonly boolean[];
  /** The one participant whose weight for itself counts. Default: nobody's does. */
  readonly ownerUid?: number;
}

interface Vectors {
  /** u16, shares of 65535; `ranks` and `incentive` are the same since consensus replaced Yuma's first form. */
  readonly stakeShares: readonly number[];
  readonly ranks: readonly number[];
  readonly trust: readonly number[];
  readonly validatorTrust: readonly number[];
  readonly consensus: readonly number[];
  readonly incentive: readonly number[];
  readonly dividends: readonly number[];
  /** As provider, as evaluator, and what is paid: at most one unit more than both, never more than the emission in all. */
  readonly incentiveEmission: readonly bigint[];
  readonly dividendEmission: readonly bigint[];
  readonly emission: readonly bigint[];
}

export interface YumaOutput extends Vectors {
  /** Without entries that are 0. */
  readonly bonds: readonly SparseRow[];
}

export interface PackedYumaOutput extends Vectors {
  readonly bonds: PackedRows;
}

/** Sums of u16 over this many rows still fit a signed 64-bit word with 32 fractional bits. */
export const MAX_PARTICIPANTS = 32_768;

export type CheckedInput = Required<Pick<YumaInput, 'kappa' | 'bondsPenalty' | 'bondsMovingAverage'>> &
  Omit<YumaInput, 'kappa' | 'bondsPenalty' | 'bondsMovingAverage'> & {
    readonly n: number;
    readonly weights: PackedRows;
    readonly bonds: PackedRows;
  };

function must(holds: boolean, what: string): void {
  if (!holds) throw new ProtocolError('INVALID_ARGUMENT', { what });
}

function mustBeIn(value: number, max: number, what: string): void {
  must(Number.isInteger(value) && value >= 0 && value <= max, what);
}

/** Fills in the defaults and packs the rows; `INVALID_ARGUMENT` says what does not fit. */
export function checkInput(input: YumaInput): CheckedInput {
  const n = input.stake.length;
  must(n <= MAX_PARTICIPANTS, 'participants');
  must(
    input.stake.every((amount) => amount >= 0n),
    'stake',
  );
  must(input.emission >= 0n, 'emission');
  must(input.permits.length === n, 'permits');
  for (const name of ['active', 'lastUpdate', 'committedAt', 'registeredAt', 'newPermits'] as const) {
    const values = input[name];
    must(values === undefined || values.length === n, name);
  }
  const { kappa = 32_767, bondsPenalty = 65_535, bondsMovingAverage = 900_000 } = input;
  mustBeIn(kappa, 0xffff, 'kappa');
  mustBeIn(bondsPenalty, 0xffff, 'bondsPenalty');
  mustBeIn(bondsMovingAverage, 1_000_000, 'bondsMovingAverage');
  if (input.ownerUid !== undefined) mustBeIn(input.ownerUid, n - 1, 'ownerUid');
  const weights = checkedRows(input.weights, n);
  const bonds = checkedRows(input.bonds, n);
  return { ...input, n, kappa, bondsPenalty, bondsMovingAverage, weights, bonds };
}
