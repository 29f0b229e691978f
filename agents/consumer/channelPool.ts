import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '../../protocol/bytes.ts';
import type { Point } from '../../protocol/types.ts';
import { voucherKey } from '../../sdk/channels/voucherSeed.ts';
import { SdkError } from '../../sdk/errors.ts';
import type { ChannelView } from '../../sdk/rpcTypes.ts';
import { ConsumerError } from './consumerError.ts';
import type { ChannelRecord } from './consumerStore.ts';
import { PaidChannel, type PaidChannelDependencies } from './paidChannel.ts';

export interface ChannelPoolOptions {
  /** The account that pays: a KEY account of the consumer's key. */
  readonly payer: number;
  /** What a channel is opened with, base units. Default: 20 answers. */
  readonly deposit?: bigint;
  /** The most to lock up in one channel, base units. Default: 200 answers, or `deposit` if that is more. */
  readonly maxDeposit?: bigint;
  /** How long a channel takes vouchers. Default a day. */
  readonly channelSeconds?: number;
  /** The longest channel that a provider may ask for. Default 7 days. */
  readonly maxChannelSeconds?: number;
}

/** What a channel that the ledger took back is known by. */
const GONE = ['NOT_FOUND', 'KEY_MISMATCH'];

/** What a channel is for, and what its provider wants of it. */
export interface ChannelTerms {
  readonly provider: number;
  readonly model: number;
  readonly sha256: Uint8Array;
  readonly endpoint: string;
  readonly price: bigint;
  readonly minimumDeposit: bigint;
  readonly minimumSeconds: number;
}

const DAY_SECONDS = 86_400;
const DEFAULT_ANSWERS = 20n;
const MAX_ANSWERS = 200n;
/** Nothing is asked on a channel that ends within this: an answer on its way would come too late. */
const MARGIN_SECONDS = 60;
/**
 * Channels of one provider that were left with a question open. It can take the price of each and have delivered nothing: whoever
 * owes so many gets no other until they are over.
 */
const MAX_UNANSWERED = 3;

/** The channels of a store: which can be asked on, and new ones where there is none. */
export class ChannelPool {
  readonly #deps: PaidChannelDependencies;
  readonly #options: ChannelPoolOptions;
  readonly #live = new Map<number, PaidChannel>();

  constructor(options: ChannelPoolOptions, deps: PaidChannelDependencies) {
    this.#options = options;
    this.#deps = deps;
  }

  records(): Promise<ChannelRecord[]> {
    return this.#deps.store.channels();
  }

