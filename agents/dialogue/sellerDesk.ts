import { bytesToHex } from '../../protocol/bytes.ts';
import { type SignedDocument, signedDocumentJson } from '../../protocol/documents/signedDocument.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import { type AccountIndex, type Point, type SignedVoucher, Subtype } from '../../protocol/types.ts';
import type { LedgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { domainOf } from '../../sdk/chain.ts';
import type { LedgerClient } from '../../sdk/client.ts';
import { SdkError } from '../../sdk/errors.ts';
import { KeyedLock } from '../consumer/keyedLock.ts';
import { DialogueError } from './dialogueError.ts';
import { type RequestBody, readMessage } from './message.ts';
import { type EscrowTerms, type SellerEvent, SellerThread } from './sellerThread.ts';

/** The program behind a desk: what it sells and how it works. */
export interface Seller {
  /** The price of one answer, or why there is no offer. */
  quote(request: RequestBody, buyer: AccountIndex): { readonly price: bigint } | { readonly reason: string };
  /** What the escrow for a capability must pay. */
  escrowFor(request: RequestBody): EscrowTerms;
  /** Takes the voucher, then works. Failures are the buyer's to see by their code. */
  work(order: {
    readonly channel: AccountIndex;
    readonly request: RequestBody;
    readonly price: bigint;
    readonly input: Uint8Array;
    readonly voucher: SignedVoucher;
  }): Promise<{ readonly output: Uint8Array; readonly receipt: SignedReceipt }>;
  /** Takes a voucher that only signs for receipts. */
  settle(voucher: SignedVoucher): Promise<void>;
}

export interface SellerDeskOptions {
  /** The seller's agent (ATTEST account). */
  readonly agent: AccountIndex;
  /** How long an offer stands. Default 60. */
  readonly offerSeconds?: number;
  /** Threads that are not over, in all and of the agents of one key. Default 1,000 and 8. */
  readonly maxThreads?: number;
  readonly maxThreadsOfAgent?: number;
}

export interface SellerDeskDependencies {
  readonly client: LedgerClient;
  /** Of the agent's owner. */
  readonly account: LedgerAccount;
  readonly seller: Seller;
  /** Seconds. */
  readonly now: () => number;
}

/** Keys of agents that are looked up at a time. */
const MAX_LOOKUPS = 16;

interface Open {
  readonly buyer: AccountIndex;
  /** Of the buyer's owner. */
  readonly key: Point;
  readonly thread: SellerThread;
}

/** Holds a seller's threads, in memory: one that is lost costs the buyer a new REQUEST, and nobody money. */
export class SellerDesk {
  readonly #options: Required<SellerDeskOptions>;
  readonly #deps: SellerDeskDependencies;
  readonly #threads = new Map<string, Open>();
  /** Escrows of this desk's threads: a channel has one book, so one thread. */
  readonly #escrows = new Set<number>();
  readonly #locks = new KeyedLock();
  #lookups = 0;

  constructor(options: SellerDeskOptions, deps: SellerDeskDependencies) {
    this.#options = { offerSeconds: 60, maxThreads: 1_000, maxThreadsOfAgent: 8, ...options };
    this.#deps = deps;
  }

  /**
   * The reply to a buyer's message (`{document, signature}` as JSON); undefined: none is due.
   * @throws DialogueError; what the seller throws for work and vouchers
   */
  async handle(json: unknown): Promise<SignedDocument | undefined> {
    const signed = parsed(json);
    const { thread } = readMessage(signed.document);
    const id = bytesToHex(thread);
    return this.#locks.use(id, async () => {
      const open = this.#threads.get(id) ?? (await this.#begin(signed));
      const now = this.#deps.now();
      const event = open.thread.receive(signed, now);
      if (event === undefined) return undefined;
      // only now: a message that is not signed by its agent opens nothing
      this.#threads.set(id, open);
      try {
        return await this.#answer(open, event, now);
      } catch (error) {
        open.thread.refuse();
        throw error;
      }
    });
  }

  async #answer({ thread, buyer }: Open, event: SellerEvent, now: number): Promise<SignedDocument | undefined> {
    const { seller } = this.#deps;
    switch (event.kind) {
      case 'REPEATED':
        return event.reply;
      case 'REQUEST': {
        const quote = seller.quote(event.request, buyer);
        if ('reason' in quote) return thread.reject(quote.reason, now);
        if (quote.price > event.request.maxPrice) return thread.reject('the price is higher', now);
        return thread.offer({ price: quote.price, validUntil: now + this.#options.offerSeconds }, now);
      }
      case 'ACCEPT': {
        const { request } = thread;
        if (request === undefined || this.#escrows.has(event.channel)) {
          throw new DialogueError('ESCROW_REFUSED', 'the channel is another thread’s', {
            reason: 'it was used before',
          });
        }
        // before the ledger is asked: another thread could name it meanwhile
        this.#escrows.add(event.channel);
        try {
          thread.confirm(await this.#channel(event.channel), seller.escrowFor(request));
        } catch (error) {
          this.#escrows.delete(event.channel);
          throw error;
        }
        return undefined;
      }
      case 'WORK': {
        const { request, standingOffer: offer, channel } = thread;
        if (request === undefined || offer === undefined || channel === undefined) return undefined;
        const { input, voucher } = event;
        const done = await seller.work({ channel, request, price: offer.price, input, voucher });
        return thread.result(done, this.#deps.now());
      }
      case 'SETTLE':
        await seller.settle(event.voucher);
        thread.finish();
        return undefined;
    }
  }

  async #channel(index: AccountIndex) {
    try {
      return await this.#deps.client.getChannel(index);
    } catch (cause) {
      if (!(cause instanceof SdkError)) throw cause;
      throw new DialogueError('ESCROW_REFUSED', 'there is no such channel', { reason: 'not there' }, { cause });
    }
  }

  async #begin(signed: SignedDocument): Promise<Open> {
    const { from, thread } = readMessage(signed.document);
    const { agent, maxThreads, maxThreadsOfAgent } = this.#options;
    this.#forget();
    const tooMany = () => new DialogueError('TOO_MANY', 'too many threads are open', { agent: from });
    const countOf = (isOwn: (open: Open) => boolean): number => [...this.#threads.values()].filter(isOwn).length;
    if (this.#threads.size >= maxThreads || countOf(({ buyer }) => buyer === from) >= maxThreadsOfAgent)
      throw tooMany();
    // strangers' messages cost questions to the ledger before their signature can be checked
    if (this.#lookups >= MAX_LOOKUPS) throw new DialogueError('TOO_MANY', 'too many threads begin', { agent: from });
    this.#lookups += 1;
    const { account, client } = this.#deps;
    const otherKey = await agentKey(client, from).finally(() => {
      this.#lookups -= 1;
    });
    // agents are cheap: a key has no more threads with many of them
    if (countOf(({ key }) => key[0] === otherKey[0] && key[1] === otherKey[1]) >= maxThreadsOfAgent) throw tooMany();
    const domain = domainOf(client.chain);
    return {
      buyer: from,
      key: otherKey,
      thread: new SellerThread({ agent, seed: account.seed, other: from, otherKey, domain }, thread),
    };
  }

  /** Threads that are over, or can no longer go on. */
  #forget(): void {
    const now = this.#deps.now();
    for (const [id, { thread }] of this.#threads) {
      const { state, request, standingOffer: offer } = thread;
      const isLate = request !== undefined && now >= request.deadline;
      const isStale = state === 'offered' && offer !== undefined && now >= offer.validUntil;
      if (isLate || isStale || state === 'settled' || state === 'rejected' || state === 'new') this.#threads.delete(id);
    }
  }
}

/** The key of an agent's owner. @throws DialogueError UNKNOWN_AGENT */
export async function agentKey(client: LedgerClient, agent: number): Promise<Point> {
  const unknown = (cause?: unknown) =>
    new DialogueError('UNKNOWN_AGENT', `account ${agent} is no agent`, { agent }, { cause });
  try {
    const { subtype, owner } = await client.getAttestation(agent);
    if (subtype !== Subtype.AGENT) throw unknown();
    const { a, b } = await client.getAccount(owner);
    return [a, b] as unknown as Point; // words of a live account
  } catch (error) {
    if (error instanceof SdkError) throw unknown(error);
    throw error;
  }
}

function parsed(json: unknown): SignedDocument {
  try {
    return signedDocumentJson.decode(json);
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new DialogueError('BAD_MESSAGE', 'no signed document', {}, { cause });
  }
}
