import { createHash } from 'node:crypto';
import { decodeReceipt, encodeReceipt } from '../../protocol/receipts/receiptCodec.ts';
import { ReceiptError } from '../../protocol/receipts/receiptError.ts';
import type { Field, SignedVoucher } from '../../protocol/types.ts';
import type { Audit } from '../execution/executionDocument.ts';
import type { ChannelShelf } from './channelShelf.ts';
import type { Claims } from './claims.ts';
import type { Gate } from './gate.ts';
import { ProviderError } from './providerError.ts';
import type { ChannelRecord, ProviderStore } from './providerStore.ts';
import { type Answer, isSameVoucher, type Pending, type ServedChannel } from './servedChannel.ts';

export interface PaidCallsOptions {
  readonly price: bigint;
  /** Signs receipts. */
  readonly seed: Uint8Array;
  /** The execution words of receipts. */
  readonly execution: Readonly<Record<Audit, Field>>;
  readonly retentionSeconds: number;
  /** Bytes that public requests may have on disk. */
  readonly shownBytes: number;
}

export interface PaidCallsDeps {
  readonly shelf: ChannelShelf;
  readonly store: ProviderStore;
  readonly claims: Claims;
  readonly gate: Gate;
  /** Seconds, the ledger's. */
  readonly now: () => number;
  /** Ends early with the signal. */
  readonly run: (input: Uint8Array, signal?: AbortSignal) => Promise<Uint8Array>;
}

export interface PaidRequest {
  readonly voucher: SignedVoucher;
  readonly input: Uint8Array;
  readonly audit: Audit;
}

/**
 * Answers against vouchers: voucher checked, model run → receipt issued → stored → answer (docs/ai.md section 2). Whatever fails on the way
 * leaves the channel as it was before the voucher came.
 */
export class PaidCalls {
  readonly #options: PaidCallsOptions;
  readonly #deps: PaidCallsDeps;

