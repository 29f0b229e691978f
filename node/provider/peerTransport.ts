import type { Libp2p } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { ConsumerError } from '../../agents/consumer/consumerError.ts';
import type {
  CallLimits,
  ProviderCall,
  ProviderReply,
  ProviderTransport,
} from '../../agents/consumer/providerTransport.ts';
import type { Clock } from '../../chain/clock.ts';
import { NetworkError } from '../p2p/errors.ts';
import { FrameReader } from '../p2p/requests/frameReader.ts';
import { FrameWriter, packed } from '../p2p/requests/frameWriter.ts';
import { decodeResponse, encodeRequest, frameBytes, inferProtocol, MAX_HEAD_BYTES } from './peerFrames.ts';

/** What `ProviderApi` needs to ask a provider over libp2p: the host is the caller's. */
export class PeerTransport implements ProviderTransport {
  readonly #options: { readonly id: string; readonly address: string };
  readonly #deps: { readonly host: Libp2p; readonly clock: Clock };

  /** @param options address: a multiaddress with `/p2p/<id>`; id: the domain's first 16 hex digits */
  constructor(
    options: { readonly id: string; readonly address: string },
    deps: { readonly host: Libp2p; readonly clock: Clock },
  ) {
    this.#options = options;
    this.#deps = deps;
  }

  /** @throws ConsumerError UNREACHABLE, TIMEOUT, ANSWER_TOO_LARGE, TRUNCATED, ABORTED */
  async call(call: ProviderCall, { timeoutMs, maxBytes, signal }: CallLimits): Promise<ProviderReply> {
    const { host, clock } = this.#deps;
    const late = AbortSignal.timeout(timeoutMs);
    const ended = signal === undefined ? late : AbortSignal.any([late, signal]);
    try {
      const protocol = inferProtocol(this.#options.id);
      const stream = await host.dialProtocol(multiaddr(this.#options.address), protocol, { signal: ended });
      const stop = (): void => stream.abort(new NetworkError('TIMEOUT'));
      ended.addEventListener('abort', stop, { once: true });
      try {
        const reader = new FrameReader(stream, { clock });
        const body = call.body ?? new Uint8Array();
        const frame = encodeRequest({ method: call.method, path: call.path, headers: { ...call.headers }, body });
        const writer = new FrameWriter(stream, { clock });
        await writer.write(await packed(frame, frameBytes(body.length)), timeoutMs);
        const answer = await reader.next(maxBytes + MAX_HEAD_BYTES, timeoutMs);
        if (answer === undefined) throw new NetworkError('BAD_RESPONSE', { reason: 'empty' });
        return decodeResponse(answer);
      } finally {
        ended.removeEventListener('abort', stop);
        await stream.close().catch(() => undefined); // it is over either way
      }
    } catch (error) {
      throw consumerError(error, { isAborted: signal?.aborted === true, isLate: late.aborted });
    }
  }

  /** Connections are the host's. */
  close(): void {}
}

function consumerError(cause: unknown, { isAborted, isLate }: { isAborted: boolean; isLate: boolean }): ConsumerError {
  if (isAborted) return new ConsumerError('ABORTED', 'the call was given up', {}, { cause });
  const code = cause instanceof NetworkError ? cause.code : 'UNREACHABLE';
  if (isLate || code === 'TIMEOUT') return new ConsumerError('TIMEOUT', 'the provider took too long', {}, { cause });
  if (code === 'TOO_LARGE') return new ConsumerError('ANSWER_TOO_LARGE', 'an answer over the limit', {}, { cause });
  if (code === 'BAD_FRAME' || code === 'BAD_RESPONSE') {
    return new ConsumerError('TRUNCATED', 'the answer broke off', {}, { cause });
  }
  return new ConsumerError('UNREACHABLE', 'the provider cannot be reached', {}, { cause });
}
