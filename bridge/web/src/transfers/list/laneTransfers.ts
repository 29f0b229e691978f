import { getAddress } from 'viem';
import type { NodeWithdrawal } from '../node/nodeView.ts';
import type { StepName, Transfer } from '../types.ts';
import { type Facts, onL1 } from './facts.ts';
import { expectedSeconds } from './pace.ts';
import { stepsOf } from './steps.ts';

/** L1 → EVM lane. What the lane took in says the node; that it is final says the last outcome attested on L1. */
export function laneDeposits(facts: Facts): Transfer[] {
  const { events, lane, times, pace, now, config, state } = facts;
  return events.messages.flatMap(({ message, l1 }): Transfer[] => {
    if (message.kind !== 'deposit') return [];
    const { index, token, amount, to } = message;
    const startedAt = times.get(l1.blockHash) ?? message.l1Timestamp;
    const isTaken = lane.inboxCount !== undefined && lane.inboxCount > index;
    const isDeep = events.head - l1.blockNumber >= BigInt(config.l1.confirmations);
    const isFinal = lane.head.inboxCount > index;
    const done: StepName = isFinal ? 'proven' : isTaken ? 'inBlock' : isDeep ? 'onL1' : 'sent';
    const isLost = state.isFrozen && !isFinal && !isTaken;
    const sent = onL1(l1.transactionHash, startedAt);
    const steps = stepsOf('laneDeposit', {
      done,
      failed: isLost ? 'inBlock' : undefined,
      facts: { sent, onL1: onL1(l1.transactionHash, startedAt + config.l1.confirmations * config.l1.blockSeconds) },
    });
    const expected = expectedSeconds('laneDeposit', steps, { pace, now, startedAt });
    return [
      {
        ...{
          id: `laneDeposit:${index}`,
          kind: 'laneDeposit',
          token,
          amount,
          recipient: getAddress(to),
          startedAt,
          steps,
        },
        ...(expected !== undefined && { expectedSeconds: expected }),
        ...(isLost && { trouble: { code: 'ROLLUP_FROZEN' } }),
        isFinished: isFinal || isLost,
      },
    ];
  });
}

/** EVM lane → L1: that it can be claimed says a proof that L1 would accept; that it was, L1. */
export function laneWithdrawals(facts: Facts, timeOf: (block: bigint) => number): Transfer[] {
  const { events, lane, times } = facts;
  const listed = lane.withdrawals.map((withdrawal) => laneWithdrawal(withdrawal, facts, timeOf(withdrawal.block)));
  const known = new Set(lane.withdrawals.map(({ index }) => index));
  // a node that is away, or hides them: L1 knows what it paid
  const paid = events.claimed.filter(({ index }) => !known.has(index));
  return [
    ...listed,
    ...paid.map(({ index, recipient, token, amount, account, l1 }): Transfer => {
      const startedAt = times.get(l1.blockHash) ?? 0;
      return {
        ...{
          id: `laneWithdrawal:${index}`,
          kind: 'laneWithdrawal',
          token,
          amount,
          recipient: getAddress(recipient),
          startedAt,
        },
        ...(account > 0 && { account }),
        steps: stepsOf('laneWithdrawal', { done: 'claimed', facts: { claimed: onL1(l1.transactionHash, startedAt) } }),
        isFinished: true,
      };
    }),
  ];
}

function laneWithdrawal(withdrawal: NodeWithdrawal, facts: Facts, startedAt: number): Transfer {
  const { state, lane, events, times, pace, now } = facts;
  const { index, token, amount, recipient, account, block, transactionHash } = withdrawal;
  const claim = events.claimed.find((event) => event.index === index);
  const isClaimed = claim !== undefined || lane.claimed.has(index);
  const isClaimable = lane.claimable.has(index);
  const byHeads: StepName =
    block <= state.proven.lastBlock ? 'proven' : block <= state.committed.lastBlock ? 'committed' : 'inBlock';
  const done = isClaimed ? 'claimed' : isClaimable ? 'claimable' : byHeads;
  const isLost = state.isFrozen && done === byHeads && byHeads !== 'proven';
  const isContradicted = withdrawal.isClaimable && !isClaimable && !isClaimed;
  const steps = stepsOf('laneWithdrawal', {
    done,
    failed: isLost ? 'proven' : undefined,
    facts: {
      sent: { link: { chain: 'lane', id: transactionHash } },
      inBlock: { at: startedAt, link: { chain: 'lane', id: transactionHash } },
      ...(claim && { claimed: onL1(claim.l1.transactionHash, times.get(claim.l1.blockHash)) }),
    },
  });
  const expected = expectedSeconds('laneWithdrawal', steps, { pace, now, startedAt });
  return {
    ...{
      id: `laneWithdrawal:${index}`,
      kind: 'laneWithdrawal',
      token,
      amount,
      recipient: getAddress(recipient),
      startedAt,
      steps,
    },
    ...(account > 0 && { account }),
    ...(expected !== undefined && { expectedSeconds: expected }),
    ...(done === 'claimable' && { action: 'claim' }),
    ...(isContradicted && { trouble: { code: 'NOT_ON_L1' } }),
    ...(isLost && { trouble: { code: 'ROLLUP_FROZEN' } }),
    isFinished: isClaimed || isLost,
  };
}
