import { royaltyOf } from '../../protocol/account.ts';
import type { Json } from '../../protocol/json.ts';
import { type Accepted, type CheckPolicy, ProviderBook, type Work } from '../../protocol/receipts/channelBook.ts';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import type { AccountIndex, Field, Point, SignedVoucher } from '../../protocol/types.ts';
import type { LedgerAccount } from '../accounts/ledgerAccount.ts';
import { claim } from '../actions/claim.ts';
import { getAccount, getChannel } from '../actions/reads.ts';
import { feeOf, type WriteOptions } from '../actions/send.ts';
import { domainOf } from '../chain.ts';
import { chainInfo } from '../chainInfo.ts';
import { SdkError } from '../errors.ts';
import type { AnyClient } from '../request.ts';
import type { ChannelView, Hex } from '../rpcTypes.ts';

export interface AcceptChannelParameters {
  readonly account: LedgerAccount;
  readonly channel: number;
  /** The attestation the provider serves; 0: none. Default: whatever the channel names. */
  readonly model?: number;
  /** The least deposit that is worth it, base units. Default 1. */
  readonly minimumBalance?: bigint;
  /** The least time it must still take vouchers, seconds. Default 60. */
  readonly minimumSeconds?: number;
  /** Which vouchers are verified: default every one. See docs/receipts.md for what the others risk. */
  readonly policy?: CheckPolicy;
  /** Seconds (Unix time). Default: this computer's clock. */
  readonly now?: () => number;
  /** What `toJson` gave before the process ended. Absent: nothing was served on this channel yet. */
  readonly book?: unknown;
}

/**
 * The side that is paid: takes a voucher, does the work, gives the receipt, claims when it is worth it. It never serves beyond the vouchers
 * it has. Store `toJson()` before a receipt leaves the process.
 */
export class ProviderChannel {
  readonly index: AccountIndex;
  readonly #client: AnyClient;
  readonly #account: LedgerAccount;
  readonly #book: ProviderBook;
  readonly #now: () => number;

  private constructor(
    client: AnyClient,
    parts: { index: AccountIndex; account: LedgerAccount; book: ProviderBook; now: () => number },
  ) {
    this.#client = client;
    this.index = parts.index;
    this.#account = parts.account;
    this.#book = parts.book;
    this.#now = parts.now;
  }

  /**
   * Takes a channel on after checking that it pays this account, for this model, enough and for long enough.
   * @throws SdkError NOT_FOUND, NOT_AUTHORIZED (it pays somebody else), MODEL_MISMATCH, BAD_EXPIRY, INVALID_ARGUMENT (deposit); ProtocolError,
   *   ReceiptError for a damaged book
   */
  static async accept(client: AnyClient, parameters: AcceptChannelParameters): Promise<ProviderChannel> {
    const { account, channel, model, minimumBalance = 1n, minimumSeconds = 60, policy, book: stored } = parameters;
    const now = parameters.now ?? (() => Math.floor(Date.now() / 1000));
    const view = await getChannel(client, channel);
    const own = await getAccount(client, view.provider);
    if (own.a !== account.key[0] || own.b !== account.key[1]) {
      throw new SdkError('NOT_AUTHORIZED', 'the channel pays somebody else', { channel, provider: view.provider });
    }
    if (model !== undefined && model !== view.model) {
      throw new SdkError('MODEL_MISMATCH', 'the channel is for another model', { channel, model: view.model });
    }
    if (stored === undefined) {
      if (view.balance < minimumBalance) {
        throw new SdkError('INVALID_ARGUMENT', 'the deposit is too small', { balance: view.balance, minimumBalance });
      }
      const left = view.expiry - now();
      if (left < minimumSeconds) throw new SdkError('BAD_EXPIRY', 'the channel expires too soon', { channel, left });
      if (view.claims > 0)
        throw new SdkError('INVALID_ARGUMENT', 'this channel was used: its book is needed', { channel });
    }
    const book =
      stored === undefined
        ? new ProviderBook({ ...terms(view, domainOf(client.chain)), ...(policy !== undefined && { policy }) })
        : ProviderBook.fromJson(stored);
    book.fund(view.claimed + view.balance);
    return new ProviderChannel(client, { index: view.index, account, book, now });
  }

