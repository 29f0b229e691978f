import type { WithdrawalView } from '../../sdk/laneTypes.ts';
import { RpcCode, RpcError } from '../rpc/errors.ts';
import type { LaneBackend } from '../rpc/laneBackend.ts';

const WHO = '0x00000000000000000000000000000000000000aa';
const ROOT = `0x${'11'.repeat(32)}` as const;

const withdrawal = (index: bigint, status: WithdrawalView['status']): WithdrawalView => ({
  index,
  sender: WHO,
  token: 0,
  amount: 2n ** 70n,
  recipient: WHO,
  account: 0,
  block: 7n,
  transactionHash: ROOT,
  status,
});

/** Two withdrawals of one address, of which the first can be claimed. */
export const fakeLane: LaneBackend = {
  lane: async () => ({
    heads: { latest: 9n, safe: 8n, finalized: 7n },
    attestedBatch: 3,
    inboxCount: 4n,
    outbox: { root: ROOT, count: 2n },
  }),
  withdrawals: async (of, limit) =>
    of === WHO ? [withdrawal(1n, 'committed'), withdrawal(0n, 'claimable')].slice(0, limit) : [],
  withdrawalProof: async (index) => {
    if (index > 1n) return undefined;
    if (index === 1n) throw new RpcError(RpcCode.UNAVAILABLE, 'NOT_CLAIMABLE', 'not yet', { index });
    return { withdrawal: withdrawal(0n, 'claimable'), root: ROOT, batch: 3, siblings: new Array(32).fill(ROOT) };
  },
};
