import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { ConsumerError } from './consumerError.ts';
import type { CallLimits, ProviderCall, ProviderReply, ProviderTransport } from './providerTransport.ts';
import { checkHost, lookupPublic } from './publicAddress.ts';

export interface HttpTransportOptions {
  /** For addresses that the user gave, or development: also hosts that are not on the public internet. Default no. */
  readonly allowPrivateAddresses?: boolean;
  /** Connections kept to the provider. Default 8. */
  readonly maxConnections?: number;
}

const MAX_HEADER_BYTES = 16 * 1024;
/** A provider's address is shown, stored and sent; nothing needs a longer one. */
const MAX_ENDPOINT_CHARACTERS = 512;

/** @throws ConsumerError BAD_ENDPOINT */
export function parseEndpoint(text: string): URL {
  const bad = (why: string) => new ConsumerError('BAD_ENDPOINT', `not a provider's address: ${why}`);
  if (text.length > MAX_ENDPOINT_CHARACTERS || /[\s\\\p{Cc}]/u.test(text)) throw bad('length or characters');
  if (!URL.canParse(text)) throw bad('no URL');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw bad('http or https only');
  if (url.username !== '' || url.password !== '') throw bad('credentials');
  if (url.search !== '' || url.hash !== '') throw bad('query or fragment');
  return url;
}

/** HTTP(S) to a host that may be a stranger's: no redirects, no private addresses unless allowed, bounded in time and size. */
export class HttpTransport implements ProviderTransport {
  readonly #base: URL;
  readonly #agent: HttpAgent;
  readonly #allowPrivate: boolean;

  /** @throws ConsumerError BAD_ENDPOINT, PRIVATE_ADDRESS */
  constructor(endpoint: string, options: HttpTransportOptions = {}) {
    const { allowPrivateAddresses = false, maxConnections = 8 } = options;
    this.#base = parseEndpoint(endpoint);
    if (!allowPrivateAddresses) checkHost(this.#base.hostname);
    this.#allowPrivate = allowPrivateAddresses;
    const kept = { keepAlive: true, maxSockets: maxConnections };
    this.#agent = this.#base.protocol === 'https:' ? new HttpsAgent(kept) : new HttpAgent(kept);
  }

  async call(call: ProviderCall, { timeoutMs, maxBytes, signal }: CallLimits): Promise<ProviderReply> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const until = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
    try {
      return await this.#send(call, until, maxBytes);
    } catch (error) {
      if (error instanceof ConsumerError) throw error;
      if (signal?.aborted) throw new ConsumerError('ABORTED', 'cancelled', {}, { cause: error });
      if (timeout.aborted) {
        throw new ConsumerError(
          'TIMEOUT',
          `no complete answer within ${timeoutMs} ms`,
          { timeoutMs },
          { cause: error },
        );
      }
      const details = { endpoint: this.#base.href };
      throw new ConsumerError('UNREACHABLE', `no answer from ${this.#base.href}`, details, { cause: error });
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #send({ method, path, headers, body }: ProviderCall, signal: AbortSignal, maxBytes: number): Promise<ProviderReply> {
    const { protocol, hostname, port, pathname } = this.#base;
    const options: RequestOptions = {
      ...{ protocol, method, signal, agent: this.#agent, maxHeaderSize: MAX_HEADER_BYTES },
      hostname: hostname.replace(/^\[|\]$/g, ''),
      ...(port !== '' && { port }),
      path: `${pathname.replace(/\/+$/, '')}${path}`,
      headers: { ...headers, ...(body !== undefined && { 'content-length': String(body.length) }) },
      ...(!this.#allowPrivate && { lookup: lookupPublic }),
    };
    return new Promise((resolve, reject) => {
      const sent = (protocol === 'https:' ? httpsRequest : httpRequest)(options, (message) => {
        read(message, maxBytes).then(resolve, (error: unknown) => {
          sent.destroy();
          reject(error);
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

async function read(message: IncomingMessage, maxBytes: number): Promise<ProviderReply> {
  const { statusCode: status = 0, headers } = message;
  if (status >= 300 && status < 400) {
    throw new ConsumerError('REDIRECTED', 'the provider sends elsewhere: not followed', { status });
  }
  const tooLarge = (bytes: number) =>
    new ConsumerError('ANSWER_TOO_LARGE', `an answer of more than ${maxBytes} bytes`, { bytes, maxBytes });
  const announced = Number(headers['content-length'] ?? 0);
  if (announced > maxBytes) throw tooLarge(announced);
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of message) {
      const bytes: Buffer = part; // a message without an encoding gives buffers
      length += bytes.length;
      if (length > maxBytes) throw tooLarge(length);
      parts.push(bytes);
    }
  } catch (error) {
    const isCut = error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
    if (isCut) throw new ConsumerError('TRUNCATED', 'the answer ends too soon', { length }, { cause: error });
    throw error;
  }
  const flat = Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]);
  return { status, headers: Object.fromEntries(flat), body: new Uint8Array(Buffer.concat(parts, length)) };
}
