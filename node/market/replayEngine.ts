import { EpochError } from '../../protocol/epochs/epochError.ts';
import { parseServiceDocument } from '../../protocol/epochs/serviceDocument.ts';
import type { AccountIndex, Field } from '../../protocol/types.ts';
import type { EpochSummary, EpochView } from '../../sdk/marketTypes.ts';
import type { EpochDigest } from './epochDigest.ts';
import { type ReplayBatch, ServiceReplay } from './serviceReplay.ts';

/** What a service's providers earned in its newest epoch that is over. */
export type LastEpoch = Pick<EpochDigest, 'epoch' | 'incentive'>;

export interface Followed {
  readonly service: AccountIndex;
  /** The last batch taken. */
  readonly batch: number;
  /** null: no epoch is over; absent: it is as told before. */
  readonly last?: LastEpoch | null;
}

/** What can be asked of replays, in a form that travels between threads. */
export interface ReplayCalls {
  follow(service: AccountIndex, document: string, domain: Field): void;
  drop(service: AccountIndex): void;
  /** Gives these services their next batch. A service that the batch contradicts is dropped: it is left out of the answer. */
  apply(services: readonly AccountIndex[], batch: ReplayBatch, last: number): readonly Followed[];
  /** Batches above this one are gone. */
  goBack(batch: number): readonly Followed[];
  /** Undefined: the service is not followed. */
  summaries(service: AccountIndex, limit: number, proven: number): readonly EpochSummary[] | undefined;
  view(service: AccountIndex, epoch: number, proven: number): EpochView | undefined;
}

/** The same, answered elsewhere. */
export type ReplayPort = {
  readonly [K in keyof ReplayCalls]: (...args: Parameters<ReplayCalls[K]>) => Promise<ReturnType<ReplayCalls[K]>>;
};

/** Replays of services, by batches that somebody gives it. */
export class ReplayEngine implements ReplayCalls {
  readonly #replays = new Map<AccountIndex, ServiceReplay>();
  /** The last epoch of each as the other side knows it: thousands of numbers need not travel with every batch. */
  readonly #told = new Map<AccountIndex, EpochDigest | undefined>();

  /** @throws EpochError BAD_SERVICE_DOCUMENT */
  follow(service: AccountIndex, document: string, domain: Field): void {
    this.#replays.set(service, new ServiceReplay({ service, document: parseServiceDocument(document), domain }));
    this.#told.delete(service);
  }

  drop(service: AccountIndex): void {
    this.#replays.delete(service);
  }

  apply(services: readonly AccountIndex[], batch: ReplayBatch, last: number): readonly Followed[] {
    return services.flatMap((service) => {
      const replay = this.#replays.get(service);
      if (replay === undefined) return [];
      try {
        replay.apply(batch, last);
      } catch (error) {
        if (!(error instanceof EpochError)) throw error;
        this.#replays.delete(service);
        return [];
      }
      return [this.#followed(service, replay)];
    });
  }

  goBack(batch: number): readonly Followed[] {
    return [...this.#replays].map(([service, replay]) => {
      replay.goBack(batch);
      return this.#followed(service, replay);
    });
  }

  summaries(service: AccountIndex, limit: number, proven: number): readonly EpochSummary[] | undefined {
    return this.#replays.get(service)?.summaries(limit, proven);
  }

  view(service: AccountIndex, epoch: number, proven: number): EpochView | undefined {
    return this.#replays.get(service)?.view(epoch, proven);
  }

  #followed(service: AccountIndex, { batch, lastOver }: ServiceReplay): Followed {
    if (this.#told.has(service) && this.#told.get(service) === lastOver) return { service, batch };
    this.#told.set(service, lastOver);
    return { service, batch, last: lastOver ? { epoch: lastOver.epoch, incentive: lastOver.incentive } : null };
  }
}