  /** What the receipts issued cost in all, base units. */
  get issued(): bigint {
    return this.#book.issued;
  }

  /** What would be lost if no unverified voucher were good, base units; 0 if every voucher is verified. */
  get atRisk(): bigint {
    return this.#book.atRisk;
  }

  /** The root that the next voucher must sign. */
  get receiptsRoot(): Field {
    return this.#book.receiptsRoot;
  }

  /**
   * Takes a voucher for a request of this price; 0: it only signs for receipts.
   * @throws ReceiptError BAD_VOUCHER, VOUCHER_STALE, VOUCHER_TOO_LOW, VOUCHER_OVER_BALANCE, VOUCHER_ROOT, CHANNEL_EXPIRED … Serve nothing then.
   */
  accept(voucher: SignedVoucher, { price }: { readonly price: bigint }): Accepted {
    return this.#book.accept(voucher, { price, now: this.#now() });
  }

  /** Signs the receipt of the work done. @throws ReceiptError NOT_PAID, RECEIPT_TIME */
  issue(work: Omit<Work, 'time'> & { readonly time?: number }): SignedReceipt {
    return this.#book.issue({ time: this.#now(), ...work }, this.#account.seed);
  }

  /** The newest voucher that is good, verified now if it was not; undefined: there is none. */
  settle(): SignedVoucher | undefined {
    return this.#book.settle();
  }

  /** The channel as the ledger has it; what was added to it can be earned from now on. */
  async refresh(): Promise<ChannelView> {
    const view = await getChannel(this.#client, this.index);
    this.#book.fund(view.claimed + view.balance);
    return view;
  }

  /** Claims what the vouchers so far are worth. Returns the hash. @throws SdkError NOTHING_TO_CLAIM, CHANNEL_OVER; as `claim` */
  async claim(options: Omit<WriteOptions, 'from' | 'token'> = {}): Promise<Hex> {
    const [hash] = await claimChannels(this.#client, [this], { account: this.#account, ...options });
    if (hash === undefined)
      throw new SdkError('NOTHING_TO_CLAIM', 'no voucher is worth its fee', { channel: this.index });
    return hash;
  }

  /** To be stored; it holds no secret. */
  toJson(): Json {
    return this.#book.toJson();
  }
}

export interface ClaimChannelsOptions extends Omit<WriteOptions, 'from' | 'token'> {
  /** The least to take from a channel after fee and royalty, base units. Default 1: whatever is more than its fee. */
  readonly minimumAmount?: bigint;
  /** Told of each transaction as soon as the node has it: the later ones can still be refused. */
  readonly onSent?: ((hash: Hex) => void) | undefined;
}

/**
 * Claims from every channel that is worth it, many in one transaction (one signature of the provider for all of them). Returns the hashes.
 * @throws as `claim`
 */
export async function claimChannels(
  client: AnyClient,
  channels: readonly ProviderChannel[],
  options: ClaimChannelsOptions,
): Promise<readonly Hex[]> {
  const { minimumAmount = 1n, ...rest } = options;
  const info = await chainInfo(client);
  const vouchers: SignedVoucher[] = [];
  for (const channel of channels) {
    const voucher = channel.settle();
    if (voucher === undefined) continue;
    const view = await channel.refresh();
    const fee = feeOf(info, view.token, rest);
    const delta = voucher.total - view.claimed;
    if (!view.isOver && delta > 0n && delta - royaltyOf(delta, view.royaltyBps) - fee >= minimumAmount) {
      vouchers.push(voucher);
    }
  }
  return vouchers.length === 0 ? [] : claim(client, { ...rest, vouchers });
}

function terms(view: ChannelView, domain: Field) {
  const { x, y } = view.voucherKey;
  return {
    channel: view.index as AccountIndex, // numbers of the node's own list
    model: view.model as AccountIndex,
    voucherKey: [x, y] as unknown as Point, // words of a live account
    domain,
    expiry: view.expiry,
    limit: view.claimed + view.balance,
  };
}
