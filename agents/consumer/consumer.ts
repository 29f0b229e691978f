import { randomInt } from 'node:crypto';
import { type Clock, systemClock } from '../../chain/clock.ts';
import { type Logger, silentLogger } from '../../chain/logger.ts';
import { ReceiptError } from '../../protocol/receipts/receiptError.ts';
import { resolveSigner } from '../../sdk/actions/signer.ts';
import { domainOf } from '../../sdk/chain.ts';
import { voucherSeed } from '../../sdk/channels/voucherSeed.ts';
import { type EngramError, LedgerRefusedError, SdkError } from '../../sdk/errors.ts';
import { ExecutionError } from '../execution/executionError.ts';
import { announcedOfferings } from './announced.ts';
import { Asking } from './asking.ts';
import { ChannelPool } from './channelPool.ts';
import { ConsumerError } from './consumerError.ts';
import { type ChannelRecord, ConsumerStore, type Report } from './consumerStore.ts';
import type {
  Answer,
  ConsumerDependencies,
  ConsumerOptions,
  Failure,
  InferOptions,
  ModelInput,
} from './consumerTypes.ts';
import type { Taken } from './conversation.ts';
import { KeyedLock } from './keyedLock.ts';
import { checkInfo, type Offering, type Wanted } from './offering.ts';
import type { ProviderInfo } from './providerInfo.ts';
import { checkReexecutor } from './reexecution.ts';
import { Reputation } from './reputation.ts';
import type { Score } from './scores.ts';

/**
 * Buys answers: finds providers, prefers the cheap and trusted, pays by vouchers, checks receipts and, where it has the model, answers.
 * What a provider can keep without having delivered is the price of one answer; who is caught is never asked again.
 */
export class Consumer {
  readonly #options: ConsumerOptions;
  readonly #deps: ConsumerDependencies;
  readonly #store: ConsumerStore;
  readonly #pool: ChannelPool;
  readonly #reputation: Reputation;
  readonly #log: Logger;
  readonly #locks = new KeyedLock();
  readonly #asking: Asking;

  private constructor(
    options: ConsumerOptions,
    deps: ConsumerDependencies,
    parts: { store: ConsumerStore; pool: ChannelPool; random: () => number; clock: Clock; log: Logger },
  ) {
    this.#options = options;
    this.#deps = deps;
    this.#store = parts.store;
    this.#pool = parts.pool;
    this.#log = parts.log;
    this.#reputation = new Reputation({ checkShare: options.checkShare ?? 0.05 }, parts);
    const { transport } = deps;
    const reputation = this.#reputation;
    this.#asking = new Asking(options, { ...parts, reputation, ...(transport !== undefined && { transport }) });
  }

