import { getAddress } from 'viem';
import type { QueueEntry } from '../../../../client/types.ts';
import { addressOf } from '../../../../client/units.ts';
import type { StepName, Transfer, Trouble } from '../types.ts';
import type { Credit } from './credits.ts';
import { batchFacts, creditFacts, type Facts, onL1 } from './facts.ts';
import { expectedSeconds } from './pace.ts';
import { BACK_STEPS, REFUND_STEPS, stepsOf } from './steps.ts';

/** What an item of L1's queue has come to. */
interface Standing {
  readonly done: StepName;
  readonly failed?: StepName;
  readonly names?: readonly StepName[];
  readonly action?: NonNullable<Transfer['action']>;
  readonly trouble?: Trouble;
  readonly isFinished: boolean;
}

/** Deposits and forced exits: L1's queue itself says how far they are. */
export function queueTransfers(facts: Facts): Transfer[] {
  return facts.events.queued.map(({ entry }) => queueTransfer(entry, facts));
}

function queueTransfer(entry: QueueEntry, facts: Facts): Transfer {
  const { queueIndex, item, deadline, l1 } = entry;
  const { takenIn, exits, credits, times, pace, now, config } = facts;
  const taken = takenIn.get(queueIndex);
  const exit = exits.ofQueue.get(queueIndex);
  const credit = exit?.credit ?? credits.byRefund.get(queueIndex);
  const standing = standingOf(entry, facts, credit);
  const kind = item.opcode === 3 ? 'forcedExit' : 'deposit';
  const startedAt = times.get(l1.blockHash) ?? 0;
  const steps = stepsOf(kind, {
    ...standing,
    facts: {
      sent: onL1(l1.transactionHash, startedAt),
      // deep enough, about: blocks come when they come
      onL1: onL1(l1.transactionHash, startedAt + config.l1.confirmations * config.l1.blockSeconds),
      ...(taken && { inBlock: { at: taken.timestamp, link: { chain: 'ledger', id: taken.block.toString() } } }),
      ...batchFacts(exit?.batch ?? taken?.batch, facts),
      ...(credit && creditFacts(credit, facts)),
    },
  });
  const account = item.opcode === 1 ? taken?.account : item.index;
  const amount = item.opcode === 3 ? (exit?.amount ?? taken?.amount) : item.amount;
  const expected = standing.isFinished ? undefined : expectedSeconds(kind, steps, { pace, now, startedAt });
  return {
    id: `${kind}:${queueIndex}`,
    kind,
    token: item.opcode === 3 ? (exit?.token ?? 0) : item.token,
    startedAt,
    steps,
    isFinished: standing.isFinished,
    ...(amount !== undefined && (amount > 0n || kind === 'deposit') && { amount }),
    ...(account !== undefined && account > 0 && { account }),
    ...(kind === 'forcedExit' && { recipient: getAddress(addressOf(item.address)) }),
    ...(expected !== undefined && { expectedSeconds: expected }),
    ...(queueIndex >= facts.state.proven.queue && !facts.state.isFrozen && { deadline }),
    ...(standing.action !== undefined && { action: standing.action }),
    ...(standing.trouble !== undefined && { trouble: standing.trouble }),
  };
}

function standingOf(
  { queueIndex, item, deadline, l1 }: QueueEntry,
  facts: Facts,
  credit: Credit | undefined,
): Standing {
  const { state, events, config, takenIn, refunded, credits } = facts;
  const taken = takenIn.get(queueIndex);
  if (queueIndex < state.proven.queue) return item.opcode === 3 ? exitProven(credit, facts) : depositProven(credit);
  if (state.isFrozen) {
    const trouble = { code: 'ROLLUP_FROZEN' };
    if (!refunded.has(queueIndex)) {
      return { done: 'onL1', names: REFUND_STEPS, action: 'refund', trouble, isFinished: false };
    }
    return { ...paid(credit, credits.isComplete), names: REFUND_STEPS, trouble };
  }
  const isLate = deadline < state.l1Timestamp;
  const isVoid = taken?.isVoid === true;
  const late = isLate ? ({ action: 'freeze' } as const) : {};
  const back = isVoid && item.opcode === 2 ? { names: BACK_STEPS } : {};
  const trouble = isVoid ? { trouble: { code: item.opcode === 3 ? 'EXIT_VOID' : 'DEPOSIT_VOID' } } : {};
  const common = { ...late, ...back, ...trouble, isFinished: false };
  if (queueIndex < state.committed.queue) return { done: 'committed', ...common };
  if (taken !== undefined) return { done: 'inBlock', ...common };
  const depth = events.head - l1.blockNumber;
  return { done: depth >= BigInt(config.l1.confirmations) ? 'onL1' : 'sent', ...common };
}

function depositProven(credit: Credit | undefined): Standing {
  if (credit === undefined) return { done: 'proven', isFinished: true };
  return { ...paid(credit, true), names: BACK_STEPS, trouble: { code: 'DEPOSIT_VOID' } };
}

function exitProven(credit: Credit | undefined, { credits }: Facts): Standing {
  if (credit !== undefined || !credits.isComplete) return paid(credit, credits.isComplete);
  return { done: 'proven', failed: 'claimable', trouble: { code: 'EXIT_VOID' }, isFinished: true };
}

/** Credited: it waits to be withdrawn, or was. A credit that was not looked at was withdrawn long ago. */
function paid(credit: Credit | undefined, isComplete: boolean): Standing {
  if (credit === undefined ? !isComplete : credit.withdrawn !== undefined) return { done: 'claimed', isFinished: true };
  return { done: 'claimable', action: 'withdraw', isFinished: false };
}
