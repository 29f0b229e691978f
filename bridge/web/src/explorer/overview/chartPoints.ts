/** What the overview's charts are drawn from. Pure. */
import type { StatsBucket } from '../../../../../sdk/explorerTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import type { TimePoint } from '../../ui/chart/types.ts';

type Bucket = Wire<StatsBucket>;

export function transactionPoints(buckets: readonly Bucket[]): TimePoint[] {
  return buckets.map(({ start, ledgerTxs, evmTxs, l1Ops }) => ({
    at: start,
    values: { ledger: ledgerTxs, evm: evmTxs, l1: l1Ops },
  }));
}

/** Seconds that one proof took; nothing where none was made. */
export function proofPoints(buckets: readonly Bucket[]): TimePoint[] {
  return buckets.map(({ start, proofs: { count, seconds } }) => ({
    at: start,
    values: count > 0 ? { seconds: seconds / count } : {},
  }));
}

/** Seconds of all proofs by their number; undefined: there was none. */
export function meanProofSeconds(buckets: readonly Bucket[]): number | undefined {
  const count = buckets.reduce((sum, { proofs }) => sum + proofs.count, 0);
  return count === 0 ? undefined : buckets.reduce((sum, { proofs }) => sum + proofs.seconds, 0) / count;
}
