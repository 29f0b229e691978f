import type { Clock } from '../../chain/clock.ts';
import type { Logger } from '../../chain/logger.ts';
import type { ChannelPool } from './channelPool.ts';
import { ConsumerError } from './consumerError.ts';
import type { ConsumerDependencies, ConsumerOptions } from './consumerTypes.ts';
import { answerOf, isRefusal, type Taken } from './conversation.ts';
import type { Wanted } from './offering.ts';
import type { PaidChannel } from './paidChannel.ts';
import { ProviderApi } from './providerApi.ts';
import type { ProviderInfo } from './providerInfo.ts';
import type { Reputation } from './reputation.ts';

interface Where {
  readonly endpoint: string;
  readonly signal: AbortSignal | undefined;
}

export interface AskingDependencies extends Pick<ConsumerDependencies, 'transport'> {
  readonly pool: ChannelPool;
  readonly reputation: Reputation;
  readonly clock: Clock;
  readonly log: Logger;
}

const MAX_APIS = 64;

/** Asks providers on paid channels: which channel, what becomes of a question that was open before, who is blamed for a failure. */
export class Asking {
  readonly #options: ConsumerOptions;
  readonly #deps: AskingDependencies;
  readonly #apis = new Map<string, ProviderApi>();
  /** Channels with receipts that no voucher signs for yet. */
  readonly #unsigned = new Set<PaidChannel>();

  constructor(options: ConsumerOptions, deps: AskingDependencies) {
    this.#options = options;
    this.#deps = deps;
  }

  /** The answer to a question, on a channel of these terms; the caller asks one at a time of each provider and model. */
  async ask(
    terms: Parameters<ChannelPool['for']>[0],
    wanted: Wanted,
    { info, signal }: { info: ProviderInfo; signal: AbortSignal | undefined },
  ): Promise<{ paid: PaidChannel; taken: Taken }> {
    const question = { ...wanted, price: info.price, execution: info.execution[wanted.audit].word };
    let paid = await this.#deps.pool.for(terms);
    await paid.setEndpoint(terms.endpoint);
    const open = await paid.pending();
    if (open !== undefined) {
      const taken = await this.#settleOpen(paid, { endpoint: terms.endpoint, signal });
      if (taken !== undefined && Buffer.compare(taken.input, wanted.input) === 0) return { paid, taken };
      // a price that fell, or rose beyond what is left, cannot take the open one's place
      if (taken === undefined && paid.record.state === 'open' && !paid.canReplace(info.price))
        await paid.setState('left');
      if (taken !== undefined || paid.record.state !== 'open') paid = await this.#deps.pool.for(terms);
    }
    await paid.ask(question);
    return { paid, taken: await this.answer(paid, { endpoint: terms.endpoint, signal }) };
  }

  /** The answer to a question that was open before; undefined if the provider refuses it for good, so that another can take its place. */
  async #settleOpen(paid: PaidChannel, where: Where): Promise<Taken | undefined> {
    try {
      return await this.answer(paid, where);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return undefined;
    }
  }

  /** The answer to a channel's open question. @throws as `answerOf` */
  async answer(paid: PaidChannel, { endpoint, signal }: Where): Promise<Taken> {
    const { provider } = paid.record;
    try {
      const options = { clock: this.#deps.clock, retries: this.#options.retries ?? 2, signal };
      const taken = await answerOf(paid, this.api(endpoint), options);
      this.#unsigned.add(paid);
      const { latencyMs, answer } = taken;
      await this.#deps.reputation.answered(provider, { latencyMs, price: answer.receipt.price });
      return taken;
    } catch (error) {
      await this.#deps.reputation.failed(provider, error, paid);
      if (havePartedBooks(error)) await paid.setState('left');
      throw error;
    }
  }

  /** Best effort: what is not taken now is signed for by the next voucher. */
  async acknowledge(): Promise<void> {
    for (const paid of [...this.#unsigned]) {
      this.#unsigned.delete(paid);
      if (paid.record.pending !== undefined || paid.isBroken) continue;
      await this.api(paid.record.endpoint)
        .voucher(paid.voucher())
        .catch((error: unknown) => this.#deps.log.debug({ error }, 'a closing voucher was not taken'));
    }
  }

  api(endpoint: string): ProviderApi {
    const found = this.#apis.get(endpoint);
    if (found !== undefined) return found;
    // addresses are strangers': as many as are in use, not as many as were ever seen
    const [oldest] = this.#apis.keys();
    if (this.#apis.size >= MAX_APIS && oldest !== undefined) {
      this.#apis.get(oldest)?.close();
      this.#apis.delete(oldest);
    }
    const api = new ProviderApi(this.#deps.transport?.(endpoint) ?? endpoint, this.#options);
    this.#apis.set(endpoint, api);
    return api;
  }

  close(): void {
    for (const api of this.#apis.values()) api.close();
    this.#apis.clear();
  }
}

/** Refusals after which no voucher of this channel will be taken: the two books are not of one mind, or the channel is over. */
function havePartedBooks(error: unknown): boolean {
  if (!isRefusal(error) || !(error instanceof ConsumerError)) return false;
  const refusal = String(error.details.refusal);
  return PARTED.includes(refusal) || refusal.startsWith('CHANNEL_');
}
const PARTED = ['VOUCHER_ROOT', 'VOUCHER_STALE', 'VOUCHER_CHANNEL', 'VOUCHER_OVER_BALANCE', 'BAD_VOUCHER'];
