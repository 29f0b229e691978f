import type { Clock } from '../../chain/clock.ts';
import { type SignedDocument, signedDocumentJson } from '../../protocol/documents/signedDocument.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { ReceiptError } from '../../protocol/receipts/receiptError.ts';
import type { AccountIndex } from '../../protocol/types.ts';
import type { LedgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { domainOf } from '../../sdk/chain.ts';
import { voucherSeed } from '../../sdk/channels/voucherSeed.ts';
import type { LedgerClient } from '../../sdk/client.ts';
import { ConsumerError } from '../consumer/consumerError.ts';
import type { ConsumerStore } from '../consumer/consumerStore.ts';
import { PaidChannel } from '../consumer/paidChannel.ts';
import { ProviderApi } from '../consumer/providerApi.ts';
import type { ProviderTransport } from '../consumer/providerTransport.ts';
import type { Reexecutor } from '../consumer/reexecution.ts';
import { Reputation } from '../consumer/reputation.ts';
import type { Score } from '../consumer/scores.ts';
import { BuyerThread } from '../dialogue/buyerThread.ts';
import { DialogueError } from '../dialogue/dialogueError.ts';
import { type Candidate, findProviders } from '../discovery/findProviders.ts';

export interface TraderOptions {
  /** Own agent (ATTEST account) and the KEY account that pays. */
  readonly agent: AccountIndex;
  readonly payer: number;
  /** For one answer, base units. */
  readonly maxPrice: bigint;
  /** See `ConsumerOptions`. */
  readonly checkShare: number;
  readonly explore: number;
}

export interface TraderDependencies {
  readonly client: LedgerClient;
  readonly account: LedgerAccount;
  readonly store: ConsumerStore;
  /** Carries calls to an announced endpoint; default HTTP to public addresses. */
  readonly transport?: (endpoint: string) => ProviderTransport;
  /** In [0, 1). */
  readonly random: () => number;
  /** 32 bytes, never the same twice. */
  readonly newThread: () => Uint8Array;
  readonly clock: Clock;
}

/** What is wanted: answers of a model that the trader has too, to check some of them. */
export interface Want {
  readonly model: number;
  readonly runner: Reexecutor;
}

export interface Purchase {
  readonly seller: number;
  readonly agent: number;
  readonly price: bigint;
  readonly outputs: readonly Uint8Array[];
  /** Why it ended before all answers were there; the seller is not asked again if it was caught. */
  readonly fault?: string;
}

const DEADLINE_SECONDS = 600;
const ESCROW_SECONDS = 900;

/**
 * An agent that buys by dialogue with nobody watching: it verifies announcements itself, prefers whom it trusts, puts the price into escrow,
 * checks receipts and some of the answers, and remembers.
 */
export class Trader {
  readonly #options: TraderOptions;
  readonly #deps: TraderDependencies;
  readonly #reputation: Reputation;
  readonly #seed: Uint8Array;

  constructor(options: TraderOptions, deps: TraderDependencies) {
    this.#options = options;
    this.#deps = deps;
    this.#reputation = new Reputation({ checkShare: options.checkShare }, deps);
    this.#seed = voucherSeed(deps.account);
  }

  /** Buys one answer an input from the best seller there is; undefined: nobody sells it at this price. */
  async buy(want: Want, inputs: readonly Uint8Array[]): Promise<Purchase | undefined> {
    const { client } = this.#deps;
    const { agent, maxPrice, explore } = this.#options;
    const found = await findProviders(client, { model: want.model, sha256: want.runner.sha256 });
    const offers = found
      .filter((candidate) => candidate.agent !== agent)
      .map((candidate) => ({
        candidate,
        provider: candidate.owner,
        price: candidate.capability.price,
        endpoint: candidate.endpoint,
      }));
    for (const { candidate } of await this.#reputation.rank(offers, { maxPrice, explore })) {
      const bought = await this.#buyFrom(candidate, want, inputs);
      if (bought !== undefined) return bought;
    }
    return undefined;
  }

  /** Takes back what is left of escrows that are over. */
  async reclaim(): Promise<void> {
    const { client, account } = this.#deps;
    for (const record of await this.#deps.store.channels()) {
      if (record.state === 'closed') continue;
      const { isOver, balance } = await client.getChannel(record.index);
      if (!isOver) continue;
      if (balance > 0n) await client.close({ account, channel: record.index });
      await (await PaidChannel.open(record, this.#paying())).setState('closed');
    }
  }

  scores(): Promise<readonly Score[]> {
    return this.#deps.store.scores();
  }

  /** Undefined if the seller is not there or makes no offer worth taking: then nothing was paid. */
  async #buyFrom(candidate: Candidate, want: Want, inputs: readonly Uint8Array[]): Promise<Purchase | undefined> {
    let api: ProviderApi | undefined;
    try {
      api = new ProviderApi(this.#deps.transport?.(candidate.endpoint) ?? candidate.endpoint);
      const thread = await this.#agree(api, candidate, inputs.length);
      return thread === undefined ? undefined : await this.#deal({ api, thread, candidate, want, inputs });
    } catch (error) {
      if (!isOfSeller(error)) throw error;
      await this.#reputation.missed(candidate.owner);
      return undefined;
    } finally {
      api?.close();
    }
  }

  /** A thread with an offer that stands. */
  async #agree(api: ProviderApi, candidate: Candidate, count: number): Promise<BuyerThread | undefined> {
    const { client, account, newThread } = this.#deps;
    const { agent: other, key: otherKey, capability } = candidate;
    const { agent, maxPrice } = this.#options;
    const parties = { agent, seed: account.seed, other, otherKey, domain: domainOf(client.chain) };
    const thread = new BuyerThread(parties, newThread());
    const request = { capability: capability.name, count, deadline: this.#now() + DEADLINE_SECONDS, maxPrice };
    const offered = await say(api, thread.request(request, this.#now()));
    const event = offered === undefined ? undefined : thread.receive(offered, this.#now());
    return event?.kind === 'OFFER' ? thread : undefined;
  }

  /** From here on money is in escrow: whatever the seller does is its purchase's end, no reason to ask the next one. */
  async #deal(parts: {
    api: ProviderApi;
    thread: BuyerThread;
    candidate: Candidate;
    want: Want;
    inputs: readonly Uint8Array[];
  }): Promise<Purchase> {
    const { api, thread, candidate, want, inputs } = parts;
    const { owner, agent, endpoint } = candidate;
    const price = thread.offer?.price ?? 0n;
    const paid = await this.#escrow({ owner, endpoint, want, amount: price * BigInt(inputs.length) });
    const outputs: Uint8Array[] = [];
    const bought = { seller: owner, agent, price, outputs };
    try {
      await say(api, thread.accept(accountIndex(paid.index), this.#now()));
      for (const input of inputs) outputs.push(await this.#answer({ api, thread, paid, price, input, want }));
    } catch (error) {
      if (!isOfSeller(error)) throw error;
      await this.#reputation.failed(owner, error, paid);
      await paid.setState('left');
      return { ...bought, fault: error.code };
    }
    // the seller's loss if it does not hear it: the last receipt is then not under the root it claims with
    await say(api, thread.settle(paid.voucher(), this.#now())).catch((error: unknown) => {
      if (!isOfSeller(error)) throw error;
    });
    await paid.setState('left');
    return bought;
  }

  async #answer(parts: {
    api: ProviderApi;
    thread: BuyerThread;
    paid: PaidChannel;
    price: bigint;
    input: Uint8Array;
    want: Want;
  }): Promise<Uint8Array> {
    const { api, thread, paid, price, input, want } = parts;
    const { clock } = this.#deps;
    const started = clock.nowMs();
    const { word: execution } = want.runner.execution('public');
    const { voucher } = await paid.ask({ input, price, audit: 'public', execution });
    const replied = await say(api, thread.work({ input, voucher }, this.#now()));
    const event = replied === undefined ? undefined : thread.receive(replied, this.#now());
    if (event?.kind !== 'RESULT') throw new ConsumerError('BAD_ANSWER', 'no result');
    const { output, receipt } = event;
    const answer = await paid.take({ output, receipt });
    await this.#reputation.answered(paid.record.provider, { price, latencyMs: clock.nowMs() - started });
    const { runner } = want;
    await this.#reputation.verify({ answer, input, output }, { paid, runner, always: false, signal: undefined });
    return output;
  }

  /** The money goes where only the seller's vouchers take it, and only as far as the buyer signs. */
  async #escrow({ owner, endpoint, want, amount }: { owner: number; endpoint: string; want: Want; amount: bigint }) {
    const { client, account } = this.#deps;
    const { index } = await client.openChannel({
      ...{ account, from: this.#options.payer, provider: owner, model: want.model, amount },
      ...{ lifetimeSeconds: ESCROW_SECONDS, voucherSeed: this.#seed },
    });
    const { expiry } = await client.getChannel(index);
    const { model, runner } = want;
    const record = { index, provider: owner, model, sha256: runner.sha256, endpoint, expiry } as const;
    return PaidChannel.open({ ...record, state: 'open', pending: undefined }, this.#paying());
  }

  #now(): number {
    return Math.floor(this.#deps.clock.nowMs() / 1000);
  }

  #paying() {
    const { client, account, store } = this.#deps;
    return { client, account, store, voucherSeed: this.#seed };
  }
}

/** Sends a message; once more if its answer got lost: the seller answers the same. */
async function say(api: ProviderApi, message: SignedDocument): Promise<SignedDocument | undefined> {
  const json = signedDocumentJson.encode(message);
  const reply = await api.dialogue(json).catch((error: unknown) => {
    const isLost = error instanceof ConsumerError && ['UNREACHABLE', 'TIMEOUT', 'TRUNCATED'].includes(error.code);
    if (!isLost) throw error;
    return api.dialogue(json);
  });
  return reply === undefined ? undefined : signedDocumentJson.decode(reply);
}

/** Also what cannot be read as a signed message. */
function isOfSeller(error: unknown): error is ConsumerError | ReceiptError | DialogueError | ProtocolError {
  return [ConsumerError, ReceiptError, DialogueError, ProtocolError].some((kind) => error instanceof kind);
}
