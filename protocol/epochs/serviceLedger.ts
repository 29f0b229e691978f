import type { Json } from '../json.ts';
import type { AccountIndex, Field } from '../types.ts';
import { type Debt, Debts } from './debts.ts';
import { EpochError } from './epochError.ts';
import { type Participant, participantsOf } from './participants.ts';
import { type AccountBonds, type EpochInput, type EpochResult, epochResult, rankedOf } from './payout.ts';
import { ScoreBook, type ScoreBookState } from './scoreBook.ts';
import { type EpochBatch, ServiceAccounts, type ServiceAccountsState } from './serviceAccounts.ts';
import { epochAt, revealStart, type ServiceDocument, serviceDocumentText } from './serviceDocument.ts';
import { ledgerFromJson, ledgerToJson } from './snapshot.ts';
import { type PayoutTransaction, type PayoutVerdict, payoutOf, verifyPayout } from './verifyPayout.ts';

export interface ServiceLedgerOptions {
  /** ATTEST account of subtype 5. */
  readonly service: AccountIndex;
  readonly document: ServiceDocument;
  readonly domain: Field;
  /** Epochs that are over and still told of; older ones are forgotten. Default 8. */
  readonly keepEpochs?: number;
}

/** What is settled when an epoch begins. */
interface EpochStart {
  readonly epoch: number;
  readonly participants: readonly Participant[];
  readonly bonds: AccountBonds;
  /** Providers that earned something when anybody last did, ascending. */
  readonly ranked: readonly AccountIndex[];
  /** What the service's account held beyond what it owed. */
  readonly pool: bigint;
}

/** The epoch that the newest batch is in. */
export interface OpenEpoch extends EpochStart {
  readonly scores: ScoreBookState;
}

/** All that a ledger knows, as plain data. */
export interface ServiceLedgerState {
  readonly batch: number;
  readonly timestamp: number;
  readonly accounts: ServiceAccountsState;
  readonly open: OpenEpoch | undefined;
  readonly over: readonly EpochInput[];
  readonly debts: readonly Debt[];
  readonly payouts: readonly PayoutTransaction[];
}

const DEFAULT_KEEP = 8;
/** Results in memory; others are computed again when asked for. */
const MAX_RESULTS = 2;

/**
 * One service, replayed from the chain's batches in order, from the first. Everything comes from posted data: two who replay the same
 * batches have the same state, and hence the same payouts. Size: see README.
 */
export class ServiceLedger {
  readonly options: Required<ServiceLedgerOptions>;
  readonly #accounts: ServiceAccounts;
  #batch = 0;
  #timestamp = 0;
  #open: EpochStart | undefined;
  #book: ScoreBook | undefined;
  /** Oldest first. */
  #over: EpochInput[] = [];
  readonly #results = new Map<number, EpochResult>();
  #payouts: PayoutTransaction[] = [];
  readonly #debts: Debts;

  /** @throws EpochError BAD_SERVICE_DOCUMENT */
  constructor(options: ServiceLedgerOptions, state?: ServiceLedgerState) {
    this.options = { keepEpochs: DEFAULT_KEEP, ...options };
    const documentText = serviceDocumentText(options.document);
    this.#accounts = new ServiceAccounts({ service: options.service, documentText }, state?.accounts);
    this.#debts = new Debts(state?.debts);
    if (state === undefined) return;
    this.#batch = state.batch;
    this.#timestamp = state.timestamp;
    this.#over = [...state.over];
    this.#payouts = [...state.payouts];
    if (state.open === undefined) return;
    this.#open = state.open;
    this.#book = this.#bookOf(state.open, state.open.scores);
  }

  /** The ledger of a snapshot. @throws EpochError BAD_SNAPSHOT (does not parse, or is of another service or document) */
  static restore(options: ServiceLedgerOptions, json: Json): ServiceLedger {
    return new ServiceLedger(options, ledgerFromJson(options, json));
  }

  toJson(): Json {
    return ledgerToJson(this.options, this.state());
  }

