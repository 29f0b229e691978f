import { RpcCode, RpcError } from '../rpc/errors.ts';
import type { ExplorerBackend } from '../rpc/explorerBackend.ts';

const refuse = async (): Promise<never> => {
  throw new RpcError(RpcCode.UNAVAILABLE, 'EXPLORER_DISABLED', 'this node keeps no index for an explorer');
};

/** A node without `explorer.enabled`. */
export const NO_EXPLORER: ExplorerBackend = {
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
