import { sign } from '../crypto/eddsa.ts';
import { big, fieldWord, index, int, type Json, list, object, optional, point } from '../json.ts';
import type { AccountIndex, Field, Point, SignedVoucher } from '../types.ts';
import { voucherMessage } from '../voucher.ts';
import { type Receipt, receiptHash, receiptMessage, type SignedReceipt } from './receipt.ts';
import { receiptJson, voucherJson } from './receiptCodec.ts';
import { ReceiptError } from './receiptError.ts';
import { frontierJson, ReceiptFrontier } from './receiptTree.ts';
import { StreamVerifier } from './streamVerifier.ts';

/**
 * How many vouchers, and of what value, may go unverified. A voucher is cumulative: checking the newest covers all before it, so a
 * provider that can bear to lose `maxUnverifiedValue` verifies one signature in `maxUnverifiedCount + 1`.
 */
export interface CheckPolicy {
  readonly maxUnverifiedValue: bigint;
  readonly maxUnverifiedCount: number;
}

export const EVERY_VOUCHER: CheckPolicy = { maxUnverifiedValue: 0n, maxUnverifiedCount: 0 };

export interface ProviderBookOptions {
  readonly channel: AccountIndex;
  readonly model: AccountIndex;
  /** The channel's voucher key. */
  readonly voucherKey: Point;
  readonly domain: Field;
  /** The channel's expiry, seconds. */
  readonly expiry: number;
  /** What the channel can pay in all: claimed + balance. */
  readonly limit: bigint;
  /** Default: every voucher. */
  readonly policy?: CheckPolicy;
}

/** What the provider did, as it goes into the receipt. */
export type Work = Pick<Receipt, 'price' | 'time' | 'inputHash' | 'outputHash' | 'execution'>;

export interface Accepted {
  /** The same voucher was accepted before: do not start the work twice. */
  readonly isRepeated: boolean;
  /** The receipt that answered a repeated voucher, to be sent again; undefined if the work was not finished. */
  readonly receipt: SignedReceipt | undefined;
}

interface State {
  readonly channel: AccountIndex;
  readonly model: AccountIndex;
  readonly voucherKey: Point;
  readonly domain: Field;
  readonly expiry: number;
  readonly limit: bigint;
  readonly policy: CheckPolicy;
  readonly issued: bigint;
  readonly receipts: ReceiptFrontier;
  readonly lastReceipt: SignedReceipt | undefined;
  readonly verified: SignedVoucher | undefined;
  readonly unverified: readonly SignedVoucher[];
}

const state = object<State>({
  channel: index,
  model: index,
  voucherKey: point,
  domain: fieldWord,
  expiry: int,
  limit: big,
  policy: object<CheckPolicy>({ maxUnverifiedValue: big, maxUnverifiedCount: int }),
  issued: big,
  receipts: frontierJson,
  lastReceipt: optional(receiptJson),
  verified: optional(voucherJson),
  unverified: list(voucherJson),
});

function isSameVoucher(a: SignedVoucher, b: SignedVoucher): boolean {
  const [p, q] = [a.signature, b.signature];
  return (
    a.total === b.total &&
    a.receiptsRoot === b.receiptsRoot &&
    p.s === q.s &&
    p.r8[0] === q.r8[0] &&
    p.r8[1] === q.r8[1]
  );
}

/**
 * The provider's side: `accept` a voucher, do the work, `issue` the receipt. It never serves beyond the vouchers it has, and never has
 * more than the policy's value in vouchers whose signatures it did not check. Store the book (`toJson`) before a receipt leaves.
 */
export class ProviderBook {
  readonly #options: ProviderBookOptions;
  readonly #policy: CheckPolicy;
  readonly #verifier: StreamVerifier;
  #limit: bigint;
  #receipts = new ReceiptFrontier();
  #lastReceipt: SignedReceipt | undefined;
  #issued = 0n;
  #verified: SignedVoucher | undefined;
  /** Totals do not fall from one to the next; all are at least that of the verified one. */
  #unverified: SignedVoucher[] = [];

  constructor(options: ProviderBookOptions) {
    this.#options = options;
    this.#policy = options.policy ?? EVERY_VOUCHER;
    this.#limit = options.limit;
    this.#verifier = new StreamVerifier(options.voucherKey);
  }

