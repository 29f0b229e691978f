import { z } from 'zod';
import { ByteWriter, bytesToHex, hexToBytes } from '../../protocol/bytes.ts';
import { writeSignature } from '../../protocol/codec/signature.ts';
import { sign } from '../../protocol/crypto/eddsa.ts';
import { poseidon } from '../../protocol/crypto/poseidon.ts';
import type { Json } from '../../protocol/json.ts';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import { decodeReceipt, encodeVoucher } from '../../protocol/receipts/receiptCodec.ts';
import type { Field, SignedVoucher } from '../../protocol/types.ts';
import { voucherDomain } from '../../protocol/voucher.ts';
import type { Audit } from '../execution/executionDocument.ts';
import { ConsumerError } from './consumerError.ts';
import { HttpTransport, type HttpTransportOptions } from './httpTransport.ts';
import {
  type ChannelReport,
  decoded,
  isHashOf,
  parseChannelReport,
  parseSample,
  type Sample,
} from './providerAnswers.ts';
import { type ProviderInfo, parseProviderInfo } from './providerInfo.ts';
import type { ProviderCall, ProviderReply, ProviderTransport } from './providerTransport.ts';

export interface ProviderApiOptions extends HttpTransportOptions {
  /** For everything but running the model, ms. Default 10,000. */
  readonly timeoutMs?: number;
  /** For an answer of the model, ms. Default 60,000. */
  readonly inferTimeoutMs?: number;
  /** The largest output taken. Default 16 MiB. */
  readonly maxOutputBytes?: number;
}

export interface InferRequest {
  /** A model's tensors as bytes (docs/ai.md section 1). */
  readonly input: Uint8Array;
  /** Absent: a free call, which has no receipt. */
  readonly voucher?: SignedVoucher;
  /** Default `private`. */
  readonly audit?: Audit;
  readonly signal?: AbortSignal;
}

/** An output, and the receipt that names it: its `outputHash` was compared, everything else is the book's to check. */
export interface InferAnswer {
  readonly output: Uint8Array;
  readonly receipt?: SignedReceipt;
}

const MIB = 2 ** 20;
const MAX_JSON_BYTES = 256 * 1024;
const RECEIPT = /^[0-9a-f]{442}$/;

const refusalSchema = z.object({ code: z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/), message: z.string().optional() });

/**
 * Typed client of one provider (docs/ai.md section 2). It believes nothing about form, size or time, and nothing that the answer itself
 * can be held against; what a receipt is worth is for `ConsumerBook` to say.
 */
export class ProviderApi {
  readonly #transport: ProviderTransport;
  readonly #timeoutMs: number;
  readonly #inferTimeoutMs: number;
  readonly #maxOutputBytes: number;

  /** @param target the provider's address, or what carries calls to it. @throws ConsumerError BAD_ENDPOINT, PRIVATE_ADDRESS */
  constructor(target: string | ProviderTransport, options: ProviderApiOptions = {}) {
    this.#transport = typeof target === 'string' ? new HttpTransport(target, options) : target;
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#inferTimeoutMs = options.inferTimeoutMs ?? 60_000;
    this.#maxOutputBytes = options.maxOutputBytes ?? 16 * MIB;
  }

