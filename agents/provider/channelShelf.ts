import type { AccountIndex, Field, Point } from '../../protocol/types.ts';
import type { LedgerClient } from '../../sdk/client.ts';
import { EngramError, SdkError } from '../../sdk/errors.ts';
import type { ChannelView } from '../../sdk/rpcTypes.ts';
import { ProviderError } from './providerError.ts';
import type { ProviderStore } from './providerStore.ts';
import { ServedChannel } from './servedChannel.ts';

/** What a channel must be like to be served. */
export interface ChannelDemands {
  readonly domain: Field;
  readonly provider: AccountIndex;
  readonly model: AccountIndex;
  readonly token: number;
  readonly minimumDeposit: bigint;
  readonly minimumSeconds: number;
  /** Channels kept in memory while nothing happens on them. */
  readonly idleChannels: number;
  /** Questions to the ledger at a time. */
  readonly lookups: number;
}

export interface ChannelShelfDeps {
  readonly client: LedgerClient;
  readonly store: ProviderStore;
  /** Seconds, the ledger's. */
  readonly now: () => number;
  readonly nowMs: () => number;
}

/** A channel that was refused is not looked at again for so long: anybody can name any index. */
const REFUSED_MS = 5_000;
const REFUSED_REMEMBERED = 4_096;
/** From being handed out to being at work takes a question to the ledger at most. */
const IN_USE_MS = 5_000;
/** A channel that is asked to pay more than it has is looked up again, but not more often than this. */
const TOP_UP_MS = 2_000;
/** A channel that is served is looked up so often: what a rollback can cost is what is served meanwhile. */
const CHECK_MS = 60_000;
const CHECKED_REMEMBERED = 65_536;

/** The channels that are served: from memory, else from disk, else (their first voucher) from the ledger. */
export class ChannelShelf {
  readonly #demands: ChannelDemands;
  readonly #deps: ChannelShelfDeps;
  /** Least recently used first. */
  readonly #open = new Map<number, ServedChannel>();
  readonly #opening = new Map<number, Promise<ServedChannel>>();
  /** Milliseconds: when a channel was last there; also of those that are on disk only. */
  readonly #checked = new Map<number, number>();
  readonly #refused = new Map<number, { readonly untilMs: number; readonly error: ProviderError }>();

  constructor(demands: ChannelDemands, deps: ChannelShelfDeps) {
    this.#demands = demands;
    this.#deps = deps;
  }

  /** How many are in memory. */
  get size(): number {
    return this.#open.size;
  }

  /** The channel if it is in memory: claims and requests must work on the same one. */
  peek(index: number): ServedChannel | undefined {
    return this.#open.get(index);
  }

