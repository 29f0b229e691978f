import type { BatchSummary } from '../../chain/types.ts';
import type { BlockSummary } from '../../sdk/explorerTypes.ts';

export type StoredSurety = BlockSummary['status'];

/** Summaries of the batches that one answer names, each read once. */
export class Statuses {
  readonly #read: (batch: number) => Promise<BatchSummary | undefined>;
  readonly #known = new Map<number, Promise<BatchSummary | undefined>>();

  constructor(deps: { summary: (batch: number) => Promise<BatchSummary | undefined> }) {
    this.#read = deps.summary;
  }

  summary(batch: number): Promise<BatchSummary | undefined> {
    const found = this.#known.get(batch) ?? this.#read(batch);
    this.#known.set(batch, found);
    return found;
  }

  /** A batch without a summary is open. */
  async of(batch: number): Promise<StoredSurety> {
    const summary = await this.summary(batch);
    return summary === undefined || summary.status === 'closed' ? 'included' : summary.status;
  }
}