  /** The channel of a record, as memory has it, or else as it is on disk. */
  async resume(record: ChannelRecord): Promise<PaidChannel> {
    const live = this.#live.get(record.index);
    if (live !== undefined && !live.isBroken) return live;
    const paid = await PaidChannel.open(record, this.#of(record.provider));
    this.#live.set(record.index, paid);
    return paid;
  }

  /**
   * A channel to ask on: one with an open question first, else one that lasts and holds the price, else one that was opened and never
   * used (the process ended before it was written down), else a new one.
   * @throws ConsumerError TERMS_REFUSED; as `openChannel`
   */
  async for(terms: ChannelTerms): Promise<PaidChannel> {
    const { time } = await this.#deps.client.getChainInfo();
    const records = await this.records();
    const own = records.filter(
      ({ provider, model, state }) => state === 'open' && provider === terms.provider && model === terms.model,
    );
    const pending = own.find((record) => record.pending !== undefined);
    const open = pending === undefined ? undefined : await this.there(pending);
    if (open !== undefined) return open;
    for (const record of own) {
      if (record === pending) continue;
      const paid = await this.there(record);
      if (paid === undefined) continue;
      if (record.expiry - time > MARGIN_SECONDS && paid.left >= terms.price) return paid;
      await paid.setState('left');
    }
    const isUnanswered = ({ provider, state, pending: asked }: ChannelRecord) =>
      provider === terms.provider && state === 'left' && asked !== undefined;
    const unanswered = records.filter(isUnanswered).length;
    if (unanswered >= MAX_UNANSWERED) {
      const details = { provider: terms.provider, unanswered };
      throw new ConsumerError('TERMS_REFUSED', 'the provider owes answers on channels that it refuses', details);
    }
    return (await this.#adopt(terms, { known: records, time })) ?? this.#open(terms);
  }

  /** The channel of a record, unless the ledger went back and has none, or another, at its place: it may be there again later. */
  async there(record: ChannelRecord): Promise<PaidChannel | undefined> {
    try {
      return await this.resume(record);
    } catch (error) {
      if (error instanceof SdkError && GONE.includes(error.code)) return undefined;
      throw error;
    }
  }

  /**
   * Each provider has a voucher key of its own: a ledger that goes back may give a channel's number to another provider's, and what was
   * signed for the one must be worth nothing to the other.
   */
  #of(provider: number): PaidChannelDependencies {
    const text = `engram.voucher-key.provider ${provider} ${bytesToHex(this.#deps.voucherSeed)}`;
    return { ...this.#deps, voucherSeed: sha256(new TextEncoder().encode(text)) };
  }

  /** The voucher key is this store's alone, and no voucher leaves before its channel is written down: so none was signed for these. */
  async #adopt(terms: ChannelTerms, { known, time }: { known: readonly ChannelRecord[]; time: number }) {
    const [x, y] = voucherKey(this.#of(terms.provider).voucherSeed);
    const isFree = (view: ChannelView) =>
      view.provider === terms.provider &&
      view.model === terms.model &&
      isKey(view.voucherKey, [x, y]) &&
      view.claims === 0 &&
      view.expiry - time > Math.max(MARGIN_SECONDS, terms.minimumSeconds) &&
      view.balance >= terms.minimumDeposit &&
      view.balance >= terms.price &&
      known.every(({ index }) => index !== view.index);
    const views = await this.#deps.client.getChannels({ payer: this.#options.payer, limit: 100 });
    const found = views.find(isFree);
    return found === undefined ? undefined : this.#take(found.index, found.expiry, terms);
  }

  async #open(terms: ChannelTerms): Promise<PaidChannel> {
    const { client, voucherSeed, account } = this.#of(terms.provider);
    const amount = this.#amount(terms);
    const lifetimeSeconds = this.#lifetime(terms);
    const { provider, model } = terms;
    const { index } = await client.openChannel({
      ...{ account, from: this.#options.payer, provider, model, amount, lifetimeSeconds, voucherSeed },
    });
    const { expiry } = await client.getChannel(index);
    return this.#take(index, expiry, terms);
  }

  async #take(
    index: number,
    expiry: number,
    { provider, model, sha256, endpoint }: ChannelTerms,
  ): Promise<PaidChannel> {
    const record = { index, expiry, provider, model, sha256, endpoint, state: 'open', pending: undefined } as const;
    const paid = await PaidChannel.open(record, this.#of(provider));
    this.#live.set(index, paid);
    return paid;
  }

  #amount({ price, minimumDeposit }: ChannelTerms): bigint {
    const wished = this.#options.deposit ?? price * DEFAULT_ANSWERS;
    const max = largest(this.#options.maxDeposit ?? price * MAX_ANSWERS, this.#options.deposit ?? 0n);
    const amount = largest(wished, minimumDeposit, price, 1n);
    if (amount <= largest(max, 1n)) return amount;
    const details = { minimumDeposit, price, maxDeposit: max };
    throw new ConsumerError('TERMS_REFUSED', 'the provider wants more money locked up than is allowed', details);
  }

  #lifetime({ minimumSeconds }: ChannelTerms): number {
    const { channelSeconds = DAY_SECONDS, maxChannelSeconds = 7 * DAY_SECONDS } = this.#options;
    const seconds = Math.max(channelSeconds, minimumSeconds + 2 * MARGIN_SECONDS);
    if (seconds <= Math.max(maxChannelSeconds, channelSeconds)) return seconds;
    const details = { minimumSeconds, maxChannelSeconds };
    throw new ConsumerError('TERMS_REFUSED', 'the provider wants a longer channel than is allowed', details);
  }
}

function largest(...values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (a > b ? a : b), 0n);
}

function isKey(found: { readonly x: bigint; readonly y: bigint }, [x, y]: readonly [Point[0], Point[1]]): boolean {
  return found.x === x && found.y === y;
}
