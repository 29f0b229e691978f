import { describe, expect, it } from 'vitest';
import type { StatsBucket } from '../../../../../sdk/explorerTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { meanProofSeconds, proofPoints, transactionPoints } from './chartPoints.ts';

function bucket(start: number, count: number, seconds: number): Wire<StatsBucket> {
  return {
    start,
    blocks: 1,
    ledgerTxs: 2,
    evmTxs: 3,
    evmGasUsed: '0',
    ops: {},
    l1Ops: 1,
    inference: [],
    fees: [],
    evmFees: '0',
    batches: 1,
    proofs: { count, seconds },
  };
}

const BUCKETS = [bucket(0, 2, 10), bucket(60, 0, 0), bucket(120, 1, 8)];

describe('points of charts', () => {
  it('counts transactions of both lanes and operations of L1', () => {
    expect(transactionPoints(BUCKETS)[1]).toEqual({ at: 60, values: { ledger: 2, evm: 3, l1: 1 } });
  });
  it('has the mean of proofs, and a gap where none was made', () => {
    expect(proofPoints(BUCKETS).map(({ values }) => values.seconds)).toEqual([5, undefined, 8]);
    expect(meanProofSeconds(BUCKETS)).toBe(6);
    expect(meanProofSeconds([])).toBeUndefined();
  });
});
