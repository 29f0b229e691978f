import type { ClientSuite } from '../features.ts';
import type { Network } from '../network.ts';
import type { SuiteCode } from '../suiteContracts.ts';
import { viemCalls } from './calls.ts';
import { viemChain } from './chain.ts';
import { viemContracts } from './contracts.ts';
import { viemEvents } from './events.ts';
import { viemGovernor } from './governor.ts';
import { viemTransactions } from './transactions.ts';
import { ViemWorld } from './world.ts';

export function viemSuite(code: SuiteCode): ClientSuite {
  let world: ViemWorld | undefined;
  return {
    client: 'viem',
    features: (network: Network) => {
      world = new ViemWorld(network, code);
      return {
        ...viemContracts(world),
        ...viemTransactions(world),
        ...viemEvents(world),
        ...viemCalls(world),
        ...viemChain(world),
        ...viemGovernor(world),
      };
    },
    stop: async () => world?.stop(),
  };
}
