import { z } from 'zod';
import type { MarketBackend } from './marketBackend.ts';
import type { RegisterMethod } from './method.ts';
import { accountIndexParam } from './params.ts';

const KINDS = ['model', 'dataset', 'training run', 'agent', 'service', 'other'] as const;
/** UTF-8 bytes of a service's document at most; a letter is at least one. */
const MAX_DOCUMENT = 4_096;
const DEFAULT_LIMIT = 25;

const limit = z.number().int().min(1).max(200).default(DEFAULT_LIMIT);
const attestationFilterParam = z.strictObject({
  kind: z.enum(KINDS).optional(),
  owner: accountIndexParam.optional(),
  before: z.string().max(64).optional(),
  limit,
});
const providerFilterParam = z.strictObject({
  model: accountIndexParam.optional(),
  service: accountIndexParam.optional(),
});
const epochParam = z.number().int().min(0).max(0xffff_ffff);

/** Attested artefacts, providers, services and their epochs. */
export function registerMarketMethods(method: RegisterMethod, market: MarketBackend): void {
  const none = z.tuple([]);
  method(
    'engram_getAttestations',
    z.union([none, z.tuple([attestationFilterParam])]),
    ([filter = { limit: DEFAULT_LIMIT }]) => market.attestations(filter),
  );
  method('engram_getProviders', z.union([none, z.tuple([providerFilterParam])]), ([filter = {}]) =>
    market.providers(filter),
  );
  method('engram_getServices', none, () => market.services());
  method(
    'engram_getEpochs',
    z.union([z.tuple([accountIndexParam]), z.tuple([accountIndexParam, z.strictObject({ limit })])]),
    ([service, options = { limit: DEFAULT_LIMIT }]) => market.epochs(service, options.limit),
  );
  method(
    'engram_getEpoch',
    z.tuple([accountIndexParam, epochParam]),
    async ([service, epoch]) => (await market.epoch(service, epoch)) ?? null,
  );
  method('engram_publishService', z.tuple([accountIndexParam, z.string().max(MAX_DOCUMENT)]), ([service, document]) =>
    market.publish(service, document),
  );
}