  constructor(options: PaidCallsOptions, deps: PaidCallsDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /**
   * The answer that a voucher pays for; sent again with the same input, the same one.
   * @throws ProviderError CHANNEL_…, REQUEST_PENDING, BUSY, LEDGER_UNAVAILABLE, STORE_FAILED, STORE_FULL and what `run` throws; ReceiptError as
   *   `ProviderBook.accept`
   */
  async infer(request: PaidRequest): Promise<Answer & { readonly isRepeated: boolean }> {
    const { voucher } = request;
    const channel = await this.#channel(voucher);
    const { pending } = channel;
    if (pending !== undefined) {
      if (pending.answer === undefined || !isSameRequest(pending, request)) throw isPending(channel);
      return { ...(await pending.answer), isRepeated: true };
    }
    const { voucher: last, receipts } = channel.stored;
    if (last !== undefined && receipts > 0 && isSameVoucher(last, voucher) && voucher.receiptsRoot !== channel.root) {
      const answer = await this.last(channel);
      if (answer !== undefined) {
        // The vouchers of claims are public: only who has the input is shown what it gave.
        const { inputHash } = decodeReceipt(answer.receipt);
        if (Buffer.compare(inputHash, sha256(request.input)) !== 0) {
          throw new ReceiptError('VOUCHER_ROOT', { expected: channel.root, found: voucher.receiptsRoot });
        }
        return { ...answer, isRepeated: true };
      }
    }
    if (channel.pending !== undefined) throw isPending(channel);
    const answer = this.#serve(channel, request);
    channel.pending = { voucher, input: request.input, answer };
    try {
      return { ...(await answer), isRepeated: false };
    } finally {
      channel.pending = undefined;
    }
  }

  /** Takes a voucher that only signs for receipts. @throws as `infer` */
  async acknowledge(voucher: SignedVoucher): Promise<void> {
    const channel = await this.#channel(voucher);
    if (channel.pending !== undefined) throw isPending(channel);
    channel.pending = { voucher };
    try {
      await this.#accept(channel, voucher, 0n);
      const record = this.#record(channel, voucher);
      await this.#deps.store.writeRecord(record);
      this.#settle(channel, record);
    } catch (error) {
      channel.revert();
      throw error;
    } finally {
      channel.pending = undefined;
    }
  }

  /** The last answer of a channel, from disk. */
  async last(channel: ServedChannel): Promise<Answer | undefined> {
    const sequence = channel.stored.receipts - 1;
    if (sequence < 0) return undefined;
    const [receipt, output] = await Promise.all([
      this.#deps.store.receiptBytes(channel.index, sequence),
      this.#deps.store.lastOutput(channel.index),
    ]);
    return receipt === undefined || output === undefined ? undefined : { receipt, output };
  }

  /** The one object of this channel: while it was looked for, it may have been put away again. */
  async #channel({ channel: index }: SignedVoucher): Promise<ServedChannel> {
    for (;;) {
      const channel = await this.#deps.shelf.get(index);
      if (this.#deps.shelf.peek(index) === channel) return channel;
    }
  }

  async #serve(channel: ServedChannel, { voucher, input, audit }: PaidRequest): Promise<Answer> {
    const { gate, store, now, run } = this.#deps;
    const { price, seed, execution, retentionSeconds, shownBytes } = this.#options;
    // Before the voucher is looked at: a signature costs more than saying no.
    gate.check();
    if (audit === 'public' && store.shownBytes + input.length > shownBytes) {
      throw new ProviderError('STORE_FULL', 'no more public requests are kept now', { shownBytes, retryAfter: 60 });
    }
    try {
      const early = new AbortController();
      const begin = (): Promise<Uint8Array> => gate.run(() => run(input, early.signal));
      // The signature is checked while the model runs: nothing leaves before both are done.
      const begun = channel.mayBegin(voucher, price) ? begin() : undefined;
      begun?.catch(() => undefined); // whoever waits for it below hears of it
      try {
        await this.#accept(channel, voucher, price);
      } catch (error) {
        early.abort();
        throw error;
      }
      const running = begun ?? begin();
      const inputHash = sha256(input);
      const output = await running;
      const work = { price, time: now(), inputHash, outputHash: sha256(output), execution: execution[audit] };
      const issued = channel.issue(work, seed);
      const receipt = encodeReceipt(issued);
      const record = this.#record(channel, voucher);
      const shown = audit === 'public' ? { input, until: work.time + retentionSeconds } : undefined;
      await store.writeAnswer({ record, sequence: issued.sequence, receipt, output, shown });
      this.#settle(channel, record);
      return { receipt, output };
    } catch (error) {
      channel.revert();
      throw error;
    }
  }

  /** A voucher over the balance may be right: the channel may have been topped up. */
  async #accept(channel: ServedChannel, voucher: SignedVoucher, price: bigint): Promise<void> {
    const request = () => ({ price, now: this.#deps.now() });
    try {
      channel.accept(voucher, request());
    } catch (error) {
      const isShort = error instanceof ReceiptError && error.code === 'VOUCHER_OVER_BALANCE';
      if (!isShort || !(await this.#deps.shelf.topUp(channel))) throw error;
      channel.accept(voucher, request());
    }
  }

  #record(channel: ServedChannel, voucher: SignedVoucher): ChannelRecord {
    return channel.record(voucher, this.#deps.claims.unpaidSince(channel.index) ?? this.#deps.now());
  }

  #settle(channel: ServedChannel, record: ChannelRecord): void {
    channel.settle(record);
    this.#deps.claims.owed(record);
  }
}

/** The same voucher may come with another input: that one is no repetition. */
function isSameRequest(pending: Pending, { voucher, input }: PaidRequest): boolean {
  return isSameVoucher(pending.voucher, voucher) && Buffer.compare(pending.input ?? input, input) === 0;
}

function isPending({ index: channel }: ServedChannel): ProviderError {
  return new ProviderError('REQUEST_PENDING', 'the request before is not answered yet', { channel });
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}
