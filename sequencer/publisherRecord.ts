import type { ChainStore, StatusChange } from '../chain/store.ts';
import type { BatchSummary } from '../chain/types.ts';
import { IDLE, PUBLISHER_META, type PublisherState, publisherRecord } from './publisherState.ts';

/** The publisher's state, which changes on disk before it changes here. */
export class PublisherRecord {
  readonly #store: ChainStore;
  #state: PublisherState = IDLE;
  #isLoaded = false;

  constructor(deps: { store: ChainStore }) {
    this.#store = deps.store;
  }

  get state(): PublisherState {
    return this.#state;
  }

  /** Reads what the last run left on disk, once. Returns whether it was read now. @throws ChainError STORE_CORRUPT */
  async load(): Promise<boolean> {
    if (this.#isLoaded) return false;
    const text = await this.#store.getMeta(PUBLISHER_META);
    if (text !== undefined) this.#state = publisherRecord.decode(text, PUBLISHER_META);
    this.#isLoaded = true;
    return true;
  }

  /** Together with changed statuses of batches, in one write. Returns these batches as they are now. */
  async change(next: Partial<PublisherState>, statuses: readonly StatusChange[] = []): Promise<BatchSummary[]> {
    const state = { ...this.#state, ...next };
    const meta = { name: PUBLISHER_META, value: publisherRecord.encode(state) };
    const summaries = await this.#store.setStatuses(statuses, meta);
    this.#state = state;
    return summaries;
  }

  /** In memory only: for what a restart finds out again. */
  note(next: Partial<PublisherState>): void {
    this.#state = { ...this.#state, ...next };
  }
}