  /** @throws ConsumerError as `ProviderTransport.call`; REFUSED, BAD_ANSWER, MODEL_CHANGED */
  async info(options: { readonly signal?: AbortSignal } = {}): Promise<ProviderInfo> {
    return parseProviderInfo(await this.#json({ method: 'GET', path: '/v1/info', headers: {} }, options.signal));
  }

  /**
   * Asks for an answer.
   * @throws ConsumerError as `info`; NO_RECEIPT (paid, but no receipt came), RECEIPT_OUTPUT (a receipt of another output)
   */
  async infer({ input, voucher, audit = 'private', signal }: InferRequest): Promise<InferAnswer> {
    const reply = await this.#call(
      {
        method: 'POST',
        path: '/v1/infer',
        headers: {
          'content-type': 'application/octet-stream',
          'engram-audit': audit,
          ...(voucher !== undefined && { 'engram-voucher': bytesToHex(encodeVoucher(voucher)) }),
        },
        body: input,
      },
      { timeoutMs: this.#inferTimeoutMs, maxBytes: this.#maxOutputBytes, signal },
    );
    const { 'engram-receipt': header } = reply.headers;
    const output = reply.body;
    if (header === undefined) {
      if (voucher === undefined) return { output };
      throw new ConsumerError('NO_RECEIPT', 'a paid answer without a receipt', { bytes: output.length });
    }
    const receipt = decoded('receipt', () => {
      if (!RECEIPT.test(header)) throw new ConsumerError('BAD_ANSWER', 'no receipt', { characters: header.length });
      return decodeReceipt(hexToBytes(header));
    });
    if (!isHashOf(receipt.outputHash, output)) {
      throw new ConsumerError('RECEIPT_OUTPUT', 'the output is not the one of the receipt', { bytes: output.length });
    }
    return { output, receipt };
  }

  /** Hands over a voucher that signs for receipts only. @throws ConsumerError as `info` */
  async voucher(voucher: SignedVoucher, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const headers = { 'engram-voucher': bytesToHex(encodeVoucher(voucher)) };
    const call: ProviderCall = { method: 'POST', path: '/v1/vouchers', headers, body: new Uint8Array() };
    const { status } = await this.#call(call, this.#limits(options.signal));
    if (status !== 204) throw new ConsumerError('BAD_ANSWER', 'a voucher is taken with 204', { status });
  }

  /** The provider's book of a channel, given to who holds the voucher key. @throws ConsumerError as `info` */
  async channel(
    channel: number,
    proof: string,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<ChannelReport> {
    const call: ProviderCall = { method: 'GET', path: `/v1/channels/${channel}`, headers: { 'engram-proof': proof } };
    // the last output travels in it as base64
    const maxBytes = MAX_JSON_BYTES + Math.ceil(this.#maxOutputBytes / 3) * 4;
    const { body } = await this.#call(call, { ...this.#limits(options.signal), maxBytes });
    return parseChannelReport(jsonOf(body), channel);
  }

  /** A public receipt with its proof under the root of `size` receipts. @throws ConsumerError as `info` */
  async sample(channel: number, sequence: number, size: number, signal?: AbortSignal): Promise<Sample> {
    const path = `/v1/samples/${channel}/${sequence}?size=${size}`;
    const maxBytes = MAX_JSON_BYTES + 2 * Math.ceil(this.#maxOutputBytes / 3) * 4;
    const { body } = await this.#call({ method: 'GET', path, headers: {} }, { ...this.#limits(signal), maxBytes });
    return parseSample(jsonOf(body), { channel, sequence, size });
  }

  /**
   * Sends a signed message of a dialogue (docs/ai.md section 5); the answer's text, or undefined where none is due.
   * @throws ConsumerError as `info`
   */
  async dialogue(message: Json, options: { readonly signal?: AbortSignal } = {}): Promise<unknown> {
    const body = new TextEncoder().encode(JSON.stringify(message));
    const headers = { 'content-type': 'application/json' };
    const { status, body: answer } = await this.#call(
      { method: 'POST', path: '/v1/dialogue', headers, body },
      {
        timeoutMs: this.#inferTimeoutMs,
        maxBytes: MAX_JSON_BYTES + Math.ceil(this.#maxOutputBytes / 3) * 4,
        signal: options.signal,
      },
    );
    return status === 204 ? undefined : jsonOf(answer);
  }

  /** Ends its connections. */
  close(): void {
    this.#transport.close();
  }

  #limits(signal: AbortSignal | undefined) {
    return { timeoutMs: this.#timeoutMs, maxBytes: MAX_JSON_BYTES, signal };
  }

  async #json(call: ProviderCall, signal: AbortSignal | undefined): Promise<unknown> {
    return jsonOf((await this.#call(call, this.#limits(signal))).body);
  }

  async #call(call: ProviderCall, limits: Parameters<ProviderTransport['call']>[1]): Promise<ProviderReply> {
    const reply = await this.#transport.call(call, limits);
    const { status, headers, body } = reply;
    // a transport of another kind is held to the same limit
    if (body.length > limits.maxBytes) {
      throw new ConsumerError('ANSWER_TOO_LARGE', 'an answer over the limit', { maxBytes: limits.maxBytes });
    }
    if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
      throw new ConsumerError('BAD_ANSWER', 'an encoding that was not asked for');
    }
    if (status === 200 || status === 204) return reply;
    throw refusal(reply);
  }
}

/**
 * What `ProviderApi.channel` shows a provider: the voucher key's signature of `Poseidon3(voucherDomain, channel, 0)`, as hex.
 * It is no voucher: those are of four words.
 */
export function channelProof(channel: number, seed: Uint8Array, domain: Field): string {
  const message = poseidon([voucherDomain(domain), BigInt(channel), 0n]);
  const writer = new ByteWriter();
  writeSignature(writer, sign(seed, message));
  return bytesToHex(writer.bytes());
}

/** The provider's text is not passed on: it would end up on terminals and in logs. */
function refusal({ status, headers, body }: ProviderReply): ConsumerError {
  let refused = 'UNKNOWN';
  try {
    refused = refusalSchema.parse(JSON.parse(new TextDecoder().decode(body))).code;
  } catch {
    // no refusal of this protocol: a proxy's page, or nothing
  }
  const after = Number(headers['retry-after']);
  const details = {
    ...{ status, refusal: refused },
    ...(headers['retry-after'] !== undefined && Number.isFinite(after) && { retryAfterSeconds: after }),
  };
  return new ConsumerError('REFUSED', `the provider refuses: ${refused} (${status})`, details);
}

function jsonOf(body: Uint8Array): unknown {
  return decoded('JSON', () => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)));
}
