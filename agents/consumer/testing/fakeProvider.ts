/** The provider's side of docs/ai.md section 2 in memory, honest unless a test says otherwise. Tests only. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes, prefixedHex } from '../../../protocol/bytes.ts';
import { canonicalJson } from '../../../protocol/documents/canonicalJson.ts';
import type { Json } from '../../../protocol/json.ts';
import type { SignedReceipt } from '../../../protocol/receipts/receipt.ts';
import { decodeVoucher, encodeReceipt, receiptToJson } from '../../../protocol/receipts/receiptCodec.ts';
import { ReceiptError } from '../../../protocol/receipts/receiptError.ts';
import type { Field } from '../../../protocol/types.ts';
import type { ProviderChannel } from '../../../sdk/channels/providerChannel.ts';
import type { LedgerClient } from '../../../sdk/client.ts';
import { type Audit, executionWord } from '../../execution/executionDocument.ts';
import { ConsumerError } from '../consumerError.ts';
import type { ProviderCall, ProviderReply, ProviderTransport } from '../providerTransport.ts';

export interface FakeProviderOptions {
  readonly client: LedgerClient;
  readonly provider: number;
  readonly model: number;
  readonly modelSha256: Uint8Array;
  readonly domain: Field;
  readonly now: () => number;
  price: bigint;
}

type Answer = (call: ProviderCall) => Promise<ProviderReply>;

const encoder = new TextEncoder();
export const jsonReply = (value: Json, status = 200): ProviderReply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: encoder.encode(JSON.stringify(value)),
});

export class FakeProvider implements ProviderTransport {
  readonly options: FakeProviderOptions;
  readonly channels = new Map<number, ProviderChannel>();
  readonly #outputs = new Map<number, { receipt: SignedReceipt; output: Uint8Array }>();
  /** Every call, in order. */
  readonly calls: string[] = [];
  /** Times the model ran. */
  runs = 0;
  /** What the model gives: each byte plus one. */
  model: (input: Uint8Array) => Uint8Array = (input) => input.map((byte) => byte + 1);
  /** The word its receipts commit to, if not the one it says. */
  receiptExecution: Field | undefined;
  /** Stands between caller and provider. */
  between: (call: ProviderCall, answer: Answer) => Promise<ProviderReply> = (call, answer) => answer(call);

  constructor(options: FakeProviderOptions) {
    this.options = options;
  }

  call(call: ProviderCall): Promise<ProviderReply> {
    this.calls.push(`${call.method} ${call.path}`);
    return this.between(call, async (next) => {
      try {
        return await this.#answer(next);
      } catch (error) {
        if (error instanceof ReceiptError) return jsonReply({ code: error.code }, 402);
        throw error;
      }
    });
  }

  close(): void {
    // nothing is open
  }

  /** The execution document it says to run by. */
  document(audit: Audit): string {
    return canonicalJson({
      audit,
      graphOptimization: 'basic',
      model: prefixedHex(this.options.modelSha256),
      nan: 'canonical',
      provider: 'wasm',
      runtime: 'onnxruntime-web',
      simd: true,
      threads: 1,
      version: '1.30.0',
      wasm: prefixedHex(new Uint8Array(32)),
    });
  }

  word(audit: Audit): Field {
    return executionWord(this.document(audit));
  }

  info(): Record<string, Json> {
    const { domain, provider, model, modelSha256, price } = this.options;
    return {
      domain: String(domain),
      provider,
      model: { index: model, sha256: prefixedHex(modelSha256) },
      token: 0,
      price: String(price),
      execution: { public: this.document('public'), private: this.document('private') },
      inputs: [],
      outputs: [],
      limits: { inputBytes: 1_000, outputBytes: 1_000, concurrency: 1, queue: 8 },
      free: { calls: 0, perSeconds: 60 },
      minimumDeposit: '0',
      minimumSeconds: 60,
    };
  }

  async #answer({ path, headers, body = new Uint8Array() }: ProviderCall): Promise<ProviderReply> {
    if (path === '/v1/info') return jsonReply(this.info());
    if (path === '/v1/infer') return this.#infer(body, headers);
    if (path === '/v1/vouchers') {
      const voucher = decodeVoucher(hexToBytes(headers['engram-voucher'] ?? ''));
      (await this.#channel(voucher.channel)).accept(voucher, { price: 0n });
      return { status: 204, headers: {}, body: new Uint8Array() };
    }
    const [, index] = /^\/v1\/channels\/(\d+)$/.exec(path) ?? [];
    if (index === undefined) return jsonReply({ code: 'NOT_FOUND' }, 404);
    const last = this.#outputs.get(Number(index));
    const channel = await this.#channel(Number(index));
    return jsonReply({
      issued: String(channel.issued),
      receipts: last === undefined ? 0 : last.receipt.sequence + 1,
      root: String(channel.receiptsRoot),
      ...(last !== undefined && {
        lastReceipt: receiptToJson(last.receipt),
        lastOutput: Buffer.from(last.output).toString('base64'),
      }),
    });
  }

  async #infer(input: Uint8Array, headers: ProviderCall['headers']): Promise<ProviderReply> {
    const { price } = this.options;
    const audit: Audit = headers['engram-audit'] === 'public' ? 'public' : 'private';
    const voucher = decodeVoucher(hexToBytes(headers['engram-voucher'] ?? ''));
    const channel = await this.#channel(voucher.channel);
    const accepted = channel.accept(voucher, { price });
    const last = this.#outputs.get(voucher.channel);
    if (accepted.receipt !== undefined && last !== undefined) return reply(last);
    if (input[0] === 255) return jsonReply({ code: 'BAD_TENSOR' }, 422);
    this.runs += 1;
    const output = this.model(input);
    const execution = this.receiptExecution ?? this.word(audit);
    const receipt = channel.issue({ price, inputHash: sha256(input), outputHash: sha256(output), execution });
    this.#outputs.set(voucher.channel, { receipt, output });
    return reply({ receipt, output });
  }

  async #channel(index: number): Promise<ProviderChannel> {
    const found = this.channels.get(index);
    if (found !== undefined) return found;
    const { client, model, now } = this.options;
    const made = await client.acceptChannel({ channel: index, model, now });
    this.channels.set(index, made);
    return made;
  }
}

export function reply({ receipt, output }: { receipt: SignedReceipt; output: Uint8Array }): ProviderReply {
  return { status: 200, headers: { 'engram-receipt': bytesToHex(encodeReceipt(receipt)) }, body: output };
}

/** A call that never gets anywhere. */
export function lost(): Promise<never> {
  return Promise.reject(new ConsumerError('UNREACHABLE', 'lost on the way'));
}
