import type { ListedAttestation, ProviderView } from '../../sdk/marketTypes.ts';
import { marketError } from '../market/errors.ts';
import type { MarketBackend } from '../rpc/marketBackend.ts';

const LISTED: ListedAttestation = {
  ...{ index: 21, kind: 'model', subtype: 1, owner: 5, parent: 20, royaltyBps: 500 },
  ...{ artefact: 7n, provenance: 0n, token: 0, balance: 10n, children: 2, channels: 1 },
  settled: { claims: 1, paid: 2n ** 70n, royalties: 5n },
};

const PROVIDER: ProviderView = {
  owner: 5,
  endpoints: [],
  models: [],
  settled: { claims: 1, channels: 1, payers: 1, earned: [{ token: 0, amount: 95n }], since: 1, last: 1 },
  uptime: { hours: [true], active: 1, of: 1 },
};

/** One model, one provider, and one service, 40, whose document nobody gave. */
export const fakeMarket: MarketBackend = {
  attestations: async ({ kind, limit }) =>
    limit > 0 && (kind ?? 'model') === 'model' ? { items: [LISTED], next: '3.0.1' } : { items: [] },
  providers: async ({ model = 21 }) => (model === 21 ? [PROVIDER] : []),
  services: async () => [{ service: 40, keeper: 5, token: 0, pool: 10n }],
  epochs: async (service) => {
    throw marketError(service === 40 ? 'UNKNOWN_DOCUMENT' : 'UNKNOWN_SERVICE', { service });
  },
  epoch: async () => undefined,
  publish: async (service, document) => {
    if (document !== '{}') throw marketError('WRONG_DOCUMENT', { service });
    return { service };
  },
};
