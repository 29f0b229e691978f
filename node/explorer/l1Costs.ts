import { type PublicClient, parseEventLogs, TransactionReceiptNotFoundError } from 'viem';
import { rollupAbi } from '../../bridge/client/abi.ts';
import type { L1Cost } from '../../sdk/explorerTypes.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';

/** What a transaction of the rollup cost. undefined: L1 does not know it (any more). */
export type AskL1Cost = (transaction: Hex, step: 'commit' | 'prove') => Promise<L1Cost | undefined>;

const EVENTS = { commit: 'BatchCommitted', prove: 'BatchProven' } as const;

/** @throws what viem throws while L1 is away */
export function l1Costs({ rollup }: { rollup: Hex }, { publicClient }: { publicClient: PublicClient }): AskL1Cost {
  return async (transaction, step) => {
    try {
      const receipt = await publicClient.getTransactionReceipt({ hash: transaction });
      const own = receipt.logs.filter(({ address }) => address.toLowerCase() === rollup.toLowerCase());
      const batches = parseEventLogs({ abi: rollupAbi, eventName: EVENTS[step], logs: own }).length;
      if (batches === 0) return undefined;
      const { gasUsed, effectiveGasPrice: gasPrice, blockNumber: block } = receipt;
      return { transaction, block, gasUsed, gasPrice, batches };
    } catch (error) {
      if (error instanceof TransactionReceiptNotFoundError) return undefined;
      throw error;
    }
  };
}