  state(): ServiceLedgerState {
    const { state: accounts } = this.#accounts;
    const open = this.#open && this.#book && { ...this.#open, scores: this.#book.state };
    const [batch, timestamp] = [this.#batch, this.#timestamp];
    const debts = this.#debts.state;
    return { batch, timestamp, accounts, open, over: this.#over, debts, payouts: this.#payouts };
  }

  /** The last batch taken; 0 before the first. */
  get batch(): number {
    return this.#batch;
  }

  /** Seconds: of the last batch. */
  get timestamp(): number {
    return this.#timestamp;
  }

  /** The service's account; undefined until a batch attests it. */
  get service(): Readonly<{ keeper: AccountIndex; token: number; pool: bigint }> | undefined {
    return this.#accounts.service;
  }

  /** The epoch that the last batch is in; −1 before the first one begins. */
  get currentEpoch(): number {
    return this.#open?.epoch ?? -1;
  }

  /** Who takes part in the current epoch. */
  get participants(): readonly Participant[] {
    return this.#open?.participants ?? [];
  }

  /**
   * Who takes part in an epoch; in one that no batch is in yet, who would if it began now.
   * @throws EpochError EPOCH_FORGOTTEN
   */
  participantsOf(epoch: number): readonly Participant[] {
    if (epoch === this.currentEpoch) return this.participants;
    if (epoch > this.currentEpoch) {
      const ranked = this.#isCrowded() ? this.#afterOpen().ranked : [];
      return participantsOf(this.#accounts, this.options.document, { epoch, ranked });
    }
    return this.payout(epoch).participants;
  }

  /** Commitments and reveals of the current epoch. */
  get scores(): ScoreBookState | undefined {
    return this.#book?.state;
  }

  /** Epochs that are over and kept, oldest first. */
  get epochs(): readonly number[] {
    return this.#over.map(({ epoch }) => epoch);
  }

  /** What evaluators have staked until `end` (seconds) by now, by payer. */
  stakes(end: number): ReadonlyMap<AccountIndex, bigint> {
    return this.#accounts.stakes(end);
  }

  /**
   * Takes the next batch. Batches must be proven, or whoever computes with them does so at its own risk.
   * @throws EpochError BATCH_OUT_OF_ORDER, WRONG_DOCUMENT; nothing has changed then
   */
  apply(batch: EpochBatch): void {
    if (batch.number !== this.#batch + 1 || batch.timestamp < this.#timestamp) {
      throw new EpochError('BATCH_OUT_OF_ORDER', { batch: batch.number, expected: this.#batch + 1 });
    }
    this.#accounts.check(batch);
    this.#advance(epochAt(this.options.document, batch.timestamp));
    this.#takeScores(batch);
    this.#accounts.apply(batch);
    this.#batch = batch.number;
    this.#timestamp = batch.timestamp;
  }

  /** What an epoch comes to. @throws EpochError EPOCH_OPEN, EPOCH_FORGOTTEN */
  payout(epoch: number): EpochResult {
    const known = this.#results.get(epoch);
    if (known !== undefined) return known;
    if (epoch >= this.currentEpoch) throw new EpochError('EPOCH_OPEN', { epoch, current: this.currentEpoch });
    const input = this.#over.find((over) => over.epoch === epoch);
    if (input === undefined) throw new EpochError('EPOCH_FORGOTTEN', { epoch, oldest: this.#over[0]?.epoch ?? -1 });
    return this.#remember(epochResult(this.options, input));
  }

  /** The keeper's transactions that say they pay an epoch. */
  payments(epoch: number): readonly PayoutTransaction[] {
    return this.#payouts.filter((payout) => payout.epoch === epoch);
  }

  /** Whether the keeper has paid an epoch as it should. @throws EpochError EPOCH_OPEN, EPOCH_FORGOTTEN */
  verify(epoch: number): PayoutVerdict {
    return verifyPayout(this.payout(epoch), this.payments(epoch));
  }

  /**
   * Closes and opens epochs until `target`; all of them see the state before the batch that brought the time here. In those between nobody
   * can have revealed, so they change nothing, and of many only those that are kept are gone through: a chain may have stood still for long.
   */
  #advance(target: number): void {
    while (this.currentEpoch < target) {
      const { bonds, ranked } = this.#close();
      const epoch = Math.max(this.currentEpoch + 1, target - this.options.keepEpochs);
      const participants = participantsOf(this.#accounts, this.options.document, { epoch, ranked });
      const free = (this.#accounts.service?.pool ?? 0n) - this.#debts.total;
      this.#open = { epoch, participants, bonds, ranked, pool: free > 0n ? free : 0n };
      this.#book = this.#bookOf(this.#open);
    }
  }

  /** Ends the current epoch; returns what it leaves to the next one. */
  #close(): Pick<EpochStart, 'bonds' | 'ranked'> {
    const input = this.#inputOfOpen();
    if (input === undefined) return { bonds: [], ranked: [] };
    this.#over.push(input);
    const left = this.#afterOpen();
    if (left.result !== undefined) {
      this.#remember(left.result);
      this.#debts.add(input.epoch, left.result.paid);
    }
    this.#forget();
    return left;
  }

  /** A large epoch's result is a hundred megabytes, and computed again in a second or two. */
  #remember(result: EpochResult): EpochResult {
    const [oldest] = this.#results.keys();
    if (this.#results.size >= MAX_RESULTS && oldest !== undefined) this.#results.delete(oldest);
    this.#results.set(result.epoch, result);
    return result;
  }

  #inputOfOpen(): EpochInput | undefined {
    if (this.#open === undefined || this.#book === undefined) return undefined;
    const { epoch, participants, bonds, pool } = this.#open;
    const { reveals, ignored, ignoredMore } = this.#book.state;
    return { epoch, participants, bonds, reveals, ignored: [...ignored], ignoredMore, pool };
  }

  /** What the open epoch would leave if it ended now; without a reveal, what it was left, and nothing to compute. */
  #afterOpen(): Pick<EpochStart, 'bonds' | 'ranked'> & { readonly result?: EpochResult } {
    const input = this.#inputOfOpen();
    const { bonds = [], ranked = [] } = this.#open ?? {};
    if (input === undefined || input.reveals.size === 0) return { bonds, ranked };
    const result = epochResult(this.options, input);
    const earned = rankedOf(input.participants, result.yuma);
    return { bonds: result.newBonds, ranked: earned.length === 0 ? ranked : earned, result };
  }

  #isCrowded(): boolean {
    return this.#accounts.agents().length > this.options.document.maxProviders;
  }

  #forget(): void {
    this.#over = this.#over.slice(-this.options.keepEpochs);
    const oldest = this.#over[0]?.epoch ?? 0;
    for (const epoch of this.#results.keys()) if (epoch < oldest) this.#results.delete(epoch);
    this.#payouts = this.#payouts.filter(({ epoch }) => epoch >= oldest);
  }

  #takeScores({ number, timestamp, ops }: EpochBatch): void {
    const service = this.#accounts.service;
    if (this.#open === undefined || service === undefined) return;
    const isRevealing = timestamp >= revealStart(this.options.document, this.#open.epoch);
    const parties = { service: this.options.service, keeper: service.keeper };
    const oldest = this.#over[0]?.epoch ?? this.#open.epoch;
    for (const [position, tx] of ops.entries()) {
      this.#book?.take(tx, { batch: number, isRevealing });
      const payout = payoutOf(tx, parties, { batch: number, position });
      // Of an epoch that is not over nothing can be due.
      if (payout === undefined || payout.epoch >= this.#open.epoch) continue;
      this.#debts.settle(payout);
      if (payout.epoch >= oldest) this.#payouts.push(payout);
    }
  }

  #bookOf({ epoch, participants }: Pick<OpenEpoch, 'epoch' | 'participants'>, state?: ScoreBookState): ScoreBook {
    const { service, domain } = this.options;
    return new ScoreBook({ service, epoch, domain, participants }, state);
  }
}
