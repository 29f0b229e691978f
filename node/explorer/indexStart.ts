import type { ChainStore } from '../../chain/store.ts';
import { bytesToBigint } from '../../protocol/bytes.ts';
import { ExplorerError } from './errors.ts';
import type { IndexStart } from './explorerIndex.ts';

/** Behind which block an index begins: as deep as the stored chain goes. @throws ExplorerError INDEX_BROKEN: that block is not stored */
export async function indexStart(store: Pick<ChainStore, 'base' | 'header'>): Promise<IndexStart> {
  const { block, closedBatch: batch } = store.base?.head ?? { block: 0n, closedBatch: 0 };
  const header = await store.header(block);
  if (header === undefined) throw new ExplorerError('INDEX_BROKEN', { block });
  return { block, hash: bytesToBigint(header.hash()), batch };
}
