import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import websocket from '@fastify/websocket';
import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import type { Logger } from '../../chain/logger.ts';
import type { Metrics } from '../metrics.ts';
import type { PageSource } from '../web/pageSource.ts';
import { registerPageRoutes, sendPage, wantsPage } from '../web/routes.ts';
import type { NodeBackend } from './backend.ts';
import { refuseForeign } from './browserGuard.ts';
import { type DispatchDependencies, dispatch, failureText } from './dispatch.ts';
import { INTERNAL_ERROR, RpcCode, RpcError } from './errors.ts';
import type { EvmBackend } from './eth/backend.ts';
import { EthCode, EthRpcError } from './eth/ethError.ts';
import { ethMethods } from './eth/ethMethods.ts';
import { FilterManager } from './eth/logs/filterManager.ts';
import { toJson } from './json.ts';
import { methodTable } from './methods.ts';
import { SubscriptionHub } from './subscriptions.ts';
import { WebSocketSession } from './webSocketSession.ts';

export interface RpcServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly bodyLimitBytes: number;
  readonly batchLimit: number;
  readonly requestsPerMinute: number;
  readonly maxConnections: number;
  readonly maxSubscriptions: number;
  readonly corsOrigins: readonly string[];
  readonly trustProxy: boolean;
}

export interface RpcServerDependencies {
  readonly backend: NodeBackend;
  /** Ethereum's own methods; absent: there are none. */
  readonly evm?: EvmBackend;
  /** The web page; absent: there is none. */
  readonly page?: PageSource | undefined;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

export interface RpcServer {
  /** `http://host:port`; WebSocket is at the same place with `ws:`. */
  readonly url: string;
  /** Ends connections and frees the port; may be called twice. */
  stop(): Promise<void>;
}

const JSON_TYPE = 'application/json; charset=utf-8';
/** After which a connection on which nothing moves is closed: who asks for megabytes and reads none of them. Not WebSockets. */
const IDLE_MS = 120_000;
/** Where helmet is not: what a browser may make of an error is nothing. */
const ERROR_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
} as const;

