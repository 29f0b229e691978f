import { sha256 } from '@noble/hashes/sha2.js';
import type { SignedDocument } from '../../protocol/documents/signedDocument.ts';
import { hexBytes, index, int, type Json, object, oneOf, optional } from '../../protocol/json.ts';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import type { AccountIndex, SignedVoucher } from '../../protocol/types.ts';
import { DialogueError } from './dialogueError.ts';
import type { Message, OfferBody, RequestBody } from './message.ts';
import { isHash, offerJson, requestJson } from './threadJson.ts';
import { outOfTurn, type Parties, Transcript, type TranscriptState, transcriptJson } from './transcript.ts';

/** `answered`: between answers; the next is WORK or SETTLE. */
export type BuyerState = 'new' | 'requested' | 'offered' | 'rejected' | 'answered' | 'working' | 'settled';

/** What the seller's message brought. */
export type BuyerEvent =
  | { readonly kind: 'OFFER'; readonly offer: OfferBody }
  | { readonly kind: 'REJECT'; readonly reason: string }
  | { readonly kind: 'RESULT'; readonly output: Uint8Array; readonly receipt: SignedReceipt };

interface State {
  readonly state: BuyerState;
  readonly request: RequestBody | undefined;
  readonly offer: OfferBody | undefined;
  readonly channel: AccountIndex | undefined;
  /** Answers received. */
  readonly done: number;
  /** SHA-256 of the open WORK's input. */
  readonly inputHash: Uint8Array | undefined;
  readonly transcript: TranscriptState;
}

const stateJson = object<State>({
  state: oneOf<BuyerState>(['new', 'requested', 'offered', 'rejected', 'answered', 'working', 'settled']),
  request: optional(requestJson),
  offer: optional(offerJson),
  channel: optional(index),
  done: int,
  inputHash: optional(hexBytes(32)),
  transcript: transcriptJson,
});

/**
 * The buyer's side of a dialogue: REQUEST, ACCEPT, WORK …, SETTLE. No I/O: what it returns is sent, what comes is given to `receive`. A
 * refused step or message leaves it as it was. Receipts' signatures and totals are the book's to check (`ConsumerBook`).
 */
export class BuyerThread {
  #transcript: Transcript;
  #state: Omit<State, 'transcript'>;

