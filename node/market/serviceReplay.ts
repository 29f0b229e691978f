import type { EpochBatch } from '../../protocol/epochs/serviceAccounts.ts';
import { ServiceLedger, type ServiceLedgerOptions } from '../../protocol/epochs/serviceLedger.ts';
import type { Json } from '../../protocol/json.ts';
import type { Field } from '../../protocol/types.ts';
import type { EpochSummary, EpochView } from '../../sdk/marketTypes.ts';
import { digestOf, type EpochDigest, settlementOf, summaryOf } from './epochDigest.ts';
import { openSummary, openView, overView } from './epochViews.ts';

/** A closed batch, and the ledger's roots before and after it. */
export interface ReplayBatch extends EpochBatch {
  readonly oldRoot: Field;
  readonly newRoot: Field;
}

/** Epochs that are over and still told of. */
export const KEEP_EPOCHS = 24;
/** Batches between two places to go back to; those that can be taken back are fewer than twice as many. */
const CHECKPOINT_EVERY = 64;
const CHECKPOINTS = 3;

interface Checkpoint {
  readonly batch: number;
  readonly root: Field | undefined;
  /** JSON text: a large service's would be a hundred thousand objects. */
  readonly text: string;
}

type Options = Omit<ServiceLedgerOptions, 'keepEpochs'>;

/** One service's ledger with what is asked of it, and the way back when batches are taken back. */
export class ServiceReplay {
  readonly #options: ServiceLedgerOptions;
  #ledger: ServiceLedger;
  #root: Field | undefined;
  /** Oldest first. */
  #checkpoints: Checkpoint[] = [];
  readonly #digests = new Map<number, EpochDigest>();

  /** @throws EpochError BAD_SERVICE_DOCUMENT */
  constructor(options: Options) {
    this.#options = { ...options, keepEpochs: KEEP_EPOCHS };
    this.#ledger = new ServiceLedger(this.#options);
  }

  /** The last batch taken; 0 before the first. */
  get batch(): number {
    return this.#ledger.batch;
  }

  /** Of the newest epoch that is over; undefined: none is. */
  get lastOver(): EpochDigest | undefined {
    const last = this.#ledger.epochs.at(-1);
    return last === undefined ? undefined : this.#digest(last);
  }

  /**
   * Takes the next batch. One that does not follow the one before is none of this chain: everything begins anew.
   * @param last the newest batch there is: near it there are places to go back to
   * @throws EpochError WRONG_DOCUMENT, BATCH_OUT_OF_ORDER
   */
  apply(batch: ReplayBatch, last: number): void {
    if (this.#root !== undefined && batch.oldRoot !== this.#root) {
      this.#restart();
      return;
    }
    this.#ledger.apply(batch);
    this.#root = batch.newRoot;
    const oldest = this.#ledger.epochs[0] ?? this.#ledger.currentEpoch;
    for (const epoch of this.#digests.keys()) if (epoch < oldest) this.#digests.delete(epoch);
    // At once: the result is at hand now, and large ones are forgotten.
    for (const epoch of this.#ledger.epochs) this.#digest(epoch);
    if (batch.number % CHECKPOINT_EVERY === 0 && last - batch.number < CHECKPOINTS * CHECKPOINT_EVERY) this.#mark();
  }

  /** Batches above this one are gone. */
  goBack(batch: number): void {
    if (this.batch <= batch) return;
    this.#checkpoints = this.#checkpoints.filter((one) => one.batch <= batch);
    const place = this.#checkpoints.at(-1);
    if (place === undefined) {
      this.#restart();
      return;
    }
    this.#ledger = ServiceLedger.restore(this.#options, JSON.parse(place.text) as Json); // written below
    this.#root = place.root;
    this.#digests.clear();
  }

  /** Newest first. @param proven the last proven batch */
  summaries(limit: number, proven: number): readonly EpochSummary[] {
    const over = this.#ledger.epochs
      .slice(-limit)
      .reverse()
      .map((epoch) => summaryOf(this.#digest(epoch), this.#settlement(epoch, proven)));
    const open = this.#ledger.currentEpoch < 0 ? [] : [openSummary(this.#ledger)];
    return [...open, ...over].slice(0, limit);
  }

  /** Undefined: no such epoch, or forgotten. @param proven the last proven batch */
  view(epoch: number, proven: number): EpochView | undefined {
    const { currentEpoch, epochs, service } = this.#ledger;
    if (currentEpoch >= 0 && epoch === currentEpoch) return openView(this.#ledger);
    if (!epochs.includes(epoch)) return undefined;
    return overView(this.#ledger.payout(epoch), this.#settlement(epoch, proven), service?.token ?? 0);
  }

  #settlement(epoch: number, proven: number) {
    return settlementOf(this.#digest(epoch), this.#ledger.payments(epoch), proven);
  }

  #digest(epoch: number): EpochDigest {
    const digest = this.#digests.get(epoch) ?? digestOf(this.#ledger.payout(epoch));
    this.#digests.set(epoch, digest);
    return digest;
  }

  #mark(): void {
    const { batch } = this;
    const text = JSON.stringify(this.#ledger.toJson());
    this.#checkpoints = [...this.#checkpoints, { batch, root: this.#root, text }].slice(-CHECKPOINTS);
  }

  #restart(): void {
    this.#ledger = new ServiceLedger(this.#options);
    this.#root = undefined;
    this.#checkpoints = [];
    this.#digests.clear();
  }
}
