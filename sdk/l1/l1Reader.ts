import type { Chain, PublicClient } from 'viem';
import { Reader } from '../../bridge/client/rollupReader.ts';
import { bridgeOf } from '../chain.ts';

/**
 * A reader of the chain's bridge on L1: heads, posted batches, withdrawals. Its word is L1's, whatever a node says.
 * @throws SdkError CHAIN_INCOMPLETE; BridgeError L1_UNREACHABLE, NOT_A_ROLLUP
 */
export function l1Reader(chain: Chain | undefined, l1: PublicClient): Promise<Reader> {
  const { rollup, deployedAt } = bridgeOf(chain);
  return Reader.connect({ address: rollup, deployedAt }, l1);
}