  /** @param thread 32 random bytes, never used before */
  constructor(parties: Parties, thread: Uint8Array) {
    this.#transcript = new Transcript(parties, { thread });
    this.#state = {
      state: 'new',
      request: undefined,
      offer: undefined,
      channel: undefined,
      done: 0,
      inputHash: undefined,
    };
  }

  get state(): BuyerState {
    return this.#state.state;
  }

  /** The offer that stands, or was accepted. */
  get offer(): OfferBody | undefined {
    return this.#state.offer;
  }

  get done(): number {
    return this.#state.done;
  }

  /** The last message: to be sent again when its answer got lost. */
  get sent(): SignedDocument | undefined {
    return this.#transcript.sent;
  }

  request(request: RequestBody, now: number): SignedDocument {
    this.#expect('REQUEST', 'new');
    this.#state = { ...this.#state, state: 'requested', request };
    return this.#transcript.write('REQUEST', request, now);
  }

  /**
   * Takes the seller's message; undefined: it is old and changes nothing.
   * @throws DialogueError as `Transcript.read`, OFFER_MISMATCH, PRICE_TOO_HIGH, OFFER_EXPIRED, RECEIPT_MISMATCH
   */
  receive(signed: SignedDocument, now: number): BuyerEvent | undefined {
    const heard = this.#transcript.read(signed);
    if (heard.is !== 'new') return undefined;
    const { message } = heard;
    const event = this.#event(message, now);
    if (event.kind === 'OFFER') this.#state = { ...this.#state, state: 'offered', offer: event.offer };
    else if (event.kind === 'REJECT') this.#state = { ...this.#state, state: 'rejected' };
    else this.#state = { ...this.#state, state: 'answered', done: this.#state.done + 1, inputHash: undefined };
    this.#transcript.commit(message);
    return event;
  }

  /** @param channel the escrow: open, to the seller, over at least price · count, expiring after the deadline. @throws DialogueError OFFER_EXPIRED */
  accept(channel: AccountIndex, now: number): SignedDocument {
    this.#expect('ACCEPT', 'offered');
    const { offer } = this.#state;
    if (offer === undefined || now >= offer.validUntil) throw expired(offer);
    this.#state = { ...this.#state, state: 'answered', channel };
    return this.#transcript.write('ACCEPT', { channel }, now);
  }

  /** @throws DialogueError COUNT_EXCEEDED, DEADLINE_PASSED, VOUCHER_CHANNEL */
  work({ input, voucher }: { input: Uint8Array; voucher: SignedVoucher }, now: number): SignedDocument {
    this.#expect('WORK', 'answered');
    const { offer, done, channel } = this.#state;
    if (offer === undefined || done >= offer.count)
      throw new DialogueError('COUNT_EXCEEDED', 'all answers are there', { done });
    if (now >= offer.deadline) throw new DialogueError('DEADLINE_PASSED', 'too late', { deadline: offer.deadline });
    if (voucher.channel !== channel) throw wrongChannel(voucher.channel);
    this.#state = { ...this.#state, state: 'working', inputHash: sha256(input) };
    return this.#transcript.write('WORK', { input, voucher }, now);
  }

  /** Ends the thread: signs for the last receipt. @throws DialogueError VOUCHER_CHANNEL */
  settle(voucher: SignedVoucher, now: number): SignedDocument {
    this.#expect('SETTLE', 'answered');
    if (voucher.channel !== this.#state.channel) throw wrongChannel(voucher.channel);
    this.#state = { ...this.#state, state: 'settled' };
    return this.#transcript.write('SETTLE', { voucher }, now);
  }

  /** It holds no secret. */
  toJson(): Json {
    return stateJson.encode({ ...this.#state, transcript: this.#transcript.state });
  }

  /** @throws ProtocolError MALFORMED_BYTES */
  static fromJson(json: unknown, parties: Parties): BuyerThread {
    const { transcript, ...state } = stateJson.decode(json);
    const thread = new BuyerThread(parties, transcript.thread);
    thread.#state = state;
    thread.#transcript = new Transcript(parties, transcript);
    return thread;
  }

  #event(message: Message, now: number): BuyerEvent {
    const { state } = this.#state;
    if (message.kind === 'OFFER' && state === 'requested')
      return { kind: 'OFFER', offer: this.#checkOffer(message.body, now) };
    if (message.kind === 'REJECT' && state === 'requested') return { kind: 'REJECT', reason: message.body.reason };
    if (message.kind === 'RESULT' && state === 'working') {
      this.#checkResult(message.body);
      return { kind: 'RESULT', ...message.body };
    }
    throw outOfTurn(message.kind, state);
  }

  #checkOffer(offer: OfferBody, now: number): OfferBody {
    const { request } = this.#state;
    const isAsked =
      request !== undefined &&
      offer.capability === request.capability &&
      offer.count === request.count &&
      offer.deadline === request.deadline;
    if (!isAsked) throw new DialogueError('OFFER_MISMATCH', 'not what was requested');
    const { maxPrice } = request;
    if (offer.price > maxPrice)
      throw new DialogueError('PRICE_TOO_HIGH', 'over the price requested', { price: offer.price, maxPrice });
    if (now >= offer.validUntil) throw expired(offer);
    return offer;
  }

  #checkResult({ output, receipt }: { output: Uint8Array; receipt: SignedReceipt }): void {
    const { channel, offer, inputHash } = this.#state;
    const mismatch = (what: string) =>
      new DialogueError('RECEIPT_MISMATCH', `the receipt has another ${what}`, { what });
    if (receipt.channel !== channel) throw mismatch('channel');
    if (receipt.price !== offer?.price) throw mismatch('price');
    if (inputHash === undefined || !isHash(inputHash, receipt.inputHash)) throw mismatch('input');
    if (!isHash(receipt.outputHash, sha256(output))) throw mismatch('output');
  }

  #expect(step: string, state: BuyerState): void {
    if (this.#state.state !== state) throw outOfTurn(step, this.#state.state);
  }
}

function expired(offer: OfferBody | undefined): DialogueError {
  return new DialogueError('OFFER_EXPIRED', 'the offer is over', { validUntil: offer?.validUntil ?? 0 });
}

function wrongChannel(found: number): DialogueError {
  return new DialogueError('VOUCHER_CHANNEL', 'a voucher of another channel than the escrow', { found });
}
