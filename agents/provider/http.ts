import type { Socket } from 'node:net';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from '../../chain/logger.ts';
import type { ProviderLimits } from './options.ts';
import { ProviderError } from './providerError.ts';
import type { ProviderMetrics } from './providerMetrics.ts';
import { type ProviderRequest, type ProviderResponse, refusalOf, refusalResponse } from './requests.ts';

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly trustProxy: boolean;
  readonly limits: ProviderLimits;
}

export interface HttpDeps {
  readonly handle: (request: ProviderRequest) => Promise<ProviderResponse>;
  /** What can be refused before the body is read. */
  readonly precheck: (request: Omit<ProviderRequest, 'body'>) => ProviderResponse | undefined;
  readonly metrics: ProviderMetrics;
  readonly log: Logger;
}

export interface HttpServer {
  readonly url: string;
  /** Takes no more connections; answers that are under way are sent. */
  stop(): Promise<void>;
}

const NOTHING = new Uint8Array();
/** How often connections that are too slow are looked for. */
const CHECK_MS = 1_000;
const KEEP_ALIVE_MS = 30_000;
/** A connection on which nothing moves, while an answer is made or not fetched. */
const SILENCE_MS = 300_000;

/** HTTP around `handle`: sizes, times and connections are limited here, before any work. */
export async function startHttp({ host, port, trustProxy, limits }: HttpOptions, deps: HttpDeps): Promise<HttpServer> {
  const app = fastify({
    bodyLimit: limits.inputBytes,
    trustProxy,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionTimeout: SILENCE_MS,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    logger: false,
    http: { maxHeaderSize: limits.headerBytes, connectionsCheckingInterval: CHECK_MS },
  });
  app.server.headersTimeout = limits.headersMs;
  app.server.maxConnections = limits.connections;
  limitPerAddress(app, limits.connectionsPerAddress);
  answerErrors(app, deps);
  // An input is bytes, whatever type the client says they are.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const bodies = new BodyBudget(limits, deps.metrics);
  app.route({
    method: ['GET', 'POST'],
    url: '*',
    onRequest: async (request, reply) => {
      const refused = deps.precheck(headOf(request)) ?? bodies.take(request, reply);
      if (refused !== undefined) return reply.code(refused.status).headers(refused.headers).send(bodyOf(refused));
      return undefined;
    },
    handler: async (request, reply) => {
      const body = request.body instanceof Uint8Array ? request.body : NOTHING;
      const response = await deps.handle({ ...headOf(request), body });
      return reply
        .code(response.status)
        .header('x-content-type-options', 'nosniff')
        .headers(response.headers)
        .send(bodyOf(response));
    },
  });
  const url = await app.listen({ host, port });
  let stopping: Promise<void> | undefined;
  return {
    url,
    stop: () => {
      stopping ??= app.close();
      return stopping;
    },
  };
}

/** Inputs in memory, of all connections together: who has not paid can send them too. */
class BodyBudget {
  readonly #limits: ProviderLimits;
  readonly #metrics: ProviderMetrics;
  #bytes = 0;

  constructor(limits: ProviderLimits, metrics: ProviderMetrics) {
    this.#limits = limits;
    this.#metrics = metrics;
  }

  /** Counts what the request says it will send, or could, until its answer is sent or its connection gone. */
  take(request: FastifyRequest, reply: FastifyReply): ProviderResponse | undefined {
    if (request.method !== 'POST') return undefined;
    const said = request.headers['content-length'];
    const bytes = said === undefined ? this.#limits.inputBytes : Math.min(Number(said), this.#limits.inputBytes);
    if (this.#bytes + bytes > this.#limits.bodyBytes) {
      const refusal = refusalOf(new ProviderError('BUSY', 'too much is being received', { retryAfter: 1 }));
      this.#metrics.refused(refusal.code);
      return refusalResponse(refusal);
    }
    this.#bytes += bytes;
    reply.raw.once('close', () => {
      this.#bytes -= bytes;
    });
    return undefined;
  }
}

function headOf(request: FastifyRequest): Omit<ProviderRequest, 'body'> {
  const headers = request.headers as Record<string, string | undefined>; // those that may stand twice are joined by Node, or not ours
  return { method: request.method as 'GET' | 'POST', path: request.url, headers, address: request.ip }; // of the route
}

function bodyOf({ status, body }: ProviderResponse): Buffer | undefined {
  return status === 204 ? undefined : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/** What fastify refuses before the route is reached. */
function answerErrors(app: FastifyInstance, { log, metrics }: HttpDeps): void {
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const shown = errorOf(error);
    if (shown.status >= 500) log.error({ err: error }, 'a request failed');
    metrics.refused(shown.code);
    const response = refusalResponse(refusalOf(shown));
    return reply.code(response.status).headers(response.headers).send(bodyOf(response));
  });
  app.setNotFoundHandler((_request, reply) => {
    const response = refusalResponse(refusalOf(new ProviderError('NOT_FOUND', 'no such request')));
    return reply.code(response.status).headers(response.headers).send(bodyOf(response));
  });
}

function errorOf({ statusCode = 500 }: FastifyError): ProviderError {
  if (statusCode === 413) return new ProviderError('INPUT_TOO_LARGE', 'the input is over the limit');
  if (statusCode >= 400 && statusCode < 500) return new ProviderError('BAD_REQUEST', 'a bad HTTP request');
  return new ProviderError('INTERNAL', 'the provider failed');
}

/** Nobody alone takes all connections. A proxy in front is one address: give it as many as there are. */
function limitPerAddress(app: FastifyInstance, limit: number): void {
  const counts = new Map<string, number>();
  app.server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = counts.get(address) ?? 0;
    if (count >= limit) {
      socket.destroy();
      return;
    }
    counts.set(address, count + 1);
    socket.once('close', () => {
      const left = (counts.get(address) ?? 1) - 1;
      if (left === 0) counts.delete(address);
      else counts.set(address, left);
    });
  });
}
