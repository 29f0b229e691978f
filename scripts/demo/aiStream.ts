/** A consumer and a provider over one channel: request with voucher, answer with receipt, thousands of times, nothing of it on the ledger. */
import { createHash } from 'node:crypto';
import { publicKey } from '../../protocol/crypto/eddsa.ts';
import { ZERO } from '../../protocol/field.ts';
import { type CheckPolicy, ConsumerBook, ProviderBook } from '../../protocol/receipts/channelBook.ts';
import { receiptHash, type SignedReceipt } from '../../protocol/receipts/receipt.ts';
import { type ReceiptProof, ReceiptTree } from '../../protocol/receipts/receiptTree.ts';
import type { AccountIndex, Field, SignedVoucher } from '../../protocol/types.ts';
import { signVoucher } from '../../protocol/voucher.ts';
import { BigramModel } from './aiModel.ts';

export interface StreamOptions {
  readonly name: string;
  readonly channel: AccountIndex;
  readonly model: AccountIndex;
  readonly domain: Field;
  readonly deposit: bigint;
  /** Seconds. */
  readonly expiry: number;
  /** What each side keeps to itself: the two never meet but in vouchers and receipts. */
  readonly voucherSeed: Uint8Array;
  readonly providerSeed: Uint8Array;
  readonly modelBytes: Uint8Array;
}

export interface StreamState {
  /** What a claim settles: the newest voucher, whose root holds all receipts so far. */
  readonly voucher: SignedVoucher;
  readonly receipts: number;
  readonly vouchers: number;
}

/** What a consumer shows to anybody who asks for one inference. */
export interface Evidence {
  readonly prompt: string;
  readonly receipt: SignedReceipt;
  /** For the root over the first `size` receipts. */
  readonly proof: ReceiptProof;
}

const PRICE_PER_LETTER = 10n ** 12n;
const LONGEST_PROMPT = 40;
/** No request costs more. */
export const MAX_PRICE = PRICE_PER_LETTER * BigInt(LONGEST_PROMPT);
/** The provider checks one signature in eight: what it could lose by that is bounded by the price of eight requests. */
const POLICY: CheckPolicy = { maxUnverifiedCount: 7, maxUnverifiedValue: 8n * MAX_PRICE };

export function promptOf(name: string, n: number): string {
  return `${name}, question ${n}: what a`.slice(0, LONGEST_PROMPT);
}

export function sha256(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}

export class Stream {
  readonly #options: StreamOptions;
  readonly #consumer: ConsumerBook;
  readonly #provider: ProviderBook;
  readonly #model: BigramModel;
  readonly #receipts: SignedReceipt[] = [];
  #vouchers = 0;

  constructor(options: StreamOptions) {
    const { channel, model, domain, deposit: limit, expiry, voucherSeed, providerSeed } = options;
    this.#options = options;
    this.#consumer = new ConsumerBook({ channel, model, domain, limit, providerKey: publicKey(providerSeed) });
    const voucherKey = publicKey(voucherSeed);
    this.#provider = new ProviderBook({ channel, model, domain, limit, expiry, voucherKey, policy: POLICY });
    this.#model = BigramModel.fromBytes(options.modelBytes);
  }

  /** `count` more inferences, and a voucher of price 0 that signs for the last receipt. */
  run(count: number): StreamState {
    let last: SignedReceipt | undefined;
    for (let i = 0; i < count; i += 1) last = this.#infer(last);
    if (last !== undefined) this.#consumer.receive(last);
    const voucher = this.#signed();
    this.#provider.accept(voucher, { price: 0n, now: seconds() });
    const settled = this.#provider.settle();
    if (settled === undefined || settled.receiptsRoot !== voucher.receiptsRoot)
      throw new RangeError('not acknowledged');
    return { voucher: settled, receipts: this.#receipts.length, vouchers: this.#vouchers };
  }

  evidence(sequence: number, size: number): Evidence {
    const tree = new ReceiptTree();
    for (const receipt of this.#receipts.slice(0, size)) tree.append(receiptHash(receipt));
    const receipt = this.#receipts[sequence];
    if (receipt === undefined) throw new RangeError(`no receipt ${sequence}`);
    return { prompt: promptOf(this.#options.name, sequence), receipt, proof: tree.proof(sequence) };
  }

  #infer(last: SignedReceipt | undefined): SignedReceipt {
    const prompt = promptOf(this.#options.name, this.#receipts.length);
    const price = PRICE_PER_LETTER * BigInt(prompt.length);
    const inputHash = sha256(prompt);
    this.#consumer.next(last, { price, inputHash });
    const time = seconds();
    this.#provider.accept(this.#signed(), { price, now: time });
    const outputHash = sha256(this.#model.answer(prompt));
    const receipt = this.#provider.issue(
      { price, time, inputHash, outputHash, execution: ZERO },
      this.#options.providerSeed,
    );
    this.#receipts.push(receipt);
    return receipt;
  }

  #signed(): SignedVoucher {
    this.#vouchers += 1;
    return signVoucher(this.#consumer.voucher, this.#options.voucherSeed, this.#options.domain);
  }
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
