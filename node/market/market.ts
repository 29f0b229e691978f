import { once } from 'node:events';
import type { Clock } from '../../chain/clock.ts';
import type { Db } from '../../chain/db.ts';
import type { SafeEmitter } from '../../chain/emitter.ts';
import type { Logger } from '../../chain/logger.ts';
import type { ChainStore } from '../../chain/store.ts';
import { serviceDocumentText } from '../../protocol/epochs/serviceDocument.ts';
import type { Account, AccountIndex } from '../../protocol/types.ts';
import type { Page } from '../../sdk/explorerTypes.ts';
import type { EpochSummary, EpochView, ListedAttestation, ProviderView, ServiceView } from '../../sdk/marketTypes.ts';
import type { SequencerEvents } from '../../sequencer/sequencerTypes.ts';
import type { AnnouncementBackend } from '../rpc/backend.ts';
import type { MarketBackend } from '../rpc/marketBackend.ts';
import { Announced } from './announced.ts';
import { type AttestationQuery, listAttestations } from './attestations.ts';
import { marketError } from './errors.ts';
import { MarketIndex } from './marketIndex.ts';
import { type ProviderFilter, Providers } from './providers.ts';
import type { ReplayPort } from './replayEngine.ts';
import { ReplayThread } from './replayThread.ts';
import { ServiceDocuments } from './serviceDocuments.ts';
import { ServiceReplays } from './serviceReplays.ts';
import { listServices } from './services.ts';

export interface MarketDeps {
  /** The node's; documents are under a prefix of their own. */
  readonly db: Db;
  readonly store: Pick<
    ChainStore,
    'origins' | 'origin' | 'accounts' | 'claims' | 'batch' | 'summary' | 'head' | 'base' | 'domain'
  >;
  /** As of the newest block. */
  readonly account: (index: AccountIndex) => Account | undefined;
  readonly events: Pick<SafeEmitter<SequencerEvents>, 'on'>;
  readonly announcements: Pick<AnnouncementBackend, 'list'>;
  /** The last proven batch. */
  readonly proven: () => number;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Logger;
  /** Default: a thread of its own. */
  readonly replays?: ReplayPort;
}

/** The AI market behind the RPC: what the ledger attests and settled, what agents announce, and what services' epochs come to. */
export class Market implements MarketBackend {
  readonly #deps: MarketDeps;
  readonly #index: MarketIndex;
  readonly #announced: Announced;
  readonly #documents: ServiceDocuments;
  readonly #thread: ReplayThread;
  readonly #replays: ServiceReplays;
  readonly #providers: Providers;

  private constructor(deps: MarketDeps, documents: ServiceDocuments) {
    const { store, account, announcements, clock, events, proven, log } = deps;
    this.#deps = deps;
    this.#documents = documents;
    this.#index = new MarketIndex({ store, account, log });
    this.#announced = new Announced({ announcements, index: this.#index, account, clock });
    this.#thread = new ReplayThread({ onDeath: () => this.onThreadDeath() });
    const document = (service: AccountIndex): string | undefined => {
      const known = documents.get(service);
      return known && serviceDocumentText(known.document);
    };
    const replays = deps.replays ?? this.#thread.port;
    this.#replays = new ServiceReplays({ store, replays, document, proven, log });
    const score = (service: AccountIndex, owner: AccountIndex) => this.#replays.score(service, owner);
    this.#providers = new Providers({ index: this.#index, announced: this.#announced, account, clock, score });
    this.#index.follow(events);
    this.#replays.follow(events);
    events.on('rolledBack', () => this.#announced.forget());
    for (const service of documents.services()) this.#replays.prefer(service);
  }

  /** Reads the documents; the rest is read in the background. @throws what the database does */
  static async open(deps: MarketDeps): Promise<Market> {
    return new Market(deps, await ServiceDocuments.open(deps));
  }

  attestations(query: AttestationQuery): Promise<Page<ListedAttestation>> {
    const { store, account } = this.#deps;
    return listAttestations(query, { store, account, index: this.#index });
  }

  async providers(filter: ProviderFilter): Promise<readonly ProviderView[]> {
    if (filter.service !== undefined) this.#checkService(filter.service);
    return this.#providers.list(filter);
  }

  services(): Promise<readonly ServiceView[]> {
    const { store, account } = this.#deps;
    return listServices({
      ...{ store, account, index: this.#index, announced: this.#announced },
      documents: this.#documents,
    });
  }

  async epochs(service: AccountIndex, limit: number): Promise<readonly EpochSummary[]> {
    this.#checkService(service);
    return this.#replays.summaries(service, limit);
  }

  async epoch(service: AccountIndex, epoch: number): Promise<EpochView | undefined> {
    this.#checkService(service);
    return this.#replays.view(service, epoch);
  }

  async publish(service: AccountIndex, document: string): Promise<{ readonly service: number }> {
    await this.#documents.publish(service, document);
    this.#replays.prefer(service);
    return { service };
  }

  /** What replays knew is lost. */
  onThreadDeath(): void {
    this.#deps.log.warn({}, 'the thread of services died; they are gone through again when somebody asks');
    this.#replays.forget();
  }

  /** Until the signal; resolves when nothing is read from the store any more. */
  async run(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) await once(signal, 'abort');
    await this.stop();
  }

  /** Nothing is read from the store any more once it resolves. Can be called twice. */
  async stop(): Promise<void> {
    const stopping = [this.#index.stop(), this.#replays.stop()];
    await this.#thread.stop();
    await Promise.all(stopping);
  }

  /** @throws RpcError UNKNOWN_SERVICE */
  #checkService(service: AccountIndex): void {
    if (!this.#documents.isService(service)) throw marketError('UNKNOWN_SERVICE', { service });
  }
}
