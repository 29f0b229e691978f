import { ByteReader, bytesToHex, hexToBytes } from '../../protocol/bytes.ts';
import { readSignature } from '../../protocol/codec/signature.ts';
import { verify } from '../../protocol/crypto/eddsa.ts';
import { poseidon } from '../../protocol/crypto/poseidon.ts';
import { ACCOUNT_LIMIT, accountIndex } from '../../protocol/ids.ts';
import type { Json } from '../../protocol/json.ts';
import {
  decodeReceipt,
  decodeVoucher,
  proofToJson,
  receiptToJson,
  voucherToJson,
} from '../../protocol/receipts/receiptCodec.ts';
import type { AccountIndex, Field, SignedVoucher } from '../../protocol/types.ts';
import { voucherDomain } from '../../protocol/voucher.ts';
import type { Audit } from '../execution/executionDocument.ts';
import type { ChannelShelf } from './channelShelf.ts';
import type { FreeQuota } from './freeQuota.ts';
import type { Gate } from './gate.ts';
import type { PaidCalls } from './paidCalls.ts';
import { ProviderError } from './providerError.ts';
import type { ProviderMetrics } from './providerMetrics.ts';
import {
  AUDIT_HEADER,
  bytesResponse,
  jsonResponse,
  NO_CONTENT,
  PROOF_HEADER,
  type ProviderRequest,
  type ProviderResponse,
  RECEIPT_HEADER,
  VOUCHER_HEADER,
} from './requests.ts';
import type { Samples } from './samples.ts';

export interface RoutesOptions {
  readonly domain: Field;
  readonly inputBytes: number;
}

export interface RoutesDeps {
  readonly calls: PaidCalls;
  readonly shelf: ChannelShelf;
  readonly samples: Samples;
  readonly gate: Gate;
  readonly quota: FreeQuota;
  /** Samples, and channels to look up, of one address. */
  readonly samplesOf: FreeQuota;
  readonly lookupsOf: FreeQuota;
  readonly metrics: ProviderMetrics;
  readonly run: (input: Uint8Array) => Promise<Uint8Array>;
  readonly info: () => Json;
  readonly health: () => { readonly ready: boolean; readonly reasons: readonly string[] };
}

const VOUCHER_HEX = /^[0-9a-f]{288}$/;
const PROOF_HEX = /^[0-9a-f]{192}$/;
const CHANNEL_PATH = /^\/v1\/channels\/(\d{1,8})$/;
const SAMPLE_PATH = /^\/v1\/samples\/(\d{1,8})\/(\d{1,10})$/;

/** The requests of docs/ai.md section 2, whatever carried them. */
export class ProviderRoutes {
  readonly #options: RoutesOptions;
  readonly #deps: RoutesDeps;

