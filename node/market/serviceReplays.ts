import { setTimeout as sleep } from 'node:timers/promises';
import type { SafeEmitter } from '../../chain/emitter.ts';
import type { Logger } from '../../chain/logger.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { AccountIndex } from '../../protocol/types.ts';
import type { EpochSummary, EpochView, ProviderView } from '../../sdk/marketTypes.ts';
import type { RolledBack } from '../../sequencer/importer.ts';
import type { SequencerEvents } from '../../sequencer/sequencerTypes.ts';
import { scoreIn } from './epochDigest.ts';
import { marketError } from './errors.ts';
import type { Followed, LastEpoch, ReplayPort } from './replayEngine.ts';

/** Services that are followed at once. */
export const MAX_FOLLOWED = 8;
/** A batch is read and decoded here; others have at least as much time as that took. */
const MAX_PAUSE_MS = 50;

export interface ServiceReplaysDeps {
  readonly store: Pick<ChainStore, 'batch' | 'head' | 'base' | 'domain'>;
  readonly replays: ReplayPort;
  /** The document's text; undefined: nobody gave it. */
  readonly document: (service: AccountIndex) => string | undefined;
  /** The last proven batch. */
  readonly proven: () => number;
  readonly log: Logger;
}

interface Entry {
  readonly service: AccountIndex;
  /** Its document's text: after a rollback the account can be of another one. */
  readonly document: string;
  /** The last batch taken. */
  batch: number;
  /** It was at the newest batch since it was followed, or since the chain went back. */
  isLive: boolean;
  /** Which question was the last one for it. */
  asked: number;
  last: LastEpoch | undefined;
}

/**
 * Follows services through the stored closed batches, in the background; at most 8 at once: of more the one that was asked for longest
 * ago is dropped, and replayed when somebody asks again. One reading of a batch is for all that are at it.
 */
export class ServiceReplays {
  readonly #deps: ServiceReplaysDeps;
  readonly #entries = new Map<AccountIndex, Entry>();
  #asked = 0;
  #loop: Promise<void> | undefined;
  /** Something happened since the loop last looked. */
  #isWoken = false;
  /** The chain went back: the first batch that is gone. */
  #goneFrom: number | undefined;
  #isStopped = false;

  constructor(deps: ServiceReplaysDeps) {
    this.#deps = deps;
  }

