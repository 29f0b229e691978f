/** What a provider is asked and answers, whatever carries it (docs/ai.md section 2). */
import { ProtocolError } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json.ts';
import { ReceiptError } from '../../protocol/receipts/receiptError.ts';
import { ExecutionError } from '../execution/executionError.ts';
import { ProviderError } from './providerError.ts';

export interface ProviderRequest {
  readonly method: 'GET' | 'POST';
  /** With its query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  /** Whom free calls are counted for: an IP address, or a peer's id. */
  readonly address: string;
}

export interface ProviderResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export const VOUCHER_HEADER = 'engram-voucher';
export const RECEIPT_HEADER = 'engram-receipt';
export const AUDIT_HEADER = 'engram-audit';
export const PROOF_HEADER = 'engram-proof';

const NOTHING = new Uint8Array();
const encoder = new TextEncoder();

export function jsonResponse(value: Json, status = 200): ProviderResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: encoder.encode(JSON.stringify(value)) };
}

export function bytesResponse(body: Uint8Array, headers: Readonly<Record<string, string>> = {}): ProviderResponse {
  return { status: 200, headers: { 'content-type': 'application/octet-stream', ...headers }, body };
}

export const NO_CONTENT: ProviderResponse = { status: 204, headers: {}, body: NOTHING };

/** How a failure is told to whoever asked: a code, its numbers, and nothing of the inside. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly data: Readonly<Record<string, string | number | bigint>>;
}

export function refusalOf(error: unknown): Refusal {
  if (error instanceof ProviderError) return { status: error.status, ...partsOf(error) };
  // Codes of vouchers and channels; a voucher of a channel that is busy is no payment question.
  if (error instanceof ReceiptError) return { status: 402, ...partsOf(error), message: 'the voucher is refused' };
  if (error instanceof ProtocolError) return { status: 400, ...partsOf(error), message: 'malformed' };
  return { status: 500, code: 'INTERNAL', message: 'the provider failed', data: {} };
}

function partsOf({ code, message, data }: { code: string; message: string; data: object }) {
  return { code, message, data: data as Refusal['data'] }; // numbers, texts and amounts, by the types of these errors
}

export function refusalResponse({ status, code, message, data }: Refusal): ProviderResponse {
  const shown = Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, typeof value === 'bigint' ? value.toString() : value]),
  );
  const response = jsonResponse({ ...shown, code, message }, status);
  const { retryAfter } = shown;
  if (retryAfter === undefined) return response;
  return { ...response, headers: { ...response.headers, 'retry-after': String(retryAfter) } };
}

/** What a failed run means to who asked for it. */
export function runFailure(error: unknown, isLate: boolean): unknown {
  if (!(error instanceof ExecutionError)) return error;
  switch (error.code) {
    case 'BAD_TENSOR':
    case 'INPUT_TOO_LARGE':
    case 'OUTPUT_TOO_LARGE':
      return new ProviderError(error.code, 'the model does not take this', error.data, { cause: error });
    case 'ABORTED':
      if (isLate) return new ProviderError('RUN_TIMEOUT', 'the model took too long', {}, { cause: error });
      return new ProviderError('STOPPING', 'the provider stops', {}, { cause: error });
    case 'BUSY':
      return new ProviderError('BUSY', 'all places are taken', { retryAfter: 1 }, { cause: error });
    case 'CLOSED':
      return new ProviderError('STOPPING', 'the provider stops', {}, { cause: error });
    default:
      return new ProviderError('RUN_FAILED', 'the model failed', {}, { cause: error });
  }
}