  /** A channel that was served before. */
  async known(index: AccountIndex): Promise<ServedChannel | undefined> {
    const open = this.#open.get(index) ?? (await this.#opening.get(index)?.catch(() => undefined));
    if (open !== undefined) return open;
    if ((await this.#deps.store.record(index)) === undefined) return undefined;
    return this.#load(index);
  }

  /**
   * The channel a voucher names, checked on the ledger the first time.
   * @throws ProviderError CHANNEL_…, BUSY, LEDGER_UNAVAILABLE
   */
  async get(index: AccountIndex): Promise<ServedChannel> {
    const refused = this.#refused.get(index);
    if (refused !== undefined && refused.untilMs > this.#deps.nowMs()) throw refused.error;
    const channel = this.#open.get(index) ?? (await this.#load(index));
    this.#keep(channel);
    await this.#recheck(channel);
    return channel;
  }

  async #load(index: AccountIndex): Promise<ServedChannel> {
    const opening = this.#opening.get(index);
    if (opening !== undefined) return opening;
    if (this.#opening.size >= this.#demands.lookups) {
      throw new ProviderError('BUSY', 'too many channels are being looked up', { retryAfter: 1 });
    }
    const promise = this.#find(index).finally(() => this.#opening.delete(index));
    this.#opening.set(index, promise);
    return promise;
  }

  /** Asks whether the channel was topped up; false: it was asked a moment ago, or the node is away. */
  async topUp(channel: ServedChannel): Promise<boolean> {
    const nowMs = this.#deps.nowMs();
    if (nowMs - channel.askedMs < TOP_UP_MS) return false;
    channel.askedMs = nowMs;
    try {
      const view = await this.#deps.client.getChannel(channel.index);
      channel.fund(view.claimed + view.balance);
      return true;
    } catch (error) {
      if (error instanceof EngramError) return false;
      throw error;
    }
  }

  /** The ledger may go back: what a channel was opened with may be gone, or its number another's. */
  async #recheck(channel: ServedChannel): Promise<void> {
    const nowMs = this.#deps.nowMs();
    if (nowMs - (this.#checked.get(channel.index) ?? 0) < CHECK_MS) return;
    this.#wasThere(channel.index, nowMs);
    try {
      const view = await this.#view(channel.index);
      const { provider, model } = this.#demands;
      const [x, y] = channel.voucherKey;
      const limit = view.claimed + view.balance;
      const isSame =
        view.provider === provider && view.model === model && view.voucherKey.x === x && view.voucherKey.y === y;
      if (!isSame || limit < channel.limit) {
        const data = { channel: channel.index };
        throw new ProviderError('CHANNEL_UNKNOWN', 'the ledger has this channel no more', data);
      }
      channel.fund(limit);
    } catch (error) {
      if (!(error instanceof ProviderError) || error.code === 'LEDGER_UNAVAILABLE') return;
      this.#checked.delete(channel.index);
      this.#refuse(channel.index, error);
      throw error;
    }
  }

  #wasThere(index: number, nowMs: number): void {
    this.#checked.delete(index);
    this.#checked.set(index, nowMs);
    const [oldest] = this.#checked.keys();
    if (this.#checked.size > CHECKED_REMEMBERED && oldest !== undefined) this.#checked.delete(oldest);
  }

  /** The channel is over. */
  forget(index: number): void {
    this.#open.delete(index);
    this.#checked.delete(index);
  }

  async #find(index: AccountIndex): Promise<ServedChannel> {
    const stored = await this.#deps.store.record(index);
    const channel = stored === undefined ? await this.#first(index) : ServedChannel.restore(stored);
    this.#keep(channel);
    return channel;
  }

  async #first(index: AccountIndex): Promise<ServedChannel> {
    try {
      const view = await this.#view(index);
      this.#check(view);
      const { x, y } = view.voucherKey;
      const channel = ServedChannel.create({
        channel: index,
        model: this.#demands.model,
        voucherKey: [x, y] as unknown as Point, // words of a live account
        domain: this.#demands.domain,
        expiry: view.expiry,
        limit: view.claimed + view.balance,
      });
      channel.askedMs = this.#deps.nowMs();
      this.#wasThere(index, channel.askedMs);
      return channel;
    } catch (error) {
      if (error instanceof ProviderError && error.code !== 'LEDGER_UNAVAILABLE') this.#refuse(index, error);
      throw error;
    }
  }

  async #view(index: AccountIndex): Promise<ChannelView> {
    try {
      return await this.#deps.client.getChannel(index);
    } catch (error) {
      if (error instanceof SdkError && error.code === 'NOT_FOUND') {
        throw new ProviderError('CHANNEL_UNKNOWN', 'there is no such channel', { channel: index });
      }
      if (!(error instanceof EngramError)) throw error;
      const data = { channel: index, retryAfter: 5 };
      throw new ProviderError('LEDGER_UNAVAILABLE', 'the ledger cannot be asked now', data, { cause: error });
    }
  }

  #check(view: ChannelView): void {
    const { provider, model, token, minimumDeposit, minimumSeconds } = this.#demands;
    const channel = view.index;
    if (view.provider !== provider) {
      throw new ProviderError('CHANNEL_PROVIDER', 'the channel pays somebody else', { channel, expected: provider });
    }
    if (view.model !== model) {
      throw new ProviderError('CHANNEL_MODEL', 'the channel is for another model', { channel, expected: model });
    }
    if (view.token !== token) {
      throw new ProviderError('CHANNEL_TOKEN', 'the channel is of another token', { channel, expected: token });
    }
    if (view.claims > 0) throw new ProviderError('CHANNEL_USED', 'its book is not here', { channel });
    if (view.balance < minimumDeposit) {
      throw new ProviderError('CHANNEL_DEPOSIT', 'the deposit is too small', { channel, minimumDeposit });
    }
    const left = view.expiry - this.#deps.now();
    if (left < minimumSeconds) {
      throw new ProviderError('CHANNEL_EXPIRY', 'the channel expires too soon', { channel, left, minimumSeconds });
    }
  }

  /**
   * Most recently used; the oldest that do nothing make room: they are on disk, or were never paid on. Not those that were just handed out:
   * whoever has one must find it here when it goes on, or there would be two of it.
   */
  #keep(channel: ServedChannel): void {
    const nowMs = this.#deps.nowMs();
    channel.usedMs = nowMs;
    this.#open.delete(channel.index);
    this.#open.set(channel.index, channel);
    for (const [index, other] of this.#open) {
      if (this.#open.size <= this.#demands.idleChannels || nowMs - other.usedMs < IN_USE_MS) return;
      if (other.isIdle) this.#open.delete(index);
    }
  }

  #refuse(index: number, error: ProviderError): void {
    if (this.#refused.size >= REFUSED_REMEMBERED) {
      const [oldest] = this.#refused.keys();
      if (oldest !== undefined) this.#refused.delete(oldest);
    }
    this.#refused.delete(index);
    this.#refused.set(index, { untilMs: this.#deps.nowMs() + REFUSED_MS, error });
  }
}