  /** @throws ConsumerError STORE_LOCKED, BAD_STORE; SdkError NO_LEDGER_ACCOUNT, NOT_AUTHORIZED */
  static async open(options: ConsumerOptions, deps: ConsumerDependencies): Promise<Consumer> {
    const { client, account, random = Math.random, clock = systemClock, log = silentLogger } = deps;
    const { token = 0, from } = options;
    const store = await ConsumerStore.open(deps.store);
    try {
      const { index: payer } = await resolveSigner(client, { account, token, from });
      const domain = domainOf(client.chain);
      const fresh = { domain, owner: account.key[0], voucherNumber: randomInt(1, 2 ** 32) };
      const { voucherNumber } = await store.identify(fresh);
      const seed = voucherSeed(account, voucherNumber);
      const pool = new ChannelPool({ ...options, payer }, { client, account, store, voucherSeed: seed });
      return new Consumer(options, deps, { store, pool, random, clock, log });
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /**
   * One answer, paid for.
   * @throws ConsumerError NO_PROVIDER (nobody, or nobody under the price), PROVIDER_EXCLUDED, ABORTED; the last provider's failure
   *   (ConsumerError, ReceiptError); what the ledger refuses (INSUFFICIENT_BALANCE …)
   */
  async infer(input: ModelInput, options: InferOptions): Promise<Answer> {
    const wanted: Omit<Wanted, 'input'> = {
      ...options,
      audit: options.audit ?? 'private',
      token: this.#options.token ?? 0,
    };
    const failures: Failure[] = [];
    let last: unknown = new ConsumerError('NO_PROVIDER', 'nobody offers this model at this price');
    const attempts = { paid: 0 };
    for (const offering of (await this.#offerings(wanted, options)).slice(0, MAX_TRIES)) {
      if (attempts.paid >= (this.#options.maxAttempts ?? 3)) break;
      try {
        return { ...(await this.#inferAt(offering, { wanted, input, attempts }, options)), failures };
      } catch (error) {
        if (!isOfProvider(error) || options.signal?.aborted) throw error;
        last = error;
        failures.push({ endpoint: offering.endpoint, code: error.code, message: error.message });
        this.#log.warn({ endpoint: offering.endpoint, code: error.code }, 'a provider gave no good answer');
      }
    }
    throw last;
  }

  /**
   * Sends every open question again and keeps the answers; returns how many are still open. Best after a crash. Who was caught is not
   * asked, not even for what was paid.
   */
  async recover(options: { readonly signal?: AbortSignal } = {}): Promise<number> {
    let open = 0;
    for (const record of await this.#pool.records()) {
      if (record.pending === undefined || record.state === 'closed') continue;
      if (await this.#reputation.isExcluded(record)) continue;
      await this.#locks.use(lockOf(record), async () => {
        const paid = await this.#pool.resume(record);
        const { signal } = options;
        await this.#asking.answer(paid, { endpoint: record.endpoint, signal }).catch((error: unknown) => {
          if (!isOfProvider(error)) throw error;
          open += 1;
        });
      });
    }
    return open;
  }

  channels(): Promise<readonly ChannelRecord[]> {
    return this.#pool.records();
  }

  scores(): Promise<readonly Score[]> {
    return this.#store.scores();
  }

  /** What providers were caught at, with the evidence. */
  reports(): Promise<readonly Report[]> {
    return this.#store.reports();
  }

  /** What an answer was about: kept with its receipt, as evidence. */
  async evidence(channel: number, sequence: number) {
    const [answer, input, output] = await Promise.all([
      this.#store.answer(channel, sequence),
      this.#store.input(channel, sequence),
      this.#store.output(channel, sequence),
    ]);
    return { answer, input, output };
  }

  /** What `ProviderApi.channel` shows for a channel of this consumer. */
  async proof(record: ChannelRecord): Promise<string> {
    return (await this.#pool.resume(record)).proof();
  }

  /** What providers could take now without having delivered, base units. */
  async atRisk(): Promise<bigint> {
    let sum = 0n;
    for (const record of await this.#pool.records()) {
      if (record.state !== 'closed') sum += (await this.#pool.there(record))?.exposure ?? 0n;
    }
    return sum;
  }

  /** Signs for the receipts that no voucher signs for yet: providers can settle them then. Best effort. */
  acknowledge(): Promise<void> {
    return this.#asking.acknowledge();
  }

  /** Takes back what is left of channels that are over; returns their indices. */
  async reclaim(): Promise<readonly number[]> {
    const done: number[] = [];
    for (const record of await this.#pool.records()) {
      if (record.state === 'closed') continue;
      try {
        if (await this.#reclaim(record)) done.push(record.index);
      } catch (error) {
        // one that the ledger took back, or gives to nobody now, must not keep the others
        if (!(error instanceof SdkError || error instanceof LedgerRefusedError)) throw error;
        this.#log.warn({ channel: record.index, code: error.code }, 'a channel was not taken back');
      }
    }
    return done;
  }

  async #reclaim(record: ChannelRecord): Promise<boolean> {
    const { isOver, balance } = await this.#deps.client.getChannel(record.index);
    if (!isOver) return false;
    const paid = await this.#pool.resume(record);
    if (balance > 0n) await this.#deps.client.close({ account: this.#deps.account, channel: record.index });
    await paid.setState('closed');
    return true;
  }

  /**
   * Forgets the receipts, inputs and outputs of channels that were closed and expired so long ago, but for those that a report is about.
   * Returns how many answers. Scores stay.
   */
  async forget({ olderThanSeconds }: { readonly olderThanSeconds: number }): Promise<number> {
    const { time } = await this.#deps.client.getChainInfo();
    const reported = new Set((await this.#store.reports()).map(({ channel }) => channel));
    let count = 0;
    for (const { index, state, expiry } of await this.#pool.records()) {
      const isOld = state === 'closed' && expiry + olderThanSeconds <= time;
      if (isOld && !reported.has(index)) count += await this.#store.forgetAnswers(index);
    }
    return count;
  }

  async close(): Promise<void> {
    this.#asking.close();
    await this.#store.close();
  }

  async #offerings(
    wanted: Omit<Wanted, 'input'>,
    options: InferOptions,
  ): Promise<readonly (Partial<Offering> & { endpoint: string })[]> {
    const { endpoint, provider } = options;
    if (endpoint !== undefined) return [{ endpoint, ...(provider !== undefined && { provider }) }];
    const discover = this.#deps.discover ?? ((model) => announcedOfferings(this.#deps.client, model));
    const { maxPrice } = options;
    return this.#reputation.rank(await discover(wanted), { maxPrice, explore: this.#options.explore ?? 0.1 });
  }

  async #inferAt(
    offering: Partial<Offering> & { endpoint: string },
    question: { wanted: Omit<Wanted, 'input'>; input: ModelInput; attempts: { paid: number } },
    options: InferOptions,
  ): Promise<Omit<Answer, 'failures'>> {
    const { endpoint } = offering;
    const { signal, runner } = options;
    const { info, wanted } = await this.#meet(offering, question, options).catch(async (error: unknown) => {
      const isMissed = isOfProvider(error) && !CALLERS.includes(error.code);
      if (isMissed && offering.provider !== undefined) await this.#reputation.missed(offering.provider);
      throw error;
    });
    const terms = { ...info, model: info.model.index, sha256: info.model.sha256, endpoint };
    return this.#locks.use(lockOf({ provider: info.provider, model: info.model.index }), async () => {
      question.attempts.paid += 1;
      const { paid, taken } = await this.#asking.ask(terms, wanted, { info, signal });
      const { answer, output, latencyMs } = taken;
      const check =
        runner === undefined
          ? 'unchecked'
          : await this.#check(taken, { paid, runner, always: options.check === 'always', signal });
      const { receipt } = answer;
      const { provider } = info;
      return {
        output,
        receipt,
        provider,
        endpoint,
        channel: paid.index,
        price: receipt.price,
        left: paid.left,
        check,
        latencyMs,
      };
    });
  }

  /** What a provider says, held against everything that is known before anything is paid. */
  async #meet(
    offering: Partial<Offering> & { endpoint: string },
    question: { wanted: Omit<Wanted, 'input'>; input: ModelInput },
    { signal, runner }: InferOptions,
  ): Promise<{ info: ProviderInfo; wanted: Wanted }> {
    const { endpoint } = offering;
    const { client } = this.#deps;
    await this.#reputation.checkEndpoint(endpoint);
    const info = await this.#asking.api(endpoint).info(signal === undefined ? {} : { signal });
    await this.#reputation.check(info.provider);
    const input = inputFor(question.input, info);
    const wanted = { ...question.wanted, input };
    await checkInfo(info, { offering, wanted, client });
    const agreed = { sha256: info.model.sha256, audit: wanted.audit, execution: info.execution[wanted.audit].word };
    if (runner !== undefined) checkReexecutor(runner, agreed);
    return { info, wanted };
  }

  /** A model that fails here says nothing about the provider, and the answer is paid for. */
  async #check(taken: Taken, how: Parameters<Reputation['verify']>[1]): Promise<Answer['check']> {
    try {
      return await this.#reputation.verify(taken, how);
    } catch (error) {
      if (!(error instanceof ExecutionError) || how.signal?.aborted) throw error;
      this.#log.warn({ code: error.code }, 'an answer could not be run again');
      return 'unchecked';
    }
  }
}

