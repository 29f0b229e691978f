import { getAbiItem, type PublicClient, parseEventLogs, TransactionReceiptNotFoundError } from 'viem';
import { rollupAbi } from '../../bridge/client/abi.ts';
import { LogSource } from '../../bridge/client/logs.ts';
import type { L1Cost } from '../../sdk/explorerTypes.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';

export type L1Step = 'commit' | 'prove';

/** What L1 says of the transactions that brought batches. Throws what viem and the bridge throw while L1 is away. */
export interface L1Costs {
  /** undefined: L1 does not know it (any more), or it brought no batch. */
  cost(transaction: Hex, step: L1Step): Promise<L1Cost | undefined>;
  /** For one look at many batches: finds the transactions of others by L1's events, newest first, reading none of them twice. */
  finder(): FindTransaction;
}

/** undefined: no event of the batch. */
export type FindTransaction = (batch: number, step: L1Step) => Promise<Hex | undefined>;

const EVENTS = {
  commit: getAbiItem({ abi: rollupAbi, name: 'BatchCommitted' }),
  prove: getAbiItem({ abi: rollupAbi, name: 'BatchProven' }),
} as const;

export interface L1CostsOptions {
  readonly rollup: Hex;
  /** L1 block of its deployment. */
  readonly deployedAt: bigint;
}

export function l1Costs({ rollup, deployedAt }: L1CostsOptions, deps: { publicClient: PublicClient }): L1Costs {
  const { publicClient } = deps;
  const logs = new LogSource({ address: rollup, deployedAt }, publicClient);
  return {
    cost: async (transaction, step) => {
      try {
        const receipt = await publicClient.getTransactionReceipt({ hash: transaction });
        const own = receipt.logs.filter(({ address }) => address.toLowerCase() === rollup.toLowerCase());
        const batches = parseEventLogs({ abi: [EVENTS[step]], logs: own }).length;
        if (batches === 0) return undefined;
        const { gasUsed, effectiveGasPrice: gasPrice, blockNumber: block } = receipt;
        return { transaction, block, gasUsed, gasPrice, batches };
      } catch (error) {
        if (error instanceof TransactionReceiptNotFoundError) return undefined;
        throw error;
      }
    },
    finder: () => {
      const searches = new Map<L1Step, Search>();
      return async (batch, step) => {
        const search = searches.get(step) ?? (await begin(logs, publicClient, step));
        searches.set(step, search);
        return search(batch);
      };
    },
  };
}

type Search = (batch: number) => Promise<Hex | undefined>;

async function begin(source: LogSource, publicClient: PublicClient, step: L1Step): Promise<Search> {
  const event = EVENTS[step];
  const pieces = source.backwards(event, { toBlock: await publicClient.getBlockNumber({ cacheTime: 0 }) });
  const found = new Map<number, Hex>();
  return async (batch) => {
    while (!found.has(batch)) {
      const { value, done } = await pieces.next();
      if (done === true) return undefined;
      // A number that was reverted is committed again: the newest counts.
      for (const { args, transactionHash } of parseEventLogs({ abi: [event], logs: [...value].reverse() })) {
        const number = Number(args.number);
        if (transactionHash !== null && !found.has(number)) found.set(number, transactionHash);
      }
    }
    return found.get(batch);
  };
}
