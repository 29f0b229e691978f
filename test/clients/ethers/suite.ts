import type { ClientSuite } from '../features.ts';
import type { SuiteCode } from '../suiteContracts.ts';
import { ethersCalls } from './calls.ts';
import { ethersContracts } from './contracts.ts';
import { ethersEvents } from './events.ts';
import { ethersTransactions } from './transactions.ts';
import { EthersWorld } from './world.ts';

export function ethersSuite(code: SuiteCode): ClientSuite {
  let world: EthersWorld | undefined;
  return {
    client: 'ethers',
    features: (network) => {
      world = new EthersWorld(network, code);
      return {
        ...ethersContracts(world),
        ...ethersTransactions(world),
        ...ethersEvents(world),
        ...ethersCalls(world),
      };
    },
    stop: async () => world?.stop(),
  };
}
