import { RpcCode, RpcError } from '../rpc/errors.ts';
import type { ExplorerBackend } from '../rpc/explorerBackend.ts';

/** A node without `explorer.enabled`. */
export const NO_EXPLORER = refusing('this node keeps no index for an explorer');

/** A node whose index could not be opened: it runs on without. */
export const UNOPENED_EXPLORER = refusing('this node’s index for an explorer cannot be opened; its log says why');

function refusing(why: string): ExplorerBackend {
  const refuse = async (): Promise<never> => {
    throw new RpcError(RpcCode.UNAVAILABLE, 'EXPLORER_DISABLED', why);
  };
  return {
    transaction: refuse,
    blocks: refuse,
    batches: refuse,
    batchFacts: refuse,
    history: refuse,
    exits: refuse,
    evmHistory: refuse,
    stats: refuse,
    search: refuse,
  };
}
