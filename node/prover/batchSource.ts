import type { PostedBatch } from '../../bridge/client/types.ts';
import { closedBatchFromJson } from '../../protocol/serialize.ts';
import type { ClosedBatch } from '../../protocol/types.ts';
import { RemoteProverError } from './errors.ts';

/** A node's RPC, as `RpcClient` is one. */
export interface ClosedBatches {
  readonly url: string;
  request(method: 'engram_getClosedBatch', params: readonly [number]): Promise<unknown>;
}

/**
 * A closed batch from the first node that gives the one that L1 has. Nodes are not trusted: all three public inputs of the proof are
 * compared with L1's, so the worst that a lying node can do is to waste a proof.
 * @throws RemoteProverError NOT_L1S_BATCH: those who answered had another one; NO_NODE_HAS_IT
 */
export async function closedBatchOf(
  { number, stored }: Pick<PostedBatch, 'number' | 'stored'>,
  nodes: readonly ClosedBatches[],
): Promise<ClosedBatch> {
  let failure = new RemoteProverError('NO_NODE_HAS_IT', { batch: number });
  for (const node of nodes) {
    try {
      const json = await node.request('engram_getClosedBatch', [number]);
      if (json === null) continue;
      const closed = closedBatchFromJson(json);
      if (isOnL1(closed, { number, stored })) return closed;
      failure = new RemoteProverError('NOT_L1S_BATCH', { batch: number, node: node.url });
    } catch (cause) {
      // away, or speaking nonsense: the next one may know
      if (failure.code === 'NO_NODE_HAS_IT') {
        failure = new RemoteProverError('NO_NODE_HAS_IT', { batch: number, node: node.url }, { cause });
      }
    }
  }
  throw failure;
}

function isOnL1(
  { batch, commitment }: ClosedBatch,
  { number, stored }: Pick<PostedBatch, 'number' | 'stored'>,
): boolean {
  const { c, r, y } = commitment;
  return batch.number === number && c === stored.c && r === stored.r && y === stored.y;
}
