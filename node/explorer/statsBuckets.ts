import { type RecordCodec, record } from '../../chain/records.ts';
import { big, int, list, object } from '../../protocol/json.ts';
import type { OpcodeName, StatsBucket, StatsQuestion } from '../../sdk/explorerTypes.ts';
import type { Step } from './draft.ts';
import type { ExplorerIndex } from './explorerIndex.ts';
import { keys, ranges, startOfKey } from './keys.ts';
import { opcodeName, type ProofTotals, proofTotals, type TokenAmount, tokenAmounts } from './records.ts';

export const INTERVALS = [60, 3600, 86_400] as const;
type Interval = (typeof INTERVALS)[number];

/** Intervals of a minute are kept for two days. */
const KEPT_SECONDS = { 60: 172_800 } as const;

export interface InferenceTotal {
  readonly token: number;
  readonly claims: number;
  readonly paid: bigint;
  readonly royalties: bigint;
}

/** What is added up: of a block, or of all blocks of an interval. */
export interface Totals {
  readonly blocks: number;
  readonly ledgerTxs: number;
  readonly evmTxs: number;
  readonly evmGasUsed: bigint;
  readonly ops: readonly { readonly opcode: OpcodeName; readonly count: number }[];
  readonly l1Ops: number;
  readonly inference: readonly InferenceTotal[];
  readonly fees: readonly TokenAmount[];
  readonly evmFees: bigint;
  readonly batches: number;
}

const ZERO: Totals = {
  ...{ blocks: 0, ledgerTxs: 0, evmTxs: 0, evmGasUsed: 0n, l1Ops: 0, evmFees: 0n, batches: 0 },
  ...{ ops: [], inference: [], fees: [] },
};

/** What the close of a batch adds. */
export const ONE_BATCH: Totals = { ...ZERO, batches: 1 };

const totalsRecord: RecordCodec<Totals> = record(
  object<Totals>({
    blocks: int,
    ledgerTxs: int,
    evmTxs: int,
    evmGasUsed: big,
    ops: list(object({ opcode: opcodeName, count: int })),
    l1Ops: int,
    inference: list(object<InferenceTotal>({ token: int, claims: int, paid: big, royalties: big })),
    fees: tokenAmounts,
    evmFees: big,
    batches: int,
  }),
);

/** Adds what happened at a time to its minute, hour and day. */
export async function addTotals(step: Step, timestamp: number, more: Totals, index: ExplorerIndex): Promise<void> {
  for (const interval of INTERVALS) {
    const start = startOf(interval, timestamp);
    const key = keys.stats(interval, start);
    let isNew = false;
    await step.replace(key, (before) => {
      isNew = before === undefined;
      return totalsRecord.encode(sum(before === undefined ? ZERO : totalsRecord.decode(before, key), more));
    });
    if (isNew && interval === 60) await forget(step, start - KEPT_SECONDS[60], index);
  }
}

/** How proofs of batches that closed at a time add to an interval; `sign` −1 takes one away. */
export function changedProofs(
  text: string | undefined,
  key: string,
  seconds: number,
  sign: 1 | -1,
): string | undefined {
  const { count, seconds: total } = text === undefined ? { count: 0, seconds: 0 } : proofTotals.decode(text, key);
  const left = count + sign;
  return left <= 0 ? undefined : proofTotals.encode({ count: left, seconds: Math.max(0, total + sign * seconds) });
}

export function startOf(interval: Interval, timestamp: number): number {
  return timestamp - (timestamp % interval);
}

/** The intervals up to that of `until` (seconds), empty ones too; those from before the index began, or forgotten, are left out. */
export async function readStats(
  { interval, count }: Required<StatsQuestion>,
  until: number,
  index: ExplorerIndex,
): Promise<StatsBucket[]> {
  const last = startOf(interval, until);
  const first = last - (count - 1) * interval;
  const proofs = new Map<number, ProofTotals>();
  for await (const [key, text] of index.range(ranges.proofs(interval, first, last))) {
    proofs.set(startOfKey(key), proofTotals.decode(text, key));
  }
  const found = new Map<number, Totals>();
  for await (const [key, text] of index.range(ranges.stats(interval, first, last))) {
    found.set(startOfKey(key), totalsRecord.decode(text, key));
  }
  let oldest: number | undefined;
  for await (const [key] of index.range({ ...ranges.stats(interval, 0, last), limit: 1 })) oldest = startOfKey(key);
  const buckets: StatsBucket[] = [];
  for (let start = Math.max(first, oldest ?? last); start <= last; start += interval) {
    const { ops, ...totals } = found.get(start) ?? ZERO;
    const counts = Object.fromEntries(ops.map(({ opcode, count: times }) => [opcode, times]));
    buckets.push({ start, ...totals, ops: counts, proofs: proofs.get(start) ?? { count: 0, seconds: 0 } });
  }
  return buckets;
}

async function forget(step: Step, before: number, index: ExplorerIndex): Promise<void> {
  if (before <= 0) return;
  for (const range of [ranges.stats(60, 0, before), ranges.proofs(60, 0, before)]) {
    for await (const [key] of index.range(range)) await step.replace(key, () => undefined);
  }
}

function sum(one: Totals, other: Totals): Totals {
  return {
    blocks: one.blocks + other.blocks,
    ledgerTxs: one.ledgerTxs + other.ledgerTxs,
    evmTxs: one.evmTxs + other.evmTxs,
    evmGasUsed: one.evmGasUsed + other.evmGasUsed,
    l1Ops: one.l1Ops + other.l1Ops,
    evmFees: one.evmFees + other.evmFees,
    batches: one.batches + other.batches,
    ops: merge(
      [...one.ops, ...other.ops],
      ({ opcode }) => opcode,
      (x, y) => ({ ...x, count: x.count + y.count }),
    ),
    fees: sumFees([...one.fees, ...other.fees]),
    inference: merge(
      [...one.inference, ...other.inference],
      ({ token }) => token,
      (x, y) => ({
        token: x.token,
        claims: x.claims + y.claims,
        paid: x.paid + y.paid,
        royalties: x.royalties + y.royalties,
      }),
    ),
  };
}

export function sumFees(fees: readonly TokenAmount[]): TokenAmount[] {
  return merge(
    fees,
    ({ token }) => token,
    (x, y) => ({ token: x.token, amount: x.amount + y.amount }),
  );
}

/** One of each key, in the order in which they came first. */
export function merge<T, K>(items: readonly T[], keyOf: (item: T) => K, add: (one: T, other: T) => T): T[] {
  const found = new Map<K, T>();
  for (const item of items) {
    const before = found.get(keyOf(item));
    found.set(keyOf(item), before === undefined ? item : add(before, item));
  }
  return [...found.values()];
}
