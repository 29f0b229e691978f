/** Requests to a provider and answers as frames: `headLength(4) ‖ head (JSON) ‖ body`, behind the frame's own length (node/p2p/requests). */
import { z } from 'zod';
import type { ProviderResponse } from '../../agents/provider/requests.ts';
import { NetworkError } from '../p2p/errors.ts';

/** Longest head: paths and headers are short. */
export const MAX_HEAD_BYTES = 8_192;
const PREFIX_BYTES = 4;

const headers = z.record(z.string().regex(/^[a-z0-9-]{1,64}$/), z.string().max(2_048));
const requestHead = z.strictObject({ method: z.enum(['GET', 'POST']), path: z.string().max(1_024), headers });
const responseHead = z.strictObject({ status: z.number().int().min(100).max(599), headers });

export type RequestHead = z.infer<typeof requestHead>;
export type ResponseHead = z.infer<typeof responseHead>;

export interface PeerRequest extends RequestHead {
  readonly body: Uint8Array;
}

/** The protocol of one chain's providers; `id`: the domain's first 16 hex digits, as for nodes. */
export function inferProtocol(id: string): string {
  return `/engram/1/${id}/infer`;
}

/** Longest frame that carries a body of so many bytes. */
export function frameBytes(bodyBytes: number): number {
  return PREFIX_BYTES + MAX_HEAD_BYTES + bodyBytes;
}

export function encodeRequest({ body, method, path, headers: given }: PeerRequest): Uint8Array {
  return encode({ method, path, headers: given }, body);
}

export function encodeResponse({ body, status, headers: given }: ProviderResponse): Uint8Array {
  return encode({ status, headers: given }, body);
}

/** @throws NetworkError BAD_FRAME */
export function decodeRequest(frame: Uint8Array): PeerRequest {
  const { head, body } = decode(frame);
  const parsed = requestHead.safeParse(head);
  if (!parsed.success) throw bad('no request');
  return { ...parsed.data, body };
}

/** @throws NetworkError BAD_FRAME */
export function decodeResponse(frame: Uint8Array): ProviderResponse {
  const { head, body } = decode(frame);
  const parsed = responseHead.safeParse(head);
  if (!parsed.success) throw bad('no answer');
  return { ...parsed.data, body };
}

function encode(head: RequestHead | ResponseHead, body: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(head));
  const frame = new Uint8Array(PREFIX_BYTES + text.length + body.length);
  new DataView(frame.buffer).setUint32(0, text.length);
  frame.set(text, PREFIX_BYTES);
  frame.set(body, PREFIX_BYTES + text.length);
  return frame;
}

function decode(frame: Uint8Array): { head: unknown; body: Uint8Array } {
  if (frame.length < PREFIX_BYTES) throw bad('truncated');
  const length = new DataView(frame.buffer, frame.byteOffset).getUint32(0);
  if (length > MAX_HEAD_BYTES || PREFIX_BYTES + length > frame.length) throw bad('head');
  const text = frame.subarray(PREFIX_BYTES, PREFIX_BYTES + length);
  try {
    const head: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
    return { head, body: frame.subarray(PREFIX_BYTES + length) };
  } catch (cause) {
    throw bad('head', cause);
  }
}

function bad(reason: string, cause?: unknown): NetworkError {
  return new NetworkError('BAD_FRAME', { reason }, { cause });
}
