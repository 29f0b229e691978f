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

/** By series: `claims`, `paid`, `royalties`, `fees` (whole tokens, for drawing) and `proving` (seconds a proof; a gap where none was made). */
export function marketPoints(buckets: readonly Bucket[], token: number, decimals: number): readonly TimePoint[] {
  const whole = (amount: string | undefined) => Number(formatUnits(BigInt(amount ?? 0), decimals));
  return buckets.map(({ start, inference, fees, proofs }) => {
    const own = inference.find((one) => one.token === token);
    return {
      at: start,
      values: {
        claims: own?.claims ?? 0,
        paid: whole(own?.paid),
        royalties: whole(own?.royalties),
        fees: whole(fees.find((one) => one.token === token)?.amount),
        ...(proofs.count > 0 && { proving: proofs.seconds / proofs.count }),
      },
    };
  });
}

/** Tokens with inference or fees, by number. */
export function statsTokens(buckets: readonly Bucket[]): readonly number[] {
  const tokens = buckets.flatMap(({ inference, fees }) => [...inference, ...fees].map(({ token }) => token));
  return [...new Set(tokens)].sort((x, y) => x - y);
}
