import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import { receiptHash, verifyReceiptSignature } from '../../protocol/receipts/receipt.ts';
import type { Field, Point, SignedVoucher } from '../../protocol/types.ts';
import type { LedgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { domainOf } from '../../sdk/chain.ts';
import { ConsumerChannel } from '../../sdk/channels/consumerChannel.ts';
import type { LedgerClient } from '../../sdk/client.ts';
import type { Audit } from '../execution/executionDocument.ts';
import { ConsumerError } from './consumerError.ts';
import {
  type AnswerRecord,
  type ChannelRecord,
  type ConsumerStore,
  change,
  type PaidChannelState,
  type StoreChange,
} from './consumerStore.ts';
import { isHashOf } from './providerAnswers.ts';
import { channelProof } from './providerApi.ts';

export interface PaidChannelDependencies {
  readonly client: LedgerClient;
  readonly account: LedgerAccount;
  readonly store: ConsumerStore;
  /** Of the key that signs the vouchers. */
  readonly voucherSeed: Uint8Array;
}

export interface PaidQuestion {
  readonly input: Uint8Array;
  readonly price: bigint;
  readonly audit: Audit;
  /** The word the receipt must commit to. */
  readonly execution: Field;
}

/** What goes to the provider, the first time or again. */
export interface OpenQuestion {
  readonly voucher: SignedVoucher;
  readonly input: Uint8Array;
  readonly audit: Audit;
}

/** Two signed receipts with one number: shown together they convict whoever signed them. */
export class EquivocationError extends ConsumerError {
  readonly receipts: readonly [SignedReceipt, SignedReceipt];

  constructor(first: SignedReceipt, second: SignedReceipt) {
    const { channel, sequence } = first;
    super('EQUIVOCATION', `two receipts ${sequence} of channel ${channel}`, { channel, sequence });
    this.receipts = [first, second];
  }
}

/**
 * A channel with its store: every voucher is on disk before it is given out, with the input it pays for, and every receipt before its
 * answer is. Whatever the moment of a crash, the book that is read again is one that the provider accepts, and nothing is paid twice.
 * One question at a time.
 */
export class PaidChannel {
  readonly #channel: ConsumerChannel;
  readonly #deps: PaidChannelDependencies;
  readonly #providerKey: Point;
  #record: ChannelRecord;
  #refused: SignedReceipt | undefined;
  /** A write failed: memory may be ahead of the disk, and must not be used any more. */
  #isBroken = false;

  private constructor(
    parts: { channel: ConsumerChannel; record: ChannelRecord; providerKey: Point },
    deps: PaidChannelDependencies,
  ) {
    this.#channel = parts.channel;
    this.#record = parts.record;
    this.#providerKey = parts.providerKey;
    this.#deps = deps;
  }

  /** @param record without a book: a channel that no voucher was signed for yet. @throws as `ConsumerChannel.resume` */
  static async open(
    record: Omit<ChannelRecord, 'book'> & { readonly book?: ChannelRecord['book'] },
    deps: PaidChannelDependencies,
  ): Promise<PaidChannel> {
    const { client, account, voucherSeed } = deps;
    const channel = await ConsumerChannel.resume(client, {
      account,
      voucherSeed,
      channel: record.index,
      ...(record.book !== undefined && { book: record.book }),
    });
    const { a, b } = await client.getAccount(record.provider);
    const providerKey = [a, b] as unknown as Point; // words of a live account
    const paid = new PaidChannel({ channel, providerKey, record: { ...record, book: channel.toJson() } }, deps);
    if (record.book === undefined) await paid.#write([]);
    return paid;
  }

  get record(): ChannelRecord {
    return this.#record;
  }

  get index(): number {
    return this.#record.index;
  }

  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** What can still be promised, base units. */
  get left(): bigint {
    return this.#channel.left;
  }

  /** Whether a question of this price can take the open one's place. */
  canReplace(price: bigint): boolean {
    const open = this.#channel.request?.price;
    return open !== undefined && price >= open && price - open <= this.left;
  }

  /** What the provider could take without having delivered, base units: the price of one answer at most. */
  get exposure(): bigint {
    return this.#channel.exposure;
  }

  /** Good receipts so far. */
  get received(): number {
    return this.#channel.received;
  }

  /** The last receipt that was not taken: evidence. */
  get refused(): SignedReceipt | undefined {
    return this.#refused;
  }

  /** The question that has no receipt yet: to be sent as it is. */
  async pending(): Promise<OpenQuestion | undefined> {
    const { pending, index } = this.#record;
    if (pending === undefined) return undefined;
    const input = await this.#deps.store.input(index, this.received);
    const expected = this.#channel.request?.inputHash;
    if (input === undefined || expected === undefined || !isHashOf(expected, input)) {
      throw new ConsumerError('BAD_STORE', `the open question of channel ${index} is not there`, { channel: index });
    }
    return { voucher: this.#channel.voucher(), input, audit: pending.audit };
  }

  /**
   * Promises the price of a question. The open one, if there is any, is replaced: only after the provider refused it.
   * @throws ReceiptError VOUCHER_OVER_BALANCE, RECEIPT_PRICE (a replacement that is cheaper)
   */
  async ask(question: PaidQuestion): Promise<OpenQuestion> {
    this.#check();
    const { input, price, audit, execution } = question;
    const isOpen = this.#record.pending !== undefined;
    const voucher = isOpen ? this.#channel.replace({ price, input }) : this.#channel.next(undefined, { price, input });
    this.#record = { ...this.#record, pending: { audit, execution } };
    await this.#write([change.input(this.index, this.received, input)]);
    return { voucher, input, audit };
  }

  /**
   * Takes the answer of the open question: on disk when it resolves.
   * @throws ConsumerError RECEIPT_OUTPUT, RECEIPT_EXECUTION, EQUIVOCATION; ReceiptError as `ConsumerBook.receive`. Nothing has changed then.
   */
  async take({ receipt, output }: { receipt: SignedReceipt; output: Uint8Array }): Promise<AnswerRecord> {
    this.#check();
    const { pending, index: channel } = this.#record;
    const { sequence } = receipt;
    this.#refused = receipt;
    if (!isHashOf(receipt.outputHash, output)) {
      throw new ConsumerError('RECEIPT_OUTPUT', 'the output is not the one of the receipt', { channel, sequence });
    }
    await this.compare(receipt);
    if (pending !== undefined && sequence === this.received && receipt.execution !== pending.execution) {
      const details = { channel, sequence, expected: pending.execution, found: receipt.execution };
      throw new ConsumerError('RECEIPT_EXECUTION', 'not the execution that was agreed on', details);
    }
    this.#channel.receive(receipt);
    this.#refused = undefined;
    const answer: AnswerRecord = { receipt, audit: pending?.audit ?? 'private', check: 'unchecked' };
    this.#record = { ...this.#record, pending: undefined };
    await this.#write([change.answer(answer), change.output(channel, sequence, output)]);
    return answer;
  }

  /** Holds a receipt seen elsewhere against the one that is stored. @throws EquivocationError if the provider signed both */
  async compare(receipt: SignedReceipt): Promise<void> {
    if (receipt.channel !== this.index || receipt.sequence >= this.received) return;
    const known = await this.#deps.store.answer(this.index, receipt.sequence);
    if (known === undefined || receiptHash(known.receipt) === receiptHash(receipt)) return;
    const isSigned = verifyReceiptSignature(receipt, this.#providerKey, domainOf(this.#deps.client.chain));
    if (isSigned) throw new EquivocationError(known.receipt, receipt);
  }

  /** Signs for the receipts so far; while a question is open, pays for it too. */
  voucher(): SignedVoucher {
    return this.#channel.voucher();
  }

  /** For `ProviderApi.channel`. */
  proof(): string {
    return channelProof(this.index, this.#deps.voucherSeed, domainOf(this.#deps.client.chain));
  }

  async setState(state: PaidChannelState): Promise<void> {
    this.#record = { ...this.#record, state };
    await this.#write([]);
  }

  async setEndpoint(endpoint: string): Promise<void> {
    if (endpoint === this.#record.endpoint) return;
    this.#record = { ...this.#record, endpoint };
    await this.#write([]);
  }

  #check(): void {
    if (this.#isBroken) throw new ConsumerError('BAD_STORE', 'an earlier write failed', { channel: this.index });
  }

  async #write(changes: readonly StoreChange[]): Promise<void> {
    this.#record = { ...this.#record, book: this.#channel.toJson() };
    try {
      await this.#deps.store.write([change.channel(this.#record), ...changes]);
    } catch (error) {
      this.#isBroken = true;
      throw error;
    }
  }
}
