import { ChainError } from '../../chain/errors.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { Hex } from '../../protocol/lane/types.ts';

const META = 'evmLane';
const NONE = 'none';

/**
 * A chain's blocks take the messages of one contract on L1 and mint the EXITs to it. Whoever derives them knows which; a node that goes on with
 * another one, or without, would make blocks that nobody else derives.
 * @throws ChainError WRONG_CHAIN {evmLane, stored} if the store's blocks were made with another contract
 */
export async function checkLaneContract(
  evmLane: Hex | undefined,
  { store }: { store: Pick<ChainStore, 'head' | 'getMeta' | 'putMeta'> },
): Promise<void> {
  const own = evmLane?.toLowerCase() ?? NONE;
  const stored = await store.getMeta(META);
  if (stored === own) return;
  if (stored !== undefined && store.head.block > 0n) throw new ChainError('WRONG_CHAIN', { evmLane: own, stored });
  await store.putMeta(META, own);
}
