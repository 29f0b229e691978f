import type { WebConfig } from '../../../../sdk/webConfig.ts';

export type Way = 'deposit' | 'laneDeposit' | 'exit' | 'laneWithdrawal' | 'forcedExit';

/** Seconds until the money can be used on the other side, about, by the deployment's pace, before anything was sent: a new batch has just begun in the worst case. */
export function expectedSeconds(way: Way, { pace, l1 }: Pick<WebConfig, 'pace' | 'l1'>): number {
  const mined = l1.blockSeconds;
  const seen = (l1.confirmations + 1) * l1.blockSeconds;
  const proven = pace.batchSeconds + pace.proofSeconds + 2 * seen;
  switch (way) {
    case 'deposit':
    case 'laneDeposit':
      return mined + seen;
    case 'exit':
    case 'laneWithdrawal':
      return proven;
    case 'forcedExit':
      return mined + seen + proven;
  }
}
