import { EngramCommon } from '../../chain/evm/common.ts';
import { genesisBlock } from '../../chain/evm/genesisBlock.ts';
import type { GenesisState } from '../../genesis/spec.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import type { Field } from '../../protocol/types.ts';

/** Hash of block 0: nodes that begin with another one have nothing to say to each other. */
export function genesisHashOf(genesis: GenesisState, domain: Field): Hex {
  const { header } = genesisBlock(genesis, { domain, common: new EngramCommon(genesis.chainId) });
  return `0x${Buffer.from(header.hash()).toString('hex')}`;
}
