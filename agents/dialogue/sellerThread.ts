import { sha256 } from '@noble/hashes/sha2.js';
import type { SignedDocument } from '../../protocol/documents/signedDocument.ts';
import { hexBytes, index, int, type Json, object, oneOf, optional } from '../../protocol/json.ts';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import type { AccountIndex, SignedVoucher } from '../../protocol/types.ts';
import { DialogueError } from './dialogueError.ts';
import type { Message, OfferBody, RequestBody } from './message.ts';
import { isHash, offerJson, requestJson } from './threadJson.ts';
import { outOfTurn, type Parties, Transcript, type TranscriptState, transcriptJson } from './transcript.ts';

/** `answered`: escrow is there, or an answer was given; the next is WORK or SETTLE. */
export type SellerState =
  | 'new'
  | 'requested'
  | 'offered'
  | 'rejected'
  | 'accepting'
  | 'answered'
  | 'working'
  | 'settling'
  | 'settled';

/** What the buyer's message wants. REPEATED: the last one once more, `reply` is what was answered. */
export type SellerEvent =
  | { readonly kind: 'REQUEST'; readonly request: RequestBody }
  | { readonly kind: 'ACCEPT'; readonly channel: AccountIndex }
  | { readonly kind: 'WORK'; readonly input: Uint8Array; readonly voucher: SignedVoucher }
  | { readonly kind: 'SETTLE'; readonly voucher: SignedVoucher }
  | { readonly kind: 'REPEATED'; readonly reply: SignedDocument | undefined };

/** What the ledger says of the channel that ACCEPT names. */
export interface Escrow {
  readonly index: number;
  /** KEY account of who is paid. */
  readonly provider: number;
  readonly model: number;
  readonly token: number;
  readonly balance: bigint;
  /** Claims so far: a used channel's book is elsewhere. */
  readonly claims: number;
  /** Seconds. */
  readonly expiry: number;
}

/** What the escrow must be for. */
export interface EscrowTerms {
  readonly provider: number;
  readonly model: number;
  readonly token: number;
}

interface State {
  readonly state: SellerState;
  readonly request: RequestBody | undefined;
  readonly offer: OfferBody | undefined;
  readonly channel: AccountIndex | undefined;
  /** Answers given. */
  readonly done: number;
  /** SHA-256 of the open WORK's input. */
  readonly inputHash: Uint8Array | undefined;
  readonly transcript: TranscriptState;
}

const STATES = [
  'new',
  'requested',
  'offered',
  'rejected',
  'accepting',
  'answered',
  'working',
  'settling',
  'settled',
] as const;
const stateJson = object<State>({
  state: oneOf<SellerState>(STATES),
  request: optional(requestJson),
  offer: optional(offerJson),
  channel: optional(index),
  done: int,
  inputHash: optional(hexBytes(32)),
  transcript: transcriptJson,
});

/**
 * The seller's side of a dialogue. No I/O: `receive` says what the buyer wants; the seller answers with `offer`, `reject`, `confirm`, `result`
 * or `finish`, or refuses with `refuse`, which leaves the thread as it was before the message. Vouchers are the book's to check.
 */
export class SellerThread {
  #transcript: Transcript;
  #state: Omit<State, 'transcript'>;
  /** Read, but not answered yet, and where the thread stood before. */
  #open: { readonly message: Message; readonly before: Omit<State, 'transcript'> } | undefined;

  /** @param thread as the buyer's first message names it */
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

  get state(): SellerState {
    return this.#state.state;
  }

  get request(): RequestBody | undefined {
    return this.#state.request;
  }

  get standingOffer(): OfferBody | undefined {
    return this.#state.offer;
  }

  get channel(): AccountIndex | undefined {
    return this.#state.channel;
  }

  get done(): number {
    return this.#state.done;
  }

