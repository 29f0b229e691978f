import type { ClientSuite } from '../features.ts';
import type { SuiteCode } from '../suiteContracts.ts';
import { castCalls } from './calls.ts';
import { castContracts } from './contracts.ts';
import { castTransactions } from './transactions.ts';
import { CastWorld } from './world.ts';

export function castSuite(code: SuiteCode): ClientSuite {
  return {
    client: 'cast',
    features: (network) => {
      const world = new CastWorld(network, code);
      return { ...castContracts(world), ...castTransactions(world), ...castCalls(world) };
    },
    stop: async () => undefined,
  };
}
