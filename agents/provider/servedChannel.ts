import type { Json } from '../../protocol/json.ts';
import { ProviderBook, type Work } from '../../protocol/receipts/channelBook.ts';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import { ReceiptFrontier } from '../../protocol/receipts/receiptTree.ts';
import type { AccountIndex, Field, Point, SignedVoucher } from '../../protocol/types.ts';
import type { ChannelRecord } from './providerStore.ts';

/** What a channel answered, or is about to. */
export interface Answer {
  /** A signed receipt's 221 bytes, as they are stored and sent: packing one costs a hash. */
  readonly receipt: Uint8Array;
  readonly output: Uint8Array;
}

/** What a channel is at work on; an acknowledgement has neither input nor answer. */
export interface Pending {
  readonly voucher: SignedVoucher;
  readonly input?: Uint8Array;
  readonly answer?: Promise<Answer>;
}

export interface ChannelTermsOf {
  readonly channel: AccountIndex;
  readonly model: AccountIndex;
  readonly voucherKey: Point;
  readonly domain: Field;
  readonly expiry: number;
  /** Claimed + balance. */
  readonly limit: bigint;
}

/**
 * One channel: its book, and the last state of it that is on disk. A request works on the book; unless its writes succeed the book goes
 * back to what is stored, as if the voucher had never come. Claims use the stored voucher alone: one whose work is not done yet is not
 * the provider's.
 */
export class ServedChannel {
  readonly index: AccountIndex;
  readonly voucherKey: Point;
  #book: ProviderBook;
  #stored: ChannelRecord;
  #limit: bigint;
  #isTrusted = false;
  /** What is under way: one request at a time. */
  pending: Pending | undefined;
  /** Milliseconds: when the ledger was last asked about the channel. */
  askedMs = 0;
  /** Milliseconds: when it was last handed out. */
  usedMs = 0;

  private constructor(book: ProviderBook, stored: ChannelRecord) {
    // members of a book's JSON, which the book made or has just decoded
    const { voucherKey, limit } = stored.book as { voucherKey: readonly [string, string]; limit: string };
    this.index = stored.channel;
    this.voucherKey = voucherKey.map(BigInt) as unknown as Point;
    this.#book = book;
    this.#stored = stored;
    this.#limit = BigInt(limit);
  }

  static create(terms: ChannelTermsOf): ServedChannel {
    const book = new ProviderBook(terms);
    const { channel, expiry } = terms;
    const nothing = { voucher: undefined, receipts: 0, unpaidSince: 0 };
    return new ServedChannel(book, { channel, expiry, book: book.toJson(), ...nothing });
  }

  /** @throws ProtocolError, ReceiptError for a damaged book */
  static restore(stored: ChannelRecord): ServedChannel {
    return new ServedChannel(ProviderBook.fromJson(stored.book), stored);
  }

  /** What is on disk. */
  get stored(): ChannelRecord {
    return this.#stored;
  }

  /** Over the receipts that are on disk. */
  get storedReceipts(): ReceiptFrontier {
    const { receipts } = this.#stored.book as { receipts: Json }; // as in the constructor
    return ReceiptFrontier.fromJson(receipts);
  }

  /** Claimed + balance, as the ledger last had it. */
  get limit(): bigint {
    return this.#limit;
  }

  get root(): Field {
    return this.#book.receiptsRoot;
  }

  /** Nothing is under way, and all of it is on disk. */
  get isIdle(): boolean {
    return this.pending === undefined;
  }

  fund(limit: bigint): void {
    if (limit > this.#limit) this.#limit = limit;
    this.#book.fund(this.#limit);
  }

  /**
   * Whether a run may begin before the voucher's signature is checked: all the rest fits, and the last voucher on this channel was good.
   * So whoever signs badly gets one run for nothing (not its answer) for each one it has paid.
   */
  mayBegin({ total, receiptsRoot }: SignedVoucher, price: bigint): boolean {
    return (
      this.#isTrusted &&
      receiptsRoot === this.#book.receiptsRoot &&
      total >= this.#book.issued + price &&
      total <= this.#limit
    );
  }

  /** @throws ReceiptError as `ProviderBook.accept`. Returns the receipt of a voucher that was answered before */
  accept(voucher: SignedVoucher, request: { readonly price: bigint; readonly now: number }): SignedReceipt | undefined {
    return this.#book.accept(voucher, request).receipt;
  }

  /** @param work its time is moved up to that of the receipt before: a clock that was set back must not end the channel */
  issue(work: Work, seed: Uint8Array): SignedReceipt {
    const { lastReceipt } = this.#stored.book as { lastReceipt: { time: number } | null }; // as in the constructor
    return this.#book.issue({ ...work, time: Math.max(work.time, lastReceipt?.time ?? 0) }, seed);
  }

  /** What is to be stored now. @param unpaidSince seconds */
  record(voucher: SignedVoucher, unpaidSince: number): ChannelRecord {
    const { channel, expiry } = this.#stored;
    return { channel, expiry, book: this.#book.toJson(), voucher, receipts: this.#book.receipts, unpaidSince };
  }

  /** It is on disk. */
  settle(stored: ChannelRecord): void {
    this.#stored = stored;
    this.#isTrusted = true;
  }

  /** Back to what is on disk. */
  revert(): void {
    this.#isTrusted = false;
    this.#book = ProviderBook.fromJson(this.#stored.book);
    this.#book.fund(this.#limit);
  }
}

export function isSameVoucher(a: SignedVoucher, b: SignedVoucher): boolean {
  const [p, q] = [a.signature, b.signature];
  return (
    a.channel === b.channel &&
    a.total === b.total &&
    a.receiptsRoot === b.receiptsRoot &&
    p.s === q.s &&
    p.r8[0] === q.r8[0] &&
    p.r8[1] === q.r8[1]
  );
}
