import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { WebBuildError } from '../../bridge/web/build/errors.ts';
import type { Logger } from '../../chain/logger.ts';
import { encoded, type PageFile } from './pageFiles.ts';
import type { PageSource } from './pageSource.ts';
import { contentSecurityPolicy, PAGE_HEADERS, SCRIPT_POLICY } from './securityHeaders.ts';

/** Of one client and kind of file: a first load takes about twenty. They count apart from JSON-RPC. */
export const PAGE_REQUESTS_PER_MINUTE = 600;
/** Of one client, of the files of the circuit: megabytes each. */
const CIRCUIT_REQUESTS_PER_MINUTE = 30;

const ONE_YEAR = 'public, max-age=31536000, immutable';
const ASK_AGAIN = 'no-cache';

export interface PageRoutesDependencies {
  readonly page: PageSource;
  readonly logger: Logger;
}

/** Whether a browser asks for something to show, at `/`; everybody else keeps talking JSON there. */
export function wantsPage({ method, headers }: Pick<FastifyRequest, 'method' | 'headers'>): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  if (headers.upgrade !== undefined) return false;
  return (headers.accept ?? '').toLowerCase().includes('text/html');
}

/** Files of the page, but for `/`, which the caller shares with others: see `sendPage`. */
export function registerPageRoutes(app: FastifyInstance, deps: PageRoutesDependencies): void {
  const { page } = deps;
  const config = { rateLimit: { max: PAGE_REQUESTS_PER_MINUTE } };
  app.get<{ Params: { '*': string } }>('/assets/*', { config }, (request, reply) =>
    sendFile(`assets/${request.params['*']}`, { request, reply }, deps),
  );
  app.get('/index.html', { config }, (request, reply) => sendPage(request, reply, deps));
  app.get('/config.json', { config }, async (request, reply) => {
    const text = JSON.stringify(await page.config(request.headers.host));
    return withHeaders(reply).header('cache-control', 'no-store').type('application/json; charset=utf-8').send(text);
  });
  app.get<{ Params: { hash: string; name: string } }>(
    '/circuits/account-proof/:hash/:name',
    { config: { rateLimit: { max: CIRCUIT_REQUESTS_PER_MINUTE } }, exposeHeadRoute: false },
    async ({ params }, reply) => {
      const file = await page.circuit(params.hash, params.name);
      if (file === undefined) return notFound(reply);
      withHeaders(reply).header('cache-control', ONE_YEAR).header('content-length', file.size).type(file.type);
      return reply.send(file.open());
    },
  );
  // icons and the like; `/health`, `/metrics` are routes of their own and go before
  app.get<{ Params: { name: string } }>('/:name', { config }, (request, reply) =>
    sendFile(request.params.name, { request, reply }, deps),
  );
}

/** The page itself, for whoever `wantsPage`. */
export async function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  { page, logger }: PageRoutesDependencies,
): Promise<FastifyReply> {
  try {
    const files = await page.files();
    const config = await page.config(request.headers.host);
    const file = files.get('index.html');
    if (file === undefined) throw new WebBuildError('WEB_PAGE_INVALID', 'there is no index.html');
    reply.header('content-security-policy', contentSecurityPolicy(config, request.headers.host));
    return answer(file, request, reply, 'Accept, Accept-Encoding');
  } catch (error) {
    if (!(error instanceof WebBuildError)) logger.error({ err: error }, 'web page failed');
    return withHeaders(reply)
      .code(503)
      .header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
      .header('retry-after', '60')
      .type('text/plain; charset=utf-8')
      .send('This node cannot show its web page now; its log says why. JSON-RPC works: POST it here.\n');
  }
}

/** Only names of the manifest; whatever else a request names is not there. */
async function sendFile(
  name: string,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  { page }: PageRoutesDependencies,
): Promise<FastifyReply> {
  const files = await page.files().catch(() => undefined);
  const file = name === 'index.html' ? undefined : files?.get(name);
  if (file === undefined) return notFound(reply);
  if (file.type.startsWith('text/javascript')) reply.header('content-security-policy', SCRIPT_POLICY);
  return answer(file, request, reply, 'Accept-Encoding');
}

function answer(file: PageFile, request: FastifyRequest, reply: FastifyReply, vary: string): FastifyReply {
  withHeaders(reply)
    .header('cache-control', file.isImmutable ? ONE_YEAR : ASK_AGAIN)
    .header('etag', file.etag)
    .header('vary', vary);
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(file.etag)) return reply.code(304).send();
  const { body, encoding } = encoded(file, request.headers['accept-encoding']);
  if (encoding !== undefined) reply.header('content-encoding', encoding);
  return reply.type(file.type).send(body);
}

function notFound(reply: FastifyReply): FastifyReply {
  reply.callNotFound();
  return reply;
}

function withHeaders(reply: FastifyReply): FastifyReply {
  return reply.headers(PAGE_HEADERS);
}