  /**
   * What the buyer's message wants; undefined: it is old and changes nothing.
   * @throws DialogueError as `Transcript.read`, OFFER_EXPIRED, DEADLINE_PASSED, COUNT_EXCEEDED, VOUCHER_CHANNEL
   */
  receive(signed: SignedDocument, now: number): SellerEvent | undefined {
    if (this.#open !== undefined) throw outOfTurn('a message', this.#state.state);
    const heard = this.#transcript.read(signed);
    if (heard.is === 'ignored') return undefined;
    if (heard.is === 'repeated') return { kind: 'REPEATED', reply: this.#isMine() ? this.#transcript.sent : undefined };
    const { message } = heard;
    const before = this.#state;
    const event = this.#event(message, now);
    this.#open = { message, before };
    return event;
  }

  /** Answers REQUEST. */
  offer({ price, validUntil }: Pick<OfferBody, 'price' | 'validUntil'>, now: number): SignedDocument {
    const { request } = this.#state;
    if (request === undefined || this.#state.state !== 'requested') throw outOfTurn('OFFER', this.#state.state);
    const { capability, count, deadline } = request;
    const offer: OfferBody = { capability, count, deadline, price, validUntil };
    this.#commit({ state: 'offered', offer });
    return this.#transcript.write('OFFER', offer, now);
  }

  /** Answers REQUEST; the thread is over. */
  reject(reason: string, now: number): SignedDocument {
    if (this.#state.state !== 'requested') throw outOfTurn('REJECT', this.#state.state);
    this.#commit({ state: 'rejected' });
    return this.#transcript.write('REJECT', { reason }, now);
  }

  /**
   * Takes ACCEPT after a look at the ledger. If the escrow is not good, the thread stays offered.
   * @throws DialogueError ESCROW_REFUSED
   */
  confirm(escrow: Escrow, terms: EscrowTerms): void {
    const { state, channel, offer } = this.#state;
    if (state !== 'accepting' || offer === undefined) throw outOfTurn('an escrow', state);
    const fault = faultOf(escrow, { ...terms, channel, offer });
    if (fault !== undefined) {
      this.refuse();
      throw new DialogueError('ESCROW_REFUSED', 'the channel is not what was agreed on', { reason: fault });
    }
    this.#commit({ state: 'answered' });
  }

  /** Answers WORK. @throws DialogueError RECEIPT_MISMATCH: a defect of the caller */
  result({ output, receipt }: { output: Uint8Array; receipt: SignedReceipt }, now: number): SignedDocument {
    const { state, inputHash, channel, offer, done } = this.#state;
    if (state !== 'working') throw outOfTurn('RESULT', state);
    const isOfWork =
      inputHash !== undefined &&
      isHash(receipt.inputHash, inputHash) &&
      isHash(receipt.outputHash, sha256(output)) &&
      receipt.channel === channel &&
      receipt.price === offer?.price;
    if (!isOfWork) throw new DialogueError('RECEIPT_MISMATCH', 'the receipt is not of this work');
    this.#commit({ state: 'answered', done: done + 1, inputHash: undefined });
    return this.#transcript.write('RESULT', { output, receipt }, now);
  }

  /** Takes SETTLE; the thread is over. */
  finish(): void {
    if (this.#state.state !== 'settling') throw outOfTurn('the end', this.#state.state);
    this.#commit({ state: 'settled' });
  }

  /** Does not take the message read last (a voucher that is refused, work that failed): it can be sent again. */
  refuse(): void {
    if (this.#open === undefined) return;
    this.#state = this.#open.before;
    this.#open = undefined;
  }

  /** Not while a message is read and not answered: what is stored then is the thread before it. */
  toJson(): Json {
    return stateJson.encode({ ...(this.#open?.before ?? this.#state), transcript: this.#transcript.state });
  }

  /** @throws ProtocolError MALFORMED_BYTES */
  static fromJson(json: unknown, parties: Parties): SellerThread {
    const { transcript, ...state } = stateJson.decode(json);
    const thread = new SellerThread(parties, transcript.thread);
    thread.#state = state;
    thread.#transcript = new Transcript(parties, transcript);
    return thread;
  }

  #event(message: Message, now: number): SellerEvent {
    const { state, offer, done, channel } = this.#state;
    const move = (change: Partial<Omit<State, 'transcript'>>) => {
      this.#state = { ...this.#state, ...change };
    };
    if (message.kind === 'REQUEST' && state === 'new') {
      move({ state: 'requested', request: message.body });
      return { kind: 'REQUEST', request: message.body };
    }
    if (message.kind === 'ACCEPT' && state === 'offered' && offer !== undefined) {
      if (now >= offer.validUntil) {
        throw new DialogueError('OFFER_EXPIRED', 'the offer is over', { validUntil: offer.validUntil });
      }
      move({ state: 'accepting', channel: message.body.channel });
      return { kind: 'ACCEPT', channel: message.body.channel };
    }
    if (message.kind === 'WORK' && state === 'answered' && offer !== undefined) {
      const { input, voucher } = message.body;
      if (done >= offer.count) throw new DialogueError('COUNT_EXCEEDED', 'all answers were given', { done });
      if (now >= offer.deadline) throw new DialogueError('DEADLINE_PASSED', 'too late', { deadline: offer.deadline });
      if (voucher.channel !== channel) throw wrongChannel(voucher.channel);
      move({ state: 'working', inputHash: sha256(input) });
      return { kind: 'WORK', input, voucher };
    }
    if (message.kind === 'SETTLE' && state === 'answered') {
      const { voucher } = message.body;
      if (voucher.channel !== channel) throw wrongChannel(voucher.channel);
      move({ state: 'settling' });
      return { kind: 'SETTLE', voucher };
    }
    throw outOfTurn(message.kind, state);
  }

  #commit(change: Partial<Omit<State, 'transcript'>>): void {
    if (this.#open !== undefined) this.#transcript.commit(this.#open.message);
    this.#open = undefined;
    this.#state = { ...this.#state, ...change };
  }

  /** Whether the last message of the thread is the seller's: then it answers the buyer's last one. */
  #isMine(): boolean {
    return (
      ['offered', 'rejected'].includes(this.#state.state) || (this.#state.state === 'answered' && this.#state.done > 0)
    );
  }
}

function faultOf(
  escrow: Escrow,
  { channel, offer, provider, model, token }: EscrowTerms & { channel: AccountIndex | undefined; offer: OfferBody },
): string | undefined {
  if (escrow.index !== channel) return 'another channel';
  if (escrow.provider !== provider) return 'it pays somebody else';
  if (escrow.model !== model) return 'another model';
  if (escrow.token !== token) return 'another token';
  if (escrow.claims > 0) return 'it was used before';
  if (escrow.balance < offer.price * BigInt(offer.count)) return 'it holds too little';
  if (escrow.expiry <= offer.deadline) return 'it ends before the deadline';
  return undefined;
}

function wrongChannel(found: number): DialogueError {
  return new DialogueError('VOUCHER_CHANNEL', 'a voucher of another channel than the escrow', { found });
}
