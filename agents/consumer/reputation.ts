import { sha256 } from '@noble/hashes/sha2.js';
import type { Clock } from '../../chain/clock.ts';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import { ReceiptError } from '../../protocol/receipts/receiptError.ts';
import { ConsumerError } from './consumerError.ts';
import { type ConsumerStore, change, type StoreChange } from './consumerStore.ts';
import type { Taken } from './conversation.ts';
import { KeyedLock } from './keyedLock.ts';
import { EquivocationError, type PaidChannel } from './paidChannel.ts';
import { type Reexecutor, runAgain } from './reexecution.ts';
import {
  afterAnswer,
  afterCheck,
  afterFailure,
  type Exclusion,
  exclude,
  isExclusion,
  isProven,
  newScore,
  type Offer,
  type RankOptions,
  rank,
  type Score,
} from './scores.ts';

/** What says nothing about the provider: the caller's fault, or a price that is simply not paid. */
const NOBODYS_FAULT = ['ABORTED', 'BAD_STORE', 'PRICE_TOO_HIGH', 'INPUT_TOO_LARGE', 'TERMS_REFUSED'];
const CALLERS_FAULT = ['BAD_TENSOR', 'INPUT_TOO_LARGE', 'VOUCHER_OVER_BALANCE', 'CHANNEL_EXPIRED', 'QUOTA'];

/** Scores of providers and reports about them, kept in the store: what a consumer learns from receipts. */
export class Reputation {
  readonly #checkShare: number;
  readonly #store: ConsumerStore;
  readonly #random: () => number;
  readonly #clock: Clock;
  readonly #locks = new KeyedLock();

  constructor(
    { checkShare }: { readonly checkShare: number },
    { store, random, clock }: { store: ConsumerStore; random: () => number; clock: Clock },
  ) {
    this.#checkShare = checkShare;
    this.#store = store;
    this.#random = random;
    this.#clock = clock;
  }

  /** Of these, whom to ask, in order: see `rank`. */
  async rank<T extends Offer & { readonly endpoint: string }>(
    offers: readonly T[],
    { maxPrice, explore }: Pick<RankOptions, 'maxPrice' | 'explore'>,
  ): Promise<T[]> {
    const scores = new Map((await this.#store.scores()).map((score): [number, Score] => [score.provider, score]));
    const faults = await Promise.all(offers.map(({ endpoint }) => this.#store.endpointFault(endpoint)));
    const left = offers.filter((_, i) => faults[i] === undefined);
    const scoreOf = (provider: number) => scores.get(provider) ?? newScore(provider);
    return rank(left, scoreOf, { maxPrice, explore, random: this.#random, now: this.#now() });
  }

  /** @throws ConsumerError PROVIDER_EXCLUDED: something answered there that is not asked any more */
  async checkEndpoint(endpoint: string): Promise<void> {
    const fault = await this.#store.endpointFault(endpoint);
    if (fault === undefined) return;
    throw new ConsumerError('PROVIDER_EXCLUDED', `${endpoint} was caught before: ${fault}`, {
      endpoint,
      excluded: fault,
    });
  }

  /** @throws ConsumerError PROVIDER_EXCLUDED */
  async check(provider: number): Promise<void> {
    const { excluded } = await this.#store.score(provider);
    if (excluded === undefined) return;
    const message = `provider ${provider} was caught before: ${excluded}`;
    throw new ConsumerError('PROVIDER_EXCLUDED', message, { provider, excluded });
  }

  async isExcluded({ provider, endpoint }: { readonly provider: number; readonly endpoint: string }): Promise<boolean> {
    const { excluded } = await this.#store.score(provider);
    return excluded !== undefined || (await this.#store.endpointFault(endpoint)) !== undefined;
  }

  answered(provider: number, answer: { latencyMs: number; price: bigint }): Promise<void> {
    return this.#update(provider, (score) => afterAnswer(score, answer));
  }

  /** Counts a failure; what ends the dealings is reported too, and the channel left. */
  async failed(provider: number, error: unknown, paid: PaidChannel): Promise<void> {
    const code = error instanceof ConsumerError || error instanceof ReceiptError ? error.code : undefined;
    if (code === undefined || NOBODYS_FAULT.includes(code)) return;
    if (isExclusion(code) && !isCheaper(error)) {
      const [receipt, other] = error instanceof EquivocationError ? error.receipts : [paid.refused];
      return this.#exclude(code, paid, { receipt, other });
    }
    if (isCheaper(error)) await paid.setState('left');
    const refusal = error instanceof ConsumerError ? String(error.details.refusal ?? '') : '';
    if (CALLERS_FAULT.includes(refusal)) return;
    await this.missed(provider);
  }

  /** Counts a failure that nothing was paid for: nobody there, or not what was announced. */
  missed(provider: number): Promise<void> {
    return this.#update(provider, (score) => afterFailure(score, this.#now()));
  }

  /**
   * Runs the model again, if it is this answer's turn.
   * @throws ConsumerError OUTPUT_MISMATCH: reported, the provider is excluded; what the runner throws
   */
  async verify(
    { answer, input, output }: Pick<Taken, 'answer' | 'input' | 'output'>,
    options: { paid: PaidChannel; runner: Reexecutor; always: boolean; signal: AbortSignal | undefined },
  ): Promise<'same' | 'unchecked'> {
    const { paid, runner, always, signal } = options;
    const { provider } = paid.record;
    const { checked } = await this.#store.score(provider);
    const isTurn = always || checked === 0 || this.#random() < this.#checkShare;
    if (!isTurn) return 'unchecked';
    const { isSame, expected } = await runAgain(runner, { input, output, signal });
    if (isSame) {
      await this.#update(provider, afterCheck, [change.answer({ ...answer, check: 'same' })]);
      return 'same';
    }
    await this.#store.write([change.answer({ ...answer, check: 'other' })]);
    await this.#exclude('OUTPUT_MISMATCH', paid, { receipt: answer.receipt, expectedHash: sha256(expected) });
    const details = { provider, channel: paid.index, sequence: answer.receipt.sequence };
    throw new ConsumerError('OUTPUT_MISMATCH', 'the model gives another output than the provider signed', details);
  }

  async #exclude(
    code: Exclusion,
    paid: PaidChannel,
    found: { receipt?: SignedReceipt | undefined; other?: SignedReceipt | undefined; expectedHash?: Uint8Array },
  ): Promise<void> {
    const { provider, index: channel, endpoint } = paid.record;
    const time = this.#now();
    const { receipt, other, expectedHash } = found;
    await this.#update(provider, (score) => (isProven(code) ? exclude(score, code) : afterFailure(score, time)), [
      change.endpoint(endpoint, code),
      change.report({ code, provider, channel, endpoint, time, receipt, other, expectedHash }),
    ]);
    await paid.setState('left');
  }

  #now(): number {
    return Math.floor(this.#clock.nowMs() / 1000);
  }

  /** One after the other: two models of one provider share its score. */
  #update(provider: number, next: (score: Score) => Score, more: readonly StoreChange[] = []): Promise<void> {
    return this.#locks.use(String(provider), async () => {
      await this.#store.write([change.score(next(await this.#store.score(provider))), ...more]);
    });
  }
}

/** A price that fell while the question was open: the books part, and nobody was cheated. */
function isCheaper(error: unknown): boolean {
  if (!(error instanceof ReceiptError) || error.code !== 'RECEIPT_PRICE') return false;
  const { expected, found } = error.data;
  return typeof expected === 'bigint' && typeof found === 'bigint' && found < expected;
}
