/** The EVM lane for people. Pure. */
import type { LaneView, WithdrawalView } from '../../sdk/laneTypes.ts';
import { columns } from './columns.ts';
import { money } from './units.ts';

export function laneView({ evmLane, heads, attestedBatch, inboxCount, outbox }: LaneView): string {
  return columns([
    ['contract on L1', evmLane ?? 'none: no value moves between the EVM lane and the rest'],
    ['latest', `block ${heads.latest}`],
    ['safe', `block ${heads.safe} (its batch is on L1)`],
    ['finalized', `block ${heads.finalized} (proven and attested)`],
    ['attested', attestedBatch === 0 ? 'no batch yet' : `batch ${attestedBatch}: withdrawals up to it can be claimed`],
    ['messages of L1', String(inboxCount)],
    ['withdrawals', String(outbox.count)],
  ]);
}

export interface ListedWithdrawal extends Omit<WithdrawalView, 'status'> {
  /** `claimed`: L1 has paid it; known only if L1 was asked. */
  readonly status: WithdrawalView['status'] | 'claimed';
}

export function withdrawalList(withdrawals: readonly ListedWithdrawal[]): string {
  if (withdrawals.length === 0) return 'no withdrawals';
  const rows = withdrawals.map(({ index, status, token, amount, account, recipient, block, transactionHash }) => {
    const to = account === 0 ? recipient : `ledger account ${account} (or ${recipient})`;
    return [String(index), status, money(String(amount), token), to, String(block), transactionHash];
  });
  return columns([['withdrawal', 'status', 'amount', 'to', 'block', 'transaction'], ...rows]);
}
