import type { RpcClient } from '../../../sdk/rpcClient.ts';
import type { BatchView } from '../../../sdk/rpcTypes.ts';

const RANK = { closed: 0, committed: 1, proven: 2 } as const;

/** Resolves once the batch is at least `wanted`; told of changes by the node. */
export async function waitForBatch(rpc: RpcClient, number: number, wanted: BatchView['status']): Promise<void> {
  let wake: () => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  ended.catch(() => undefined); // it may end when nobody waits any more
  const subscription = await rpc.subscribe('batches', [], () => wake(), fail);
  try {
    for (;;) {
      const event = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const batch = await rpc.request('engram_getBatch', [number]);
      if (batch !== null && RANK[batch.status] >= RANK[wanted]) return;
      await Promise.race([event, ended]);
    }
  } finally {
    await subscription.unsubscribe();
  }
}