  /** Number of receipts issued. */
  get receipts(): number {
    return this.#receipts.size;
  }

  get receiptsRoot(): Field {
    return this.#receipts.root;
  }

  /** What the receipts issued cost in all. */
  get issued(): bigint {
    return this.#issued;
  }

  /** What the newest voucher that is known to be signed promises. */
  get verifiedTotal(): bigint {
    return this.#verified?.total ?? 0n;
  }

  /** What would be lost if no unverified voucher were good. At most the policy's value, plus what bad vouchers have already cost. */
  get atRisk(): bigint {
    return this.#issued > this.verifiedTotal ? this.#issued - this.verifiedTotal : 0n;
  }

  get unverifiedCount(): number {
    return this.#unverified.length;
  }

  get #newest(): SignedVoucher | undefined {
    return this.#unverified.at(-1) ?? this.#verified;
  }

  /** The channel was topped up: `limit` is claimed + balance now. It never goes down. */
  fund(limit: bigint): void {
    if (limit > this.#limit) this.#limit = limit;
  }

  /**
   * Takes a voucher for a request of this price (0: it only acknowledges receipts) at this time (seconds).
   * @throws ReceiptError VOUCHER_CHANNEL, CHANNEL_EXPIRED, VOUCHER_STALE, VOUCHER_ROOT, VOUCHER_TOO_LOW, VOUCHER_OVER_BALANCE,
   * BAD_VOUCHER; ProtocolError as `voucherMessage`. Then the voucher is not taken; earlier ones may have been verified meanwhile.
   */
  accept(voucher: SignedVoucher, request: { readonly price: bigint; readonly now: number }): Accepted {
    const { channel, expiry } = this.#options;
    if (voucher.channel !== channel) throw new ReceiptError('VOUCHER_CHANNEL', { channel, found: voucher.channel });
    const newest = this.#newest;
    const isRepeated = newest !== undefined && isSameVoucher(newest, voucher);
    if (isRepeated && voucher.receiptsRoot !== this.#receipts.root) return { isRepeated, receipt: this.#lastReceipt };
    if (request.now >= expiry) throw new ReceiptError('CHANNEL_EXPIRED', { expiry, now: request.now });
    // A forged voucher that was not verified must not make honest ones stale.
    if (newest !== undefined && voucher.total < newest.total) this.settle();
    // Also for a repeated one: its request may be a dearer one than before.
    this.#check(voucher, request.price);
    if (isRepeated) return { isRepeated, receipt: undefined };
    const value = voucher.total - this.verifiedTotal;
    const { maxUnverifiedCount, maxUnverifiedValue } = this.#policy;
    if (this.#unverified.length < maxUnverifiedCount && value <= maxUnverifiedValue) this.#unverified.push(voucher);
    else this.#verifyNow(voucher);
    return { isRepeated: false, receipt: undefined };
  }

  #check({ total, receiptsRoot }: SignedVoucher, price: bigint): void {
    const newest = this.#newest?.total ?? 0n;
    if (total < newest) throw new ReceiptError('VOUCHER_STALE', { total, newest });
    const root = this.#receipts.root;
    if (receiptsRoot !== root) throw new ReceiptError('VOUCHER_ROOT', { expected: root, found: receiptsRoot });
    const needed = this.#issued + price;
    if (total < needed) throw new ReceiptError('VOUCHER_TOO_LOW', { total, needed });
    if (total > this.#limit) throw new ReceiptError('VOUCHER_OVER_BALANCE', { total, limit: this.#limit });
  }

  #isSigned(voucher: SignedVoucher): boolean {
    return this.#verifier.verify(voucherMessage(voucher, this.#options.domain), voucher.signature);
  }

  #verifyNow(voucher: SignedVoucher): void {
    if (!this.#isSigned(voucher)) {
      this.settle();
      throw new ReceiptError('BAD_VOUCHER', { channel: voucher.channel, total: voucher.total });
    }
    this.#verified = voucher;
    this.#unverified = [];
  }

  /**
   * Verifies the newest voucher (if it is bad, the one before, and so on) and forgets those before it. Returns the one to claim with,
   * if there is any. Claim before `expiry + GRACE_SECONDS`.
   */
  settle(): SignedVoucher | undefined {
    for (let voucher = this.#unverified.pop(); voucher !== undefined; voucher = this.#unverified.pop()) {
      if (!this.#isSigned(voucher)) continue;
      this.#verified = voucher;
      this.#unverified = [];
    }
    return this.#verified;
  }

  /**
   * Signs the receipt of the work a voucher was accepted for, and counts it.
   * @throws ReceiptError NOT_PAID, RECEIPT_TIME; ProtocolError as `signReceipt`. Then nothing has changed.
   */
  issue(work: Work, seed: Uint8Array): SignedReceipt {
    const { channel, model, domain } = this.#options;
    this.#checkWork(work);
    const { price, time, inputHash, outputHash, execution } = work;
    const sequence = this.#receipts.size;
    const receipt: Receipt = { channel, sequence, model, time, price, inputHash, outputHash, execution };
    const leaf = receiptHash(receipt);
    return this.#append({ ...receipt, signature: sign(seed, receiptMessage(leaf, domain)) }, leaf);
  }

  /**
   * Counts a receipt that the provider's key signed elsewhere; its signature is not checked.
   * @throws ReceiptError NOT_PAID, RECEIPT_TIME, RECEIPT_CHANNEL, RECEIPT_MODEL, RECEIPT_SEQUENCE; ProtocolError as `receiptHash`
   */
  record(receipt: SignedReceipt): SignedReceipt {
    const { channel, model } = this.#options;
    if (receipt.channel !== channel) throw new ReceiptError('RECEIPT_CHANNEL', { channel, found: receipt.channel });
    if (receipt.model !== model) throw new ReceiptError('RECEIPT_MODEL', { model, found: receipt.model });
    const sequence = this.#receipts.size;
    if (receipt.sequence !== sequence)
      throw new ReceiptError('RECEIPT_SEQUENCE', { sequence, found: receipt.sequence });
    this.#checkWork(receipt);
    return this.#append(receipt, receiptHash(receipt));
  }

  #append(receipt: SignedReceipt, leaf: Field): SignedReceipt {
    this.#receipts.append(leaf);
    this.#issued += receipt.price;
    this.#lastReceipt = receipt;
    return receipt;
  }

  #checkWork({ price, time }: Pick<Receipt, 'price' | 'time'>): void {
    const paid = this.#newest?.total ?? 0n;
    if (this.#issued + price > paid) throw new ReceiptError('NOT_PAID', { issued: this.#issued, price, paid });
    const earliest = this.#lastReceipt?.time ?? 0;
    if (time < earliest) throw new ReceiptError('RECEIPT_TIME', { earliest, found: time });
  }

  toJson(): Json {
    return state.encode({
      ...this.#options,
      limit: this.#limit,
      policy: this.#policy,
      issued: this.#issued,
      receipts: this.#receipts,
      lastReceipt: this.#lastReceipt,
      verified: this.#verified,
      unverified: this.#unverified,
    });
  }

  /** @throws ProtocolError MALFORMED_BYTES and the codes of its parts; ReceiptError BAD_BOOK */
  static fromJson(json: unknown): ProviderBook {
    const found = state.decode(json);
    const { receipts, lastReceipt, verified, unverified, channel } = found;
    const totals = [verified, ...unverified].map((voucher) => voucher?.total ?? 0n);
    const isSound =
      receipts.size === (lastReceipt === undefined ? 0 : lastReceipt.sequence + 1) &&
      totals.every((total, i) => total <= found.limit && total >= (totals[i - 1] ?? 0n)) &&
      [verified, ...unverified, lastReceipt].every((item) => item === undefined || item.channel === channel);
    if (!isSound) throw new ReceiptError('BAD_BOOK', { channel, receipts: receipts.size, vouchers: totals.length });
    const book = new ProviderBook(found);
    book.#receipts = receipts;
    book.#lastReceipt = lastReceipt;
    book.#issued = found.issued;
    book.#verified = verified;
    book.#unverified = [...unverified];
    return book;
  }
}
