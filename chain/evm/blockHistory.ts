import type { EVMMockBlockchainInterface } from '@ethereumjs/evm';
import { BLOCK_HASHES } from '../../genesis/systemContracts.ts';
import { addressOf } from './address.ts';
import { RING } from './blockRun.ts';
import { wordBytes } from './fast/words.ts';
import type { LaneState } from './state/laneState.ts';

const ADDRESS = addressOf(BLOCK_HASHES.address);

/** BLOCKHASH from EIP-2935's contract: part of the state, so the same for whoever executes the block, at any time. */
export function blockHistory(state: LaneState): EVMMockBlockchainInterface {
  const history: EVMMockBlockchainInterface = {
    getBlock: async (number) => {
      const stored = await state.getStorage(ADDRESS, wordBytes(BigInt(number) % RING));
      const hash = new Uint8Array(32);
      hash.set(stored, 32 - stored.length);
      return { hash: () => hash };
    },
    putBlock: async () => {},
    shallowCopy: () => history,
  };
  return history;
}
