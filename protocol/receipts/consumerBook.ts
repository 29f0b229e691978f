import { bytesToHex } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { big, fieldWord, index, int, type Json, object, optional, point } from '../json.ts';
import type { AccountIndex, Field, Point, Voucher } from '../types.ts';
import { HASH_BYTES, receiptHash, receiptMessage, type SignedReceipt } from './receipt.ts';
import { hashJson } from './receiptCodec.ts';
import { ReceiptError } from './receiptError.ts';
import { frontierJson, ReceiptFrontier } from './receiptTree.ts';
import { StreamVerifier } from './streamVerifier.ts';

export interface ConsumerBookOptions {
  readonly channel: AccountIndex;
  /** The channel's model; 0 for none. */
  readonly model: AccountIndex;
  /** Key of the channel's provider, who signs the receipts. */
  readonly providerKey: Point;
  readonly domain: Field;
  /** What the channel can pay in all: claimed + balance. */
  readonly limit: bigint;
}

/** A request as consumer and provider agreed on it. */
export interface PaidRequest {
  readonly price: bigint;
  /** SHA-256 of the input. */
  readonly inputHash: Uint8Array;
}

interface State {
  readonly channel: AccountIndex;
  readonly model: AccountIndex;
  readonly providerKey: Point;
  readonly domain: Field;
  readonly limit: bigint;
  readonly promised: bigint;
  readonly acknowledged: bigint;
  readonly lastTime: number;
  readonly request: PaidRequest | undefined;
  readonly receipts: ReceiptFrontier;
}

const state = object<State>({
  channel: index,
  model: index,
  providerKey: point,
  domain: fieldWord,
  limit: big,
  promised: big,
  acknowledged: big,
  lastTime: int,
  request: optional(object<PaidRequest>({ price: big, inputHash: hashJson })),
  receipts: frontierJson,
});

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return bytesToHex(a) === bytesToHex(b);
}

/**
 * The consumer's side: one request at a time; each voucher pays for the next request and signs for the receipts received so far.
 * Store the book (`toJson`) before a voucher leaves: what was promised must not be forgotten, or a resent voucher would differ.
 */
export class ConsumerBook {
  readonly #options: ConsumerBookOptions;
  readonly #verifier: StreamVerifier;
  #limit: bigint;
  #receipts = new ReceiptFrontier();
  #promised = 0n;
  #acknowledged = 0n;
  #lastTime = 0;
  #request: PaidRequest | undefined;

  constructor(options: ConsumerBookOptions) {
    this.#options = options;
    this.#limit = options.limit;
    this.#verifier = new StreamVerifier(options.providerKey);
  }

