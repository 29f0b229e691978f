import { setImmediate as breathe } from 'node:timers/promises';
import type { ChainStore } from '../../chain/store.ts';
import { unpackAttestation } from '../../protocol/account.ts';
import { epochAt } from '../../protocol/epochs/serviceDocument.ts';
import { type Account, type AccountIndex, Kind } from '../../protocol/types.ts';
import type { ServiceView } from '../../sdk/marketTypes.ts';
import type { Announced } from './announced.ts';
import type { ListEntry } from './attestationList.ts';
import type { MarketIndex } from './marketIndex.ts';
import type { KnownDocument, ServiceDocuments } from './serviceDocuments.ts';

export interface ServicesDeps {
  readonly store: Pick<ChainStore, 'summary' | 'head'>;
  readonly index: Pick<MarketIndex, 'view'>;
  readonly documents: Pick<ServiceDocuments, 'get'>;
  readonly announced: Pick<Announced, 'byOwner' | 'isAttested'>;
  /** As of the newest block. */
  readonly account: (index: AccountIndex) => Account | undefined;
}

const MAX_SERVICES = 200;
const MAX_MODELS = 64;
/** Agents between two chances for others to run. */
const SLICE = 8;
/** Services between them: most are passed over. */
const LONG_SLICE = 4_096;

type Listed = ListEntry & { readonly known: KnownDocument | undefined };

/** Those whose document is known first, and of each the earliest first: whoever attests services later pushes nobody out. */
export async function listServices(deps: ServicesDeps): Promise<readonly ServiceView[]> {
  const { store, index, documents, account } = deps;
  const { attestations } = await index.view();
  const [known, others] = [[] as Listed[], [] as Listed[]];
  let passed = 0;
  for (const entry of attestations.ofKind('service')) {
    if (++passed % LONG_SLICE === 0) await breathe();
    const document = documents.get(entry.index);
    if (document !== undefined) known.push({ ...entry, known: document });
    else if (others.length < MAX_SERVICES) others.push({ ...entry, known: undefined });
    if (known.length === MAX_SERVICES) break;
  }
  const listed = [...known, ...others].slice(0, MAX_SERVICES);
  const timestamp = (await store.summary(store.head.closedBatch))?.timestamp;
  const models = await modelsOf(new Set(known.map(({ index: service }) => service)), deps);
  return listed.flatMap(({ index: service, owner: keeper, known: document }): ServiceView[] => {
    const found = account(service);
    if (found === undefined) return [];
    const { token, balance: pool } = found;
    const terms = document && termsOf(document, timestamp, [...(models.get(service) ?? [])]);
    return [{ service, keeper, token, pool, ...terms }];
  });
}

/** What the announced agents of each service serve, as far as the ledger attests it. */
async function modelsOf(
  services: ReadonlySet<AccountIndex>,
  { announced, account }: Pick<ServicesDeps, 'announced' | 'account'>,
): Promise<ReadonlyMap<AccountIndex, ReadonlySet<AccountIndex>>> {
  const models = new Map<AccountIndex, Set<AccountIndex>>();
  let seen = 0;
  for (const { agent, capabilities } of [...(await announced.byOwner()).values()].flat()) {
    seen += 1;
    if (seen % SLICE === 0) await breathe();
    const found = account(agent);
    const service = found?.kind === Kind.ATTEST ? unpackAttestation(found.c).parent : undefined;
    if (service === undefined || !services.has(service)) continue;
    const own = models.get(service) ?? new Set();
    models.set(service, own);
    for (const capability of capabilities) {
      if (own.size === MAX_MODELS || own.has(capability.model)) continue;
      if (announced.isAttested(capability)) own.add(capability.model);
    }
  }
  return models;
}

function termsOf(
  { document, sha256 }: KnownDocument,
  timestamp: number | undefined,
  models: readonly number[],
): Pick<ServiceView, 'document' | 'terms' | 'currentEpoch'> {
  const { name, start: startsAt, epochSeconds, emission: reward } = document;
  return {
    document: sha256,
    terms: { name, startsAt, epochSeconds, reward, models },
    // What a ledger says that took the last batch.
    currentEpoch: timestamp === undefined ? -1 : epochAt(document, timestamp),
  };
}
