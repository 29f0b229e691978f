import type { ClientSuite } from '../features.ts';
import type { SuiteCode } from '../suiteContracts.ts';
export function castSuite(_code: SuiteCode): ClientSuite {
  return { client: 'cast', features: () => ({}), stop: async () => undefined };
}
