import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { RpcCode, RpcError } from './errors.ts';

export interface BrowserGuardOptions {
  /** Origins of web pages that may call; `*`: any. */
  readonly corsOrigins: readonly string[];
  /** What is behind a proxy is for all the world, and its `Host` is the proxy's. */
  readonly trustProxy: boolean;
}

/** What of a request tells where a browser believes it is. */
export interface BrowserRequest {
  readonly headers: Pick<IncomingHttpHeaders, 'host' | 'origin'>;
  /** Of the connection, on this machine. */
  readonly localAddress: string | undefined;
}

/**
 * Keeps other websites' pages from using the node of whoever looks at them. CORS alone does not: a POST of plain text and a WebSocket need
 * no preflight, and a name that its owner makes point here (DNS rebinding) is the same origin. Programs send no `Origin`; extensions
 * (wallets) send one that is no website's.
 * @throws RpcError FOREIGN_ORIGIN, FOREIGN_HOST
 */
export function refuseForeign({ headers, localAddress }: BrowserRequest, options: BrowserGuardOptions): void {
  const { corsOrigins, trustProxy } = options;
  if (trustProxy || corsOrigins.includes('*')) return;
  const { host = '', origin } = headers;
  const isOwn = (of: string): boolean => URL.canParse(of) && new URL(of).host === hostIn(of, host);
  if (origin !== undefined && isWebsite(origin) && !isOwn(origin) && !corsOrigins.includes(origin)) {
    throw refusal('FOREIGN_ORIGIN', 'web pages of this origin may not call (rpc.corsOrigins)');
  }
  if (isLoopback(localAddress) && !isNameOfThisMachine(host) && !corsOrigins.some(isOwn)) {
    const message = 'the node is not known by this name (rpc.corsOrigins; behind a proxy rpc.trustProxy)';
    throw refusal('FOREIGN_HOST', message);
  }
}

function refusal(code: 'FOREIGN_ORIGIN' | 'FOREIGN_HOST', message: string): RpcError {
  return new RpcError(RpcCode.INVALID_REQUEST, code, message);
}

/** `null` is what sandboxed frames of any site say. */
function isWebsite(origin: string): boolean {
  return origin === 'null' || /^https?:/i.test(origin);
}

/** As the origin would write it: without the port that its scheme has anyway. */
function hostIn(origin: string, host: string): string | undefined {
  const url = `${new URL(origin).protocol}//${host}`;
  return URL.canParse(url) ? new URL(url).host : undefined;
}

function isLoopback(address: string | undefined): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address ?? '');
}

/** No name that somebody else could make point here: an address, `localhost`, or none (HTTP/1.0). */
function isNameOfThisMachine(host: string): boolean {
  if (host === '') return true;
  if (!URL.canParse(`http://${host}`)) return false;
  const name = new URL(`http://${host}`).hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost');
}
