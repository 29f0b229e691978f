import type { AddedNode, DevNetwork } from '../../node/devnet/network/options.ts';
import { asked } from './latency.ts';

export interface SyncSpeed {
  /** Fetched and executed; those before a snapshot are not. */
  readonly blocks: number;
  /** From the start of the process until its log says that it is up and its RPC answers, on a chain it has to fetch. */
  readonly seconds: number;
  /** Without what a node that has all of it already takes to start. */
  readonly workSeconds: number;
  readonly blocksPerSecond: number;
  /** Absent by snapshot. */
  readonly transactionsPerSecond?: number;
}

/** Time for a follower with an empty folder to have block `head`, and for the same follower to start again with it. */
export async function syncSpeed(
  network: DevNetwork,
  added: AddedNode,
  {
    head,
    transactions,
    skipped = 0,
  }: { readonly head: number; readonly transactions?: number; readonly skipped?: number },
): Promise<SyncSpeed> {
  const start = performance.now();
  const node = await network.add(added);
  try {
    const has = async (): Promise<true | undefined> => {
      const { heads } = await node.rpc.request('engram_chainInfo', []);
      return Number(heads.unsafe.block) >= head ? true : undefined;
    };
    await asked(has);
    const seconds = (performance.now() - start) / 1000;
    await node.stop();
    const again = performance.now();
    await node.start();
    await asked(has);
    const workSeconds = Math.max(0.001, seconds - (performance.now() - again) / 1000);
    const blocks = head - skipped;
    return {
      blocks,
      seconds: round(seconds),
      workSeconds: round(workSeconds),
      blocksPerSecond: round(blocks / workSeconds),
      ...(transactions !== undefined && { transactionsPerSecond: round(transactions / workSeconds) }),
    };
  } finally {
    await node.stop();
  }
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
