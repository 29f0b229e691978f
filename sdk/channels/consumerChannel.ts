import { sha256 } from '@noble/hashes/sha2.js';
import type { Json } from '../../protocol/json.ts';
import { ConsumerBook, type PaidRequest } from '../../protocol/receipts/channelBook.ts';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import type { AccountIndex, Field, Point, SignedVoucher } from '../../protocol/types.ts';
import { signVoucher } from '../../protocol/voucher.ts';
import type { LedgerAccount } from '../accounts/ledgerAccount.ts';
import { close } from '../actions/close.ts';
import { getAccount, getChannel } from '../actions/reads.ts';
import type { WriteOptions } from '../actions/send.ts';
import { transfer } from '../actions/transfer.ts';
import { domainOf } from '../chain.ts';
import { SdkError } from '../errors.ts';
import type { AnyClient } from '../request.ts';
import type { ChannelView, Hex } from '../rpcTypes.ts';
import { voucherKey, voucherSeed } from './voucherSeed.ts';

/** What the consumer wants done. `input`, or its SHA-256 when it is too large to hold. */
export type InferenceRequest = {
  /** As agreed, base units. */
  readonly price: bigint;
} & ({ readonly input: Uint8Array } | { readonly inputHash: Uint8Array });

export interface ResumeConsumerChannel {
  readonly account: LedgerAccount;
  readonly channel: number;
  /** Default: `voucherSeed(account)`. */
  readonly voucherSeed?: Uint8Array;
  /** What `toJson` gave before the process ended. Absent: the channel is new. */
  readonly book?: unknown;
}

/**
 * The side that pays: one voucher with each request, which also signs for the receipts received so far. At any time the provider can
 * take at most the price of one request without having delivered. Store `toJson()` before a voucher leaves the process.
 */
export class ConsumerChannel {
  readonly index: AccountIndex;
  readonly #client: AnyClient;
  readonly #account: LedgerAccount;
  readonly #seed: Uint8Array;
  readonly #book: ConsumerBook;
  readonly #domain: Field;

  private constructor(
    client: AnyClient,
    parts: { index: AccountIndex; account: LedgerAccount; seed: Uint8Array; book: ConsumerBook },
  ) {
    this.#client = client;
    this.index = parts.index;
    this.#account = parts.account;
    this.#seed = parts.seed;
    this.#book = parts.book;
    this.#domain = domainOf(client.chain);
  }

  /**
   * The consumer's side of a channel that exists.
   * @throws SdkError NOT_FOUND, KEY_MISMATCH (another voucher key), INVALID_ARGUMENT: vouchers were claimed and there is no
   *   book, so what was promised is not known; ProtocolError, ReceiptError for a damaged book
   */
  static async resume(client: AnyClient, parameters: ResumeConsumerChannel): Promise<ConsumerChannel> {
    const { account, channel, book: stored } = parameters;
    const seed = parameters.voucherSeed ?? voucherSeed(account);
    const view = await getChannel(client, channel);
    const key = voucherKey(seed);
    if (key[0] !== view.voucherKey.x || key[1] !== view.voucherKey.y) {
      throw new SdkError('KEY_MISMATCH', 'the channel takes vouchers of another key', { channel });
    }
    if (stored === undefined && view.claims > 0) {
      throw new SdkError('INVALID_ARGUMENT', 'this channel was used: its book says what was promised', { channel });
    }
    const book = stored === undefined ? await newBook(client, view) : ConsumerBook.fromJson(stored);
    book.fund(view.claimed + view.balance);
    return new ConsumerChannel(client, { index: view.index, account, seed, book });
  }

  /** What the provider could take without having delivered, base units: never more than the price of one request. */
  get exposure(): bigint {
    return this.#book.exposure;
  }

  /** Number of receipts received. */
  get received(): number {
    return this.#book.received;
  }

  /** What can still be promised, base units. */
  get left(): bigint {
    return this.#book.left;
  }

  /** The request that has no receipt yet. */
  get request(): PaidRequest | undefined {
    return this.#book.request;
  }

  /**
   * The voucher for the next request. `receipt` answers the request before; undefined for the first one.
   * @throws ReceiptError: the receipt is not for what was asked (RECEIPT_INPUT, RECEIPT_PRICE, RECEIPT_SIGNATURE …), REQUEST_PENDING,
   *   VOUCHER_OVER_BALANCE (`topUp` first). Nothing has changed then.
   */
  next(receipt: SignedReceipt | undefined, wanted: InferenceRequest): SignedVoucher {
    const { price } = wanted;
    const inputHash = 'input' in wanted ? sha256(wanted.input) : wanted.inputHash;
    return this.#sign(this.#book.next(receipt, { price, inputHash }));
  }

  /**
   * The voucher for another request in the open one's place, which the provider refused; it costs no less.
   * @throws ReceiptError NO_REQUEST, RECEIPT_PRICE, VOUCHER_OVER_BALANCE
   */
  replace(wanted: InferenceRequest): SignedVoucher {
    const { price } = wanted;
    const inputHash = 'input' in wanted ? sha256(wanted.input) : wanted.inputHash;
    return this.#sign(this.#book.replace({ price, inputHash }));
  }

  /** Takes the receipt of the open request without asking for more. @throws ReceiptError as `next` */
  receive(receipt: SignedReceipt): void {
    this.#book.receive(receipt);
  }

  /** The newest voucher again: to be resent, or, after the last receipt, to sign for it. */
  voucher(): SignedVoucher {
    return this.#sign(this.#book.voucher);
  }

  /** The channel as the ledger has it; what was added to it can be spent from now on. */
  async refresh(): Promise<ChannelView> {
    const view = await getChannel(this.#client, this.index);
    this.#book.fund(view.claimed + view.balance);
    return view;
  }

  /** Adds to the channel; `refresh` once the transaction is included. Returns its hash. @throws as `transfer` */
  topUp(parameters: WriteOptions & { readonly amount: bigint }): Promise<Hex> {
    return transfer(this.#client, { account: this.#account, ...parameters, to: this.index });
  }

  /** Takes back what is left once the channel is over. Returns the hash. @throws SdkError CHANNEL_NOT_OVER; as `close` */
  close(options: Omit<WriteOptions, 'from' | 'token'> = {}): Promise<Hex> {
    return close(this.#client, { account: this.#account, ...options, channel: this.index });
  }

  /** To be stored; it holds no secret. */
  toJson(): Json {
    return this.#book.toJson();
  }

  #sign(voucher: Parameters<typeof signVoucher>[0]): SignedVoucher {
    return signVoucher(voucher, this.#seed, this.#domain);
  }
}

async function newBook(client: AnyClient, view: ChannelView): Promise<ConsumerBook> {
  const provider = await getAccount(client, view.provider);
  return new ConsumerBook({
    channel: view.index as AccountIndex,
    model: view.model as AccountIndex,
    providerKey: [provider.a, provider.b] as unknown as Point, // words of a live account
    domain: domainOf(client.chain),
    limit: view.claimed + view.balance,
  });
}
