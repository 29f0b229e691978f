/** Before the first epoch: models with their origin, a service with a pool, agents, stakes. */

import { registerAgent } from '../../../agents/discovery/registerAgent.ts';
import { buildModels } from '../../../agents/models/buildModels.ts';
import type { BuiltModel, ModelCatalog } from '../../../agents/models/catalog.ts';
import { type ServiceDocument, serviceDocumentText } from '../../../protocol/epochs/serviceDocument.ts';
import { type AccountIndex, Subtype } from '../../../protocol/types.ts';
import { voucherKey, voucherSeed } from '../../../sdk/channels/voucherSeed.ts';
import { sha256Bytes } from '../../../sdk/models/sha256.ts';
import { request } from '../../../sdk/request.ts';
import type { World } from '../world.ts';
import type { Party } from './party.ts';

export const PROVIDERS = ['carol', 'dave', 'erin'] as const;
export const CONSUMERS = ['alice', 'bob'] as const;
export const EVALUATORS = ['frank', 'heidi', 'ivan'] as const;
export const KEEPER = 'grace';
/** Says that it runs carol's model, and runs another. */
export const CHEAT = 'erin';

export const EPOCH_SECONDS = 3_600;
const REVEAL_SECONDS = 1_200;
const TEST = 10n ** 18n;
const EMISSION = 10n * TEST;
const POOL = 50n * TEST;
const STAKES: Readonly<Record<string, bigint>> = { frank: 8n * TEST, heidi: 7n * TEST, ivan: 6n * TEST };

export interface Market {
  readonly parties: ReadonlyMap<string, Party>;
  readonly catalog: ModelCatalog;
  readonly service: AccountIndex;
  readonly document: ServiceDocument;
  /** ATTEST accounts of models by the catalogue's name. */
  readonly models: ReadonlyMap<string, AccountIndex>;
  /** ATTEST accounts of agents by their owner's name. */
  readonly agents: ReadonlyMap<string, AccountIndex>;
}

export function partyOf(market: Pick<Market, 'parties'>, name: string): Party {
  const found = market.parties.get(name);
  if (found === undefined) throw new RangeError(`nobody is called ${name}`);
  return found;
}

const textDigest = (text: string): Uint8Array => sha256Bytes(new TextEncoder().encode(text));

/** Data → training run → model → fine-tune, each by its owner. */
export async function attestModels(
  world: World,
  parties: ReadonlyMap<string, Party>,
  folder: string,
  onProgress: (text: string) => void,
): Promise<{ readonly catalog: ModelCatalog; readonly models: ReadonlyMap<string, AccountIndex> }> {
  const catalog = await buildModels(folder, { onProgress });
  const models = new Map<string, AccountIndex>();
  const attest = async (by: Party, name: string, sha256: Uint8Array, subtype: Subtype, parent?: number) => {
    const { index } = await by.client.attest({
      ...{ from: by.index, sha256, subtype },
      ...(parent !== undefined && { parent }),
    });
    world.track(name, world.token.id, index);
    return index as AccountIndex;
  };
  const lineage = async (by: Party, model: BuiltModel): Promise<void> => {
    const parent = model.parent === undefined ? undefined : models.get(model.parent);
    const dataset = await attest(by, `${model.name} data`, model.datasetSha256, Subtype.DATASET, parent);
    const run = await attest(by, `${model.name} training`, model.trainingSha256, Subtype.TRAINING_RUN, dataset);
    models.set(model.name, await attest(by, model.name, model.sha256, Subtype.MODEL, run));
  };
  const named = (name: string): Party => partyOf({ parties }, name);
  await lineage(named('dave'), catalog.digitsSmall);
  await lineage(named('carol'), catalog.digits);
  await lineage(named('carol'), catalog.digitsFine);
  return { catalog, models };
}

/** The service, its pool, the agents of the providers, the stakes of the evaluators. */
export async function openService(
  world: World,
  parties: ReadonlyMap<string, Party>,
): Promise<Pick<Market, 'service' | 'document' | 'agents'>> {
  const token = world.token.id;
  const keeper = partyOf({ parties }, KEEPER);
  const { time } = await keeper.client.getChainInfo();
  const document: ServiceDocument = {
    version: 1,
    name: 'digits',
    task: 'digits',
    start: time + EPOCH_SECONDS,
    epochSeconds: EPOCH_SECONDS,
    revealSeconds: REVEAL_SECONDS,
    emission: EMISSION,
    minStake: TEST,
    maxEvaluators: 16,
    maxProviders: 64,
    kappa: 32_767,
    bondsPenalty: 65_535,
    bondsMovingAverage: 900_000,
  };
  const sha256 = textDigest(serviceDocumentText(document));
  const { index } = await keeper.client.attest({
    ...{ from: keeper.index, sha256, subtype: Subtype.SERVICE, amount: POOL },
  });
  await request(keeper.client, 'engram_publishService', [index, serviceDocumentText(document)]);
  world.book.move(`ledger:${KEEPER}:${token}`, `ledger:pool:${token}`, POOL);
  world.track('pool', token, index);
  const service = index as AccountIndex; // the ledger's own
  const agents = new Map<string, AccountIndex>();
  for (const name of PROVIDERS) {
    const { client, account, index: from } = partyOf({ parties }, name);
    const agent = await registerAgent(client, { account, from, name, service });
    world.track(`agent of ${name}`, token, agent.index);
    agents.set(name, agent.index);
  }
  for (const name of EVALUATORS) {
    const { client, account, index: from } = partyOf({ parties }, name);
    const amount = STAKES[name] ?? 0n;
    const key = voucherKey(voucherSeed(account, 1));
    const opened = await client.open({
      ...{ from, provider: keeper.index, model: service, amount, voucherKey: key },
      expiry: document.start + 24 * EPOCH_SECONDS,
    });
    world.book.move(`ledger:${name}:${token}`, `ledger:stake of ${name}:${token}`, amount);
    world.track(`stake of ${name}`, token, opened.index);
  }
  return { service, document, agents };
}
