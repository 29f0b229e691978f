import type { WebConfig } from '../../../../../sdk/webConfig.ts';
import { STEPS_OF, type StepName, type Transfer, type TransferKind, type TransferStep } from '../types.ts';

/** How long steps took in batches that are proven, seconds: from a block to its commit, from the commit to the proof. */
export interface Measured {
  readonly toCommit: readonly number[];
  readonly toProof: readonly number[];
}

/** Seconds that each step takes from the one before it, about. */
export type Pace = Readonly<Record<StepName, number>>;

/** Of these many the median counts; before there are so many, the deployment's own word does. */
const ENOUGH = 3;
/** A step that takes so many times what it usually takes, and so much longer, is late: nothing is foretold. */
const LATE = 4;
const LATE_SECONDS = 60;
const LATE_ANSWER = -1;

export function paceOf({ l1, pace }: WebConfig, measured: Measured = { toCommit: [], toProof: [] }): Pace {
  const { blockSeconds, confirmations } = l1;
  return {
    sent: 0,
    onL1: (1 + confirmations) * blockSeconds,
    inBlock: Math.max(1, blockSeconds / 2),
    committed: median(measured.toCommit) ?? pace.batchSeconds + blockSeconds,
    proven: median(measured.toProof) ?? pace.proofSeconds + blockSeconds,
    claimable: 0,
    claimed: 0,
  };
}

/** What is left until the last step that needs nobody: what is done counts, and the time since then. −1: it is late. */
export function expectedSeconds(
  kind: TransferKind,
  steps: readonly TransferStep[],
  { pace, now, startedAt }: { pace: Pace; now: number; startedAt: number },
): number | undefined {
  const automatic = steps.filter(({ name }) => name !== 'claimed');
  if (automatic.some(({ state }) => state === 'failed')) return undefined;
  const left = automatic.filter(({ state }) => state !== 'done');
  if (left.length === 0) return undefined;
  const last = automatic.filter(({ state }) => state === 'done').at(-1);
  const elapsed = Math.max(0, now - (last?.at ?? startedAt));
  // exits and withdrawals are taken in at once
  const isLedger = STEPS_OF[kind].indexOf('onL1') === -1;
  const cost = ({ name }: TransferStep): number => (isLedger && name === 'inBlock' ? 2 : pace[name]);
  const [current, ...rest] = left;
  if (current === undefined || elapsed > LATE * cost(current) + LATE_SECONDS) return LATE_ANSWER;
  const remaining = Math.max(cost(current) / 10, cost(current) - elapsed);
  return Math.ceil(rest.reduce((sum, step) => sum + cost(step), remaining));
}

/** The median; undefined while there is too little to go by. */
export function median(values: readonly number[]): number | undefined {
  if (values.length < ENOUGH) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Newest first; finished ones only so many. */
export function inOrder(transfers: readonly Transfer[], finished: number): Transfer[] {
  const sorted = [...transfers].sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1));
  let left = finished;
  return sorted.filter(({ isFinished }) => {
    if (!isFinished) return true;
    left -= 1;
    return left >= 0;
  });
}
