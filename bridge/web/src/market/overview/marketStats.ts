/** What the charts of the market are drawn from. Pure. */
import { formatUnits } from 'viem';
import type { StatsBucket } from '../../../../../sdk/explorerTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import type { TimePoint } from '../../ui/chart/types.ts';

export type Bucket = Wire<StatsBucket>;

/** Sums over all intervals, of one token; amounts in base units. */
export interface MarketTotals {
  readonly claims: number;
  readonly paid: bigint;
  readonly royalties: bigint;
  /** Seconds; undefined: no proof was made. */
  readonly proofSeconds?: number;
}

export function totalsOf(buckets: readonly Bucket[], token: number): MarketTotals {
  let [claims, paid, royalties] = [0, 0n, 0n];
  let [proofs, seconds] = [0, 0];
  for (const bucket of buckets) {
    for (const one of bucket.inference) {
      if (one.token !== token) continue;
      claims += one.claims;
      paid += BigInt(one.paid);
      royalties += BigInt(one.royalties);
    }
    proofs += bucket.proofs.count;
    seconds += bucket.proofs.seconds;
  }
  return { claims, paid, royalties, ...(proofs > 0 && { proofSeconds: seconds / proofs }) };
}

export interface Range {
  /** Seconds. */
  readonly interval: number;
  /** How many intervals, the last one that of `now`. */
  readonly count: number;
  /** Seconds. */
  readonly now: number;
}

/** Where the last interval begins: now, or as late as the node's clock is (a devnet's goes ahead). */
function lastStart(buckets: readonly Bucket[], { interval, now }: Range): number {
  return Math.max(Math.floor(now / interval) * interval, buckets.at(-1)?.start ?? 0);
}

/** Those within the range: a node lists intervals with blocks only, so they can reach back much further. */
export function bucketsIn(buckets: readonly Bucket[], range: Range): readonly Bucket[] {
  const first = lastStart(buckets, range) - (range.count - 1) * range.interval;
  return buckets.filter(({ start }) => start >= first);
}

export interface PointOptions extends Range {
  readonly token: number;
  readonly decimals: number;
}

/**
 * By series: `claims`, `paid`, `royalties`, `fees` (whole tokens, for drawing) and `proving` (seconds a proof; a gap where none was made).
 * Intervals in which there was no block have a point of zeros: the node lists only the others.
 */
export function marketPoints(buckets: readonly Bucket[], options: PointOptions): readonly TimePoint[] {
  const { token, decimals, interval, count } = options;
  const last = lastStart(buckets, options);
  const known = new Map(buckets.map((bucket) => [bucket.start, bucket]));
  const whole = (amount: string | undefined) => Number(formatUnits(BigInt(amount ?? 0), decimals));
  return Array.from({ length: count }, (_, i) => {
    const at = last - (count - 1 - i) * interval;
    const bucket = known.get(at);
    const own = bucket?.inference.find((one) => one.token === token);
    const { count: proofs, seconds } = bucket?.proofs ?? { count: 0, seconds: 0 };
    return {
      at,
      values: {
        claims: own?.claims ?? 0,
        paid: whole(own?.paid),
        royalties: whole(own?.royalties),
        fees: whole(bucket?.fees.find((one) => one.token === token)?.amount),
        ...(proofs > 0 && { proving: seconds / proofs }),
      },
    };
  });
}

/** Tokens with inference or fees, by number. */
export function statsTokens(buckets: readonly Bucket[]): readonly number[] {
  const tokens = buckets.flatMap(({ inference, fees }) => [...inference, ...fees].map(({ token }) => token));
  return [...new Set(tokens)].sort((x, y) => x - y);
}