/** Providers looked at for one answer; those that nothing is paid to cost time only. */
const MAX_TRIES = 16;
/** The caller's own limits and mistakes say nothing about a provider. */
const CALLERS = ['PROVIDER_EXCLUDED', 'EXECUTION_UNKNOWN', 'INPUT_TOO_LARGE', 'BAD_INPUT'];

function lockOf({ provider, model }: { readonly provider: number; readonly model: number }): string {
  return `${provider}:${model}`;
}

/** What the provider says of its model's inputs may be wrong: that is its own failure. @throws ConsumerError BAD_INPUT */
function inputFor(input: ModelInput, { inputs }: ProviderInfo): Uint8Array {
  if (typeof input !== 'function') return input;
  try {
    return input(inputs);
  } catch (cause) {
    if (!(cause instanceof ExecutionError)) throw cause;
    throw new ConsumerError('BAD_INPUT', cause.message, {}, { cause });
  }
}

/**
 * Failures that another provider may not have. Also what the ledger refuses: a provider may name accounts that are not there, or want
 * a deposit that others do not.
 */
function isOfProvider(error: unknown): error is EngramError | ReceiptError {
  if (error instanceof ReceiptError) return true;
  if (error instanceof ConsumerError) return error.code !== 'ABORTED' && error.code !== 'BAD_STORE';
  return error instanceof SdkError || error instanceof LedgerRefusedError;
}