  /** The newest voucher, to be signed: to be sent again while a request is open, and to close the stream once there is none. */
  get voucher(): Voucher {
    return { channel: this.#options.channel, total: this.#promised, receiptsRoot: this.#receipts.root };
  }

  /** The request that has no receipt yet. */
  get request(): PaidRequest | undefined {
    return this.#request;
  }

  /** Number of receipts received. */
  get received(): number {
    return this.#receipts.size;
  }

  /** What the provider could take without having delivered: never more than the price of one request. */
  get exposure(): bigint {
    return this.#promised - this.#acknowledged;
  }

  /** What can still be promised. */
  get left(): bigint {
    return this.#limit - this.#promised;
  }

  /** The channel was topped up: `limit` is claimed + balance now. It never goes down. */
  fund(limit: bigint): void {
    if (limit > this.#limit) this.#limit = limit;
  }

  /**
   * Takes the receipt of the open request (undefined before the first one) and opens the next; returns the voucher to sign and send with it.
   * @throws ReceiptError REQUEST_PENDING, VOUCHER_OVER_BALANCE and those of `receive`; ProtocolError AMOUNT_OUT_OF_RANGE (price),
   * MALFORMED_BYTES (hash). Then nothing has changed.
   */
  next(receipt: SignedReceipt | undefined, request: PaidRequest): Voucher {
    const { price, inputHash } = request;
    if (price < 0n) throw new ProtocolError('AMOUNT_OUT_OF_RANGE', { price });
    if (inputHash.length !== HASH_BYTES) throw new ProtocolError('MALFORMED_BYTES', { hashBytes: inputHash.length });
    const leaf = receipt === undefined ? undefined : this.#check(receipt);
    if (receipt === undefined && this.#request !== undefined) {
      throw new ReceiptError('REQUEST_PENDING', { sequence: this.#receipts.size });
    }
    const total = this.#acknowledged + (receipt?.price ?? 0n) + price;
    if (total > this.#limit) throw new ReceiptError('VOUCHER_OVER_BALANCE', { total, limit: this.#limit });
    if (receipt !== undefined && leaf !== undefined) this.#record(receipt, leaf);
    this.#promised = total;
    this.#request = { price, inputHash: inputHash.slice() };
    return this.voucher;
  }

  /**
   * Puts another request in the open one's place, because the provider refused that one: the same voucher pays for it, or a higher one
   * if it is dearer. What the provider could take stays the price of one request. A cheaper one is refused: no voucher is taken back.
   * @throws ReceiptError NO_REQUEST, RECEIPT_PRICE (cheaper), VOUCHER_OVER_BALANCE; ProtocolError MALFORMED_BYTES. Then nothing has changed.
   */
  replace({ price, inputHash }: PaidRequest): Voucher {
    const open = this.#request;
    if (open === undefined) throw new ReceiptError('NO_REQUEST', { sequence: this.#receipts.size });
    if (inputHash.length !== HASH_BYTES) throw new ProtocolError('MALFORMED_BYTES', { hashBytes: inputHash.length });
    if (price < open.price) throw new ReceiptError('RECEIPT_PRICE', { expected: open.price, found: price });
    const total = this.#acknowledged + price;
    if (total > this.#limit) throw new ReceiptError('VOUCHER_OVER_BALANCE', { total, limit: this.#limit });
    this.#promised = total;
    this.#request = { price, inputHash: inputHash.slice() };
    return this.voucher;
  }

  /**
   * Takes the receipt of the open request.
   * @throws ReceiptError NO_REQUEST, RECEIPT_CHANNEL, RECEIPT_MODEL, RECEIPT_SEQUENCE, RECEIPT_PRICE, RECEIPT_TIME, RECEIPT_INPUT,
   * RECEIPT_SIGNATURE; ProtocolError as `receiptHash`. Then nothing has changed.
   */
  receive(receipt: SignedReceipt): void {
    this.#record(receipt, this.#check(receipt));
  }

  #check(receipt: SignedReceipt): Field {
    const { channel, model, domain } = this.#options;
    const request = this.#request;
    if (request === undefined) throw new ReceiptError('NO_REQUEST', { sequence: receipt.sequence });
    const must = (code: 'RECEIPT_CHANNEL' | 'RECEIPT_MODEL' | 'RECEIPT_SEQUENCE', expected: number, found: number) => {
      if (found !== expected) throw new ReceiptError(code, { expected, found });
    };
    must('RECEIPT_CHANNEL', channel, receipt.channel);
    must('RECEIPT_MODEL', model, receipt.model);
    must('RECEIPT_SEQUENCE', this.#receipts.size, receipt.sequence);
    if (receipt.price !== request.price) {
      throw new ReceiptError('RECEIPT_PRICE', { expected: request.price, found: receipt.price });
    }
    if (receipt.time < this.#lastTime) {
      throw new ReceiptError('RECEIPT_TIME', { earliest: this.#lastTime, found: receipt.time });
    }
    if (!isSame(receipt.inputHash, request.inputHash)) throw new ReceiptError('RECEIPT_INPUT');
    const leaf = receiptHash(receipt);
    if (!this.#verifier.verify(receiptMessage(leaf, domain), receipt.signature)) {
      throw new ReceiptError('RECEIPT_SIGNATURE', { sequence: receipt.sequence });
    }
    return leaf;
  }

  #record(receipt: SignedReceipt, leaf: Field): void {
    this.#receipts.append(leaf);
    this.#acknowledged += receipt.price;
    this.#lastTime = receipt.time;
    this.#request = undefined;
  }

  toJson(): Json {
    return state.encode({
      ...this.#options,
      limit: this.#limit,
      promised: this.#promised,
      acknowledged: this.#acknowledged,
      lastTime: this.#lastTime,
      request: this.#request,
      receipts: this.#receipts,
    });
  }

  /** @throws ProtocolError MALFORMED_BYTES and the codes of its parts; ReceiptError BAD_BOOK */
  static fromJson(json: unknown): ConsumerBook {
    const found = state.decode(json);
    const { promised, acknowledged, limit, request } = found;
    if (promised !== acknowledged + (request?.price ?? 0n) || promised > limit) {
      throw new ReceiptError('BAD_BOOK', { promised, acknowledged, limit });
    }
    const book = new ConsumerBook(found);
    book.#promised = promised;
    book.#acknowledged = acknowledged;
    book.#lastTime = found.lastTime;
    book.#request = request;
    book.#receipts = found.receipts;
    return book;
  }
}
