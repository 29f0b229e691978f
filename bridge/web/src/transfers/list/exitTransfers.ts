import type { Address } from 'viem';
import type { StepName, Transfer } from '../types.ts';
import type { Credit } from './credits.ts';
import type { ExitFact } from './exits.ts';
import { batchFacts, creditFacts, type Facts, onL1 } from './facts.ts';
import { expectedSeconds } from './pace.ts';
import { stepsOf } from './steps.ts';

/** EXITs to the owner; ids are made of what the node and L1 both know. */
export function exitTransfers(facts: Facts, recipient: Address): Transfer[] {
  const { exits, unexplained } = facts.exits;
  const seen = new Map<string, number>();
  // oldest first, so that the number of an equal one does not change when another is added; what L1 denies takes nobody's place
  const named = [...exits]
    .sort((a, b) => Number(a.isContradicted ?? false) - Number(b.isContradicted ?? false))
    .sort((a, b) => a.batch - b.batch)
    .map((exit) => {
      const sum = `${exit.batch}:${exit.account}:${exit.amount}`;
      const nth = seen.get(sum) ?? 0;
      seen.set(sum, nth + 1);
      return exitTransfer(`exit:${sum}:${nth}`, exit, { facts, recipient });
    });
  return [...named, ...unexplained.map((credit) => creditTransfer(credit, { facts, recipient }))];
}

function exitTransfer(
  id: string,
  exit: ExitFact,
  { facts, recipient }: { facts: Facts; recipient: Address },
): Transfer {
  const { state, pace, now } = facts;
  const { account, token, amount, batch, timestamp, transaction, block, commit, credit, isContradicted } = exit;
  const isLost = state.isFrozen && credit === undefined && batch > state.proven.batch;
  const done = doneOf(exit);
  const steps = stepsOf('exit', {
    done,
    failed: isLost || isContradicted ? (done === 'inBlock' ? 'committed' : 'proven') : undefined,
    facts: {
      sent: transaction ? { link: { chain: 'ledger', id: transaction } } : {},
      inBlock: { at: timestamp, ...(block !== undefined && { link: { chain: 'ledger', id: block.toString() } }) },
      ...batchFacts(batch, facts),
      ...(commit && { committed: { at: commit.at, link: { chain: 'batch', id: String(batch) } } }),
      ...(credit && creditFacts(credit, facts)),
      ...(credit && { proven: onL1(credit.l1.transactionHash, facts.times.get(credit.l1.blockHash)) }),
    },
  });
  const expected = expectedSeconds('exit', steps, { pace, now, startedAt: timestamp });
  return {
    ...{ id, kind: 'exit', token, amount, account, recipient, startedAt: timestamp, steps },
    ...(expected !== undefined && { expectedSeconds: expected }),
    ...(done === 'claimable' && { action: 'withdraw' }),
    ...(isLost && { trouble: { code: 'ROLLUP_FROZEN' } }),
    ...(isContradicted === true && !isLost && { trouble: { code: 'NOT_ON_L1' } }),
    isFinished: done === 'claimed' || isLost,
  };
}

function doneOf({ credit, commit }: ExitFact): StepName {
  if (credit !== undefined) return credit.withdrawn === undefined ? 'claimable' : 'claimed';
  return commit === undefined ? 'inBlock' : 'committed';
}

/** L1 owes it; of which batch it was, L1's endpoint does not say any more. */
function creditTransfer(credit: Credit, { facts, recipient }: { facts: Facts; recipient: Address }): Transfer {
  const { token, amount, l1, withdrawn } = credit;
  const startedAt = facts.times.get(l1.blockHash) ?? 0;
  const done = withdrawn === undefined ? 'claimable' : 'claimed';
  return {
    ...{ id: `credit:${l1.transactionHash}:${l1.logIndex}`, kind: 'exit', token, amount, recipient, startedAt },
    steps: stepsOf('exit', { done, facts: creditFacts(credit, facts) }),
    ...(withdrawn === undefined && { action: 'withdraw' }),
    isFinished: withdrawn !== undefined,
  };
}

/** Accounts that left a frozen rollup. */
export function escapeTransfers(facts: Facts, recipient: Address): Transfer[] {
  const { events, credits, times } = facts;
  return events.escaped.map(({ index, token, amount, l1 }): Transfer => {
    const credit = credits.byEscape.get(index);
    const startedAt = times.get(l1.blockHash) ?? 0;
    // nothing is credited for an empty account
    const isOver = amount === 0n || credit?.withdrawn !== undefined || (credit === undefined && !credits.isComplete);
    const done = isOver ? 'claimed' : 'claimable';
    const sent = onL1(l1.transactionHash, startedAt);
    return {
      ...{ id: `escape:${index}`, kind: 'escape', token, amount, account: index, recipient, startedAt },
      steps: stepsOf('escape', { done, facts: { sent, onL1: sent, ...(credit && creditFacts(credit, facts)) } }),
      ...(!isOver && { action: 'withdraw' }),
      isFinished: isOver,
    };
  });
}