  constructor(options: RoutesOptions, deps: RoutesDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /**
   * What can be said of a request before its body has been read: malformed, not paid, too busy.
   * @throws ProviderError, ProtocolError
   */
  precheck({ method, path, headers, address }: Omit<ProviderRequest, 'body'>): void {
    if (method !== 'POST' || pathOf(path) !== '/v1/infer') return;
    const length = Number(headers['content-length'] ?? 0);
    if (length > this.#options.inputBytes) throw this.#tooLarge();
    auditOf(headers);
    if (voucherHexOf(headers) === undefined) this.#checkFree(address);
    else this.#deps.gate.check();
  }

  /** @throws ProviderError, ProtocolError, ReceiptError */
  async handle(request: ProviderRequest): Promise<ProviderResponse> {
    const path = pathOf(request.path);
    if (request.method === 'POST') {
      if (path === '/v1/infer') return this.#infer(request);
      if (path === '/v1/vouchers') return this.#voucher(request);
    } else {
      if (path === '/v1/info') return jsonResponse(this.#deps.info());
      if (path === '/v1/health') {
        const { ready, reasons } = this.#deps.health();
        return jsonResponse({ ready, reasons }, ready ? 200 : 503);
      }
      const channel = CHANNEL_PATH.exec(path);
      if (channel !== null) return this.#channel(Number(channel[1]), request);
      const sample = SAMPLE_PATH.exec(path);
      if (sample !== null) return this.#sample(Number(sample[1]), Number(sample[2]), request);
      if (path === '/metrics') return this.#metrics();
    }
    throw new ProviderError('NOT_FOUND', 'no such request');
  }

  async #infer(request: ProviderRequest): Promise<ProviderResponse> {
    const { body: input, headers, address } = request;
    if (input.length > this.#options.inputBytes) throw this.#tooLarge();
    const audit = auditOf(headers);
    const voucher = voucherOf(headers);
    const start = performance.now();
    const seconds = (): number => (performance.now() - start) / 1000;
    if (voucher === undefined) {
      this.#checkFree(address);
      this.#deps.quota.take(address);
      const output = await this.#deps.gate.run(() => this.#deps.run(input));
      this.#deps.metrics.inference('free', seconds());
      return bytesResponse(output);
    }
    this.#countLookup(voucher, address);
    const { receipt, output, isRepeated } = await this.#deps.calls.infer({ voucher, input, audit });
    this.#deps.metrics.inference(isRepeated ? 'repeated' : 'paid', seconds());
    return bytesResponse(output, { [RECEIPT_HEADER]: bytesToHex(receipt) });
  }

  async #voucher({ headers, address }: ProviderRequest): Promise<ProviderResponse> {
    const voucher = voucherOf(headers);
    if (voucher === undefined) throw new ProviderError('PAYMENT_REQUIRED', 'a voucher is needed');
    this.#countLookup(voucher, address);
    await this.#deps.calls.acknowledge(voucher);
    return NO_CONTENT;
  }

  /** For who can sign vouchers of the channel: anybody else is told that there is none. */
  async #channel(index: number, { headers, address }: ProviderRequest): Promise<ProviderResponse> {
    const proof = headers[PROOF_HEADER];
    if (proof === undefined || !PROOF_HEX.test(proof)) throw malformed(PROOF_HEADER);
    this.#deps.lookupsOf.take(address);
    const missing = new ProviderError('NOT_FOUND', 'no such channel, or not for this key', { channel: index });
    const channel = await this.#deps.shelf.known(channelIndex(index));
    if (channel === undefined) throw missing;
    const reader = new ByteReader(hexToBytes(proof));
    const signature = readSignature(reader);
    const message = poseidon([voucherDomain(this.#options.domain), BigInt(index), 0n]);
    if (!verify(channel.voucherKey, message, signature)) throw missing;
    const last = await this.#deps.calls.last(channel);
    const { voucher, book } = channel.stored;
    // of the book on disk: what is under way is nobody's yet
    const { issued } = book as { issued: string };
    const frontier = channel.storedReceipts;
    return jsonResponse({
      issued,
      receipts: frontier.size,
      root: frontier.root.toString(),
      ...(voucher !== undefined && { lastVoucher: voucherToJson(voucher) }),
      ...(last !== undefined && {
        lastReceipt: receiptToJson(decodeReceipt(last.receipt)),
        lastOutput: Buffer.from(last.output).toString('base64'),
      }),
    });
  }

  /** Small questions with long answers, for nothing: so many to an address. */
  async #sample(index: number, sequence: number, { path, address }: ProviderRequest): Promise<ProviderResponse> {
    this.#deps.samplesOf.take(address);
    const channel = await this.#deps.shelf.known(channelIndex(index));
    const receipts = channel?.stored.receipts ?? 0;
    const asked = new URLSearchParams(path.split('?')[1] ?? '').get('size');
    if (asked !== null && !/^\d{1,10}$/.test(asked)) throw malformed('size');
    const size = asked === null ? receipts : Number(asked);
    const { receipt, proof, input, output } = await this.#deps.samples.sample(index, sequence, { size, receipts });
    return jsonResponse({
      receipt: receiptToJson(receipt),
      proof: proofToJson(proof),
      input: Buffer.from(input).toString('base64'),
      output: Buffer.from(output).toString('base64'),
    });
  }

  async #metrics(): Promise<ProviderResponse> {
    const { metrics } = this.#deps;
    const body = new TextEncoder().encode(await metrics.text());
    return { status: 200, headers: { 'content-type': metrics.contentType }, body };
  }

  /** Anybody can name any channel, and each costs a question to the ledger. @throws ProviderError QUOTA */
  #countLookup({ channel }: SignedVoucher, address: string): void {
    if (this.#deps.shelf.peek(channel) === undefined) this.#deps.lookupsOf.take(address);
  }

  /** Free calls take places that nobody pays for, and wait for none. @throws ProviderError PAYMENT_REQUIRED, QUOTA, BUSY */
  #checkFree(address: string): void {
    this.#deps.quota.check(address);
    if (!this.#deps.gate.isIdle) throw new ProviderError('BUSY', 'no place is free', { retryAfter: 1 });
  }

  #tooLarge(): ProviderError {
    const { inputBytes } = this.#options;
    return new ProviderError('INPUT_TOO_LARGE', 'the input is over the limit', { inputBytes });
  }
}

function pathOf(path: string): string {
  return path.split('?')[0] ?? '';
}

function malformed(what: string): ProviderError {
  return new ProviderError('BAD_REQUEST', `${what}: malformed`);
}

function channelIndex(index: number): AccountIndex {
  if (index >= ACCOUNT_LIMIT) throw new ProviderError('NOT_FOUND', 'no such channel', { channel: index });
  return accountIndex(index);
}

/** @throws ProviderError BAD_REQUEST */
function voucherHexOf(headers: ProviderRequest['headers']): string | undefined {
  const text = headers[VOUCHER_HEADER];
  if (text !== undefined && !VOUCHER_HEX.test(text)) throw malformed(VOUCHER_HEADER);
  return text;
}

/** @throws ProviderError BAD_REQUEST; ProtocolError */
function voucherOf(headers: ProviderRequest['headers']): SignedVoucher | undefined {
  const text = voucherHexOf(headers);
  return text === undefined ? undefined : decodeVoucher(hexToBytes(text));
}

/** @throws ProviderError BAD_REQUEST */
function auditOf(headers: ProviderRequest['headers']): Audit {
  const text = headers[AUDIT_HEADER] ?? 'private';
  if (text !== 'public' && text !== 'private') throw malformed(AUDIT_HEADER);
  return text;
}