/** JSON-RPC 2.0 over HTTP POST and WebSocket at `/`, `GET /health` and `GET /metrics`, and for browsers the web page, on one port. */
export async function startRpcServer(options: RpcServerOptions, deps: RpcServerDependencies): Promise<RpcServer> {
  const { backend, evm, page, metrics, logger } = deps;
  const app = fastify({
    bodyLimit: options.bodyLimitBytes,
    trustProxy: options.trustProxy,
    requestTimeout: 30_000,
    connectionTimeout: IDLE_MS,
    forceCloseConnections: true,
    logger: false,
  });
  answerErrorsInJsonRpc(app, logger);
  // A browser never shows what POST answers: the headers that guard pages cost more than the whole rest of a call.
  await app.register(helmet, { global: false });
  await app.register(cors, { origin: corsOrigin(options.corsOrigins), methods: ['GET', 'POST'] });
  await app.register(rateLimit, {
    max: options.requestsPerMinute,
    timeWindow: 60_000,
    // probes must not be starved by a client behind the same address
    allowList: (request) => request.url === '/health' || request.url === '/metrics',
  });
  await app.register(websocket, { options: { maxPayload: options.bodyLimitBytes } });
  // After its hooks: they end the connection of an upgrade that is refused.
  app.addHook('onRequest', async ({ headers, raw }) =>
    refuseForeign({ headers, localAddress: raw.socket.localAddress }, options),
  );

  const filters = evm === undefined ? undefined : new FilterManager({ backend: evm, nowMs: () => performance.now() });
  const table = methodTable(
    backend,
    evm === undefined || filters === undefined ? {} : { ...ethMethods(evm, filters), ...NO_SUBSCRIPTIONS },
  );
  const dispatcher: DispatchDependencies = {
    method: (name) => table[name],
    onHiddenError: (error, method) => logger.error({ err: error, method }, 'rpc call failed'),
    onCall: (method, outcome, seconds) => metrics.rpcCall(method, outcome, seconds),
  };
  const hub = new SubscriptionHub(backend);
  const sessions = new Set<WebSocketSession>();

  // JSON-RPC has its own parse error, so the body stays text, whatever type the client claims it to be.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));

  app.post('/', async (request, reply) => {
    const response = await dispatch(typeof request.body === 'string' ? request.body : '', options, dispatcher);
    if (response === undefined) return reply.code(204).send();
    return reply.header('x-content-type-options', 'nosniff').type(JSON_TYPE).send(response);
  });
  app.route({
    method: 'GET',
    url: '/',
    helmet: {},
    // a budget of its own: who opens the page has all of its calls left
    config: { rateLimit: { max: options.requestsPerMinute } },
    handler: (request, reply) => {
      if (page !== undefined && wantsPage(request)) return sendPage(request, reply, { page, logger });
      reply.header('vary', 'Accept').type(JSON_TYPE);
      return reply.send(toJson({ name: 'engram', rpc: 'POST JSON-RPC 2.0 here, or open a WebSocket' }));
    },
    wsHandler: (socket) => {
      if (sessions.size >= options.maxConnections) return socket.close(1013, 'too many connections');
      const session = new WebSocketSession(options, {
        socket,
        dispatcher,
        hub,
        backend,
        evm,
        onClose: () => {
          sessions.delete(session);
          metrics.connections(sessions.size);
        },
      });
      sessions.add(session);
      metrics.connections(sessions.size);
    },
  });
  app.get('/health', { helmet: {} }, async (_request, reply) => {
    const health = await backend.health();
    return reply
      .code(health.live && health.ready ? 200 : 503)
      .type(JSON_TYPE)
      .send(toJson(health));
  });
  app.get('/metrics', { helmet: {} }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );

  if (page !== undefined) registerPageRoutes(app, { page, logger });

  const url = await app.listen({ host: options.host, port: options.port });
  logger.info({ url }, 'rpc listens');
  let stopping: Promise<void> | undefined;
  return {
    url,
    stop: () => {
      stopping ??= (async () => {
        hub.close();
        filters?.close();
        for (const session of sessions) session.close(1001, 'the node stops');
        await app.close();
      })();
      return stopping;
    },
  };
}

/** A connection of its own is needed to be told of anything. */
const NO_SUBSCRIPTIONS = Object.fromEntries(
  ['eth_subscribe', 'eth_unsubscribe'].map((name) => [
    name,
    async (): Promise<never> => {
      throw new EthRpcError(EthCode.METHOD_NOT_FOUND, 'notifications not supported');
    },
  ]),
);

function corsOrigin(origins: readonly string[]): false | '*' | string[] {
  if (origins.length === 0) return false;
  return origins.includes('*') ? '*' : [...origins];
}

/** Whatever fastify refuses (size, rate, path) is answered as a JSON-RPC error with the fitting HTTP status. */
function answerErrorsInJsonRpc(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const isForeign = error instanceof RpcError;
    const status = isForeign ? 403 : (error.statusCode ?? 500);
    const shown = isForeign ? error : httpError(status);
    if (shown === INTERNAL_ERROR) logger.error({ err: error, url: request.url }, 'http request failed');
    return reply
      .code(status < 400 ? 500 : status)
      .headers(ERROR_HEADERS)
      .type(JSON_TYPE)
      .send(failureText(shown));
  });
  app.setNotFoundHandler((_request, reply) =>
    reply
      .code(404)
      .headers(ERROR_HEADERS)
      .type(JSON_TYPE)
      .send(failureText(new RpcError(RpcCode.INVALID_REQUEST, 'NOT_FOUND', 'JSON-RPC is at POST /'))),
  );
}

function httpError(status: number): RpcError {
  if (status === 413) return new RpcError(RpcCode.INVALID_REQUEST, 'BODY_TOO_LARGE', 'the request is too long');
  if (status === 429) return new RpcError(RpcCode.LIMIT_EXCEEDED, 'RATE_LIMITED', 'too many requests');
  if (status >= 400 && status < 500) return new RpcError(RpcCode.INVALID_REQUEST, 'BAD_REQUEST', 'a bad HTTP request');
  return INTERNAL_ERROR;
}
