import type { GenesisState } from '../../genesis/spec.ts';
import { PRECOMPILES } from '../../protocol/lane/addresses.ts';

/** An EVM lane of precompiles only: for tests of what is around it, which need no compiled predeploys. */
export const TEST_GENESIS: GenesisState = {
  chainId: 7001n,
  timestamp: 1_700_000_000,
  gasLimit: 30_000_000n,
  baseFeePerGas: 10_000_000n,
  accounts: PRECOMPILES.map((address) => ({
    address,
    nonce: 1n,
    balance: 0n,
    code: new Uint8Array([0xfe]),
    storage: [],
  })),
};