  follow(events: Pick<SafeEmitter<SequencerEvents>, 'on'>): void {
    events.on('batchClosed', () => this.#wake());
    events.on('rolledBack', (event) => this.onRollback(event));
  }

  /** There is room: it may as well be followed before somebody asks. */
  prefer(service: AccountIndex): void {
    if (this.#deps.store.base === undefined && this.#entries.size < MAX_FOLLOWED) this.#enter(service);
  }

  /** @throws RpcError UNKNOWN_DOCUMENT, SERVICE_REPLAYING, BATCHES_MISSING, STOPPED */
  async summaries(service: AccountIndex, limit: number): Promise<readonly EpochSummary[]> {
    this.#ask(service);
    const found = await this.#deps.replays.summaries(service, limit, this.#deps.proven());
    return found ?? this.#replaying(0);
  }

  /** Undefined: no such epoch, or forgotten. @throws as `summaries` */
  async view(service: AccountIndex, epoch: number): Promise<EpochView | undefined> {
    this.#ask(service);
    return this.#deps.replays.view(service, epoch, this.#deps.proven());
  }

  /** From the last epoch that is over, if the service is followed by now. */
  score(service: AccountIndex, owner: AccountIndex): ProviderView['score'] {
    const entry = this.#entries.get(service);
    return entry?.isLive && entry.last ? scoreIn(entry.last, owner) : undefined;
  }

  onRollback({ batches }: Pick<RolledBack, 'batches'>): void {
    const first = Math.min(...batches);
    if (!Number.isFinite(first)) return;
    this.#goneFrom = Math.min(this.#goneFrom ?? first, first);
    // What was over may not be: nothing is said until it is gone through again. The first one that is gone may be on its way to the thread.
    for (const entry of this.#entries.values()) if (entry.batch >= first - 1) entry.isLive = false;
    this.#wake();
  }

  /** Everything that was known is lost (the thread died). Whoever asks begins anew: one that is too large must not end it again and again. */
  forget(): void {
    this.#entries.clear();
  }

  /** Resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#loop;
  }

  #ask(service: AccountIndex): void {
    const { store, document } = this.#deps;
    if (this.#isStopped) throw marketError('STOPPED');
    const text = document(service);
    if (text === undefined) throw marketError('UNKNOWN_DOCUMENT', { service });
    if (store.base !== undefined) throw marketError('BATCHES_MISSING', { first: store.base.head.closedBatch + 1 });
    let entry = this.#entries.get(service);
    if (entry?.document !== text) entry = this.#admit(service);
    this.#asked += 1;
    entry.asked = this.#asked;
    if (entry.isLive) return;
    this.#wake();
    this.#replaying(entry.batch);
  }

  #replaying(batch: number): never {
    throw marketError('SERVICE_REPLAYING', { batch, of: this.#deps.store.head.closedBatch });
  }

  /** Whoever is being replayed is not dropped: else two who ask in turns would keep each other from ever being told. */
  #admit(service: AccountIndex): Entry {
    if (this.#entries.size >= MAX_FOLLOWED && !this.#entries.has(service)) {
      const [oldest] = [...this.#entries.values()].filter(({ isLive }) => isLive).sort((x, y) => x.asked - y.asked);
      if (oldest === undefined) return this.#replaying(0);
      this.#entries.delete(oldest.service);
      this.#call(this.#deps.replays.drop(oldest.service));
    }
    return this.#enter(service) ?? this.#replaying(0);
  }

  #enter(service: AccountIndex): Entry | undefined {
    const { replays, document, store } = this.#deps;
    const text = document(service);
    const known = this.#entries.get(service);
    if (text === undefined || known?.document === text) return known;
    const entry: Entry = { service, document: text, batch: 0, isLive: false, asked: this.#asked, last: undefined };
    this.#entries.set(service, entry);
    this.#call(replays.follow(service, text, store.domain));
    this.#wake();
    return entry;
  }

  #wake(): void {
    this.#isWoken = true;
    if (this.#isStopped || this.#entries.size === 0) return;
    this.#loop ??= this.#run()
      .catch((err: unknown) => {
        if (!this.#isStopped)
          this.#deps.log.error({ err }, 'services are not followed any further until the next batch');
        this.#isWoken = false;
      })
      .finally(() => {
        this.#loop = undefined;
        if (this.#isWoken) this.#wake();
      });
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      this.#isWoken = false;
      while (this.#goneFrom !== undefined) await this.#goBack();
      const number = this.#next();
      if (number !== undefined) {
        const ms = await this.#take(number);
        if (ms !== undefined) {
          await sleep(Math.min(MAX_PAUSE_MS, ms));
          continue;
        }
      }
      // All have the newest batch, or the next one is being replaced: the next event tells.
      if (!this.#isWoken) return;
    }
  }

  async #goBack(): Promise<void> {
    const first = this.#goneFrom ?? Number.POSITIVE_INFINITY;
    this.#goneFrom = undefined;
    const entries = [...this.#entries.values()];
    this.#learn(entries, await this.#deps.replays.goBack(first - 1));
  }

  /** The lowest batch that somebody waits for; undefined: all have the newest. */
  #next(): number | undefined {
    const { closedBatch } = this.#deps.store.head;
    let lowest: number | undefined;
    for (const entry of this.#entries.values()) {
      if (entry.batch >= closedBatch) entry.isLive = true;
      else if (lowest === undefined || entry.batch < lowest) lowest = entry.batch;
    }
    return lowest === undefined ? undefined : lowest + 1;
  }

  /** Milliseconds that it took here; undefined: there is no such batch (any more). */
  async #take(number: number): Promise<number | undefined> {
    const { store, replays } = this.#deps;
    const startedMs = performance.now();
    const closed = await store.batch(number);
    const ms = performance.now() - startedMs;
    if (closed === undefined || this.#goneFrom !== undefined) return undefined;
    const { timestamp, l1Ops, txs, oldRoot, newRoot } = closed.batch;
    const waiting = [...this.#entries.values()].filter(({ batch }) => batch === number - 1);
    const services = waiting.map(({ service }) => service);
    const batch = { number, timestamp, l1Ops, ops: txs.map(({ ops }) => ops), oldRoot, newRoot };
    const taken = await replays.apply(services, batch, store.head.closedBatch);
    const known = new Set(taken.map(({ service }) => service));
    for (const entry of waiting) {
      if (known.has(entry.service) || this.#entries.get(entry.service) !== entry) continue;
      // The batches say that its account commits to something else.
      this.#entries.delete(entry.service);
      this.#deps.log.warn({ service: entry.service, batch: number }, 'a service is not what its document says');
    }
    this.#learn(waiting, taken);
    return ms;
  }

  /** @param entries as they were when it was asked: one that was dropped and followed anew since then began anew, too */
  #learn(entries: readonly Entry[], told: readonly Followed[]): void {
    const answers = new Map(told.map((answer) => [answer.service, answer]));
    for (const entry of entries) {
      const answer = answers.get(entry.service);
      if (answer === undefined || this.#entries.get(entry.service) !== entry) continue;
      entry.batch = answer.batch;
      if (answer.last !== undefined) entry.last = answer.last ?? undefined;
    }
  }

  /** Calls that answer nothing: a thread that dies is noticed elsewhere. */
  #call(call: Promise<void>): void {
    call.catch((err: unknown) => {
      if (!this.#isStopped) this.#deps.log.error({ err }, 'a service could not be followed');
    });
  }
}
