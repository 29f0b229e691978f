import type { Hex } from '../../sdk/rpcTypes.ts';
import { l1PublicClient } from '../l1/clients.ts';
import { rollupReader } from './context.ts';

export interface CommittedOptions {
  readonly rpc: string;
  /** Absent: nobody but the node is asked. */
  readonly l1?: string;
  readonly rollup?: Hex;
  readonly l1Confirmations: number;
}

/** Asks L1 for the timestamp (seconds) of the newest batch it has, so many blocks deep that it will not lose it. */
export async function committedOnL1(options: CommittedOptions): Promise<(() => Promise<number>) | undefined> {
  const { l1, rpc, rollup: contract, l1Confirmations } = options;
  if (l1 === undefined) return undefined;
  const rollup = await rollupReader({ l1, rpc, l1StartBlock: 0, ...(contract !== undefined && { rollup: contract }) });
  const client = l1PublicClient({ rpcUrl: l1, pollMs: 500 });
  return async () => {
    const blockNumber = (await client.getBlockNumber({ cacheTime: 0 })) - BigInt(l1Confirmations);
    return (await rollup.state({ blockNumber })).committed.timestamp;
  };
}
