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

/** Epochs that are over and still told of, if there is room. */
const KEEP_EPOCHS = 24;
/** Weights of epochs that are over, about 90 bytes each; of a service with more, fewer epochs are kept, and at least one. */
const KEEP_WEIGHTS = 1_000_000;
/** Views of epochs that were asked for: a large one's result takes seconds to compute again. */
const MAX_VIEWS = 4;
/** Batches between two places to go back to; those that can be taken back are fewer than twice as many. */
const CHECKPOINT_EVERY = 64;
const CHECKPOINTS = 3;

interface Checkpoint {
  readonly batch: number;
  readonly root: Field | undefined;
  /** JSON text: a large service's would be a hundred thousand objects. */
  readonly text: string;
}

export interface ServiceReplayOptions extends Omit<ServiceLedgerOptions, 'keepEpochs'> {
  /** Default 1,000,000. */
  readonly keepWeights?: number;
}

/** One service's ledger with what is asked of it, and the way back when batches are taken back. */
export class ServiceReplay {
  readonly #options: ServiceLedgerOptions;
  readonly #keepWeights: number;
  #ledger: ServiceLedger;
  #root: Field | undefined;
  /** Oldest first. */
  #checkpoints: Checkpoint[] = [];
  readonly #digests = new Map<number, EpochDigest>();
  /** By epoch; `of` says of which payments. The oldest first. */
  readonly #views = new Map<number, { readonly of: string; readonly view: EpochView }>();

  /** @throws EpochError BAD_SERVICE_DOCUMENT */
  constructor({ keepWeights = KEEP_WEIGHTS, ...options }: ServiceReplayOptions) {
    this.#options = { ...options, keepEpochs: KEEP_EPOCHS };
    this.#keepWeights = keepWeights;
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
    const { currentEpoch } = this.#ledger;
    this.#ledger.apply(batch);
    this.#root = batch.newRoot;
    if (this.#ledger.currentEpoch !== currentEpoch) this.#onEpoch();
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
    this.#views.clear();
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
    const settlement = this.#settlement(epoch, proven);
    const of = `${settlement.state} ${this.#ledger.payments(epoch).length}`;
    const known = this.#views.get(epoch);
    const view = known?.of === of ? known.view : overView(this.#ledger.payout(epoch), settlement, service?.token ?? 0);
    this.#views.delete(epoch);
    this.#views.set(epoch, { of, view });
    const [oldest] = this.#views.keys();
    if (this.#views.size > MAX_VIEWS && oldest !== undefined) this.#views.delete(oldest);
    return view;
  }

  /** One is over. Its digest is made at once: the result is at hand now, and large ones are forgotten. */
  #onEpoch(): void {
    for (const epoch of this.#ledger.epochs) this.#digest(epoch);
    this.#makeRoom();
    const oldest = this.#ledger.epochs[0] ?? this.#ledger.currentEpoch;
    for (const known of [this.#digests, this.#views]) {
      for (const epoch of known.keys()) if (epoch < oldest) known.delete(epoch);
    }
  }

  /** Forgets the oldest epochs if all that is kept has too many weights. */
  #makeRoom(): void {
    const state = this.#ledger.state();
    let [kept, weights] = [0, 0];
    for (const { reveals } of [...state.over].reverse()) {
      for (const row of reveals.values()) weights += row.length;
      if (kept > 0 && weights > this.#keepWeights) break;
      kept += 1;
    }
    if (kept === state.over.length) return;
    this.#ledger = new ServiceLedger(this.#options, { ...state, over: state.over.slice(-kept) });
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
    this.#views.clear();
  }
}
