import rateLimit from '@fastify/rate-limit';
import fastify from 'fastify';
import type { Logger } from '../../chain/logger.ts';
import type { PageSource } from './pageSource.ts';
import { PAGE_REQUESTS_PER_MINUTE, registerPageRoutes, sendPage } from './routes.ts';

export interface PageServer {
  readonly url: string;
  /** May be called twice. */
  stop(): Promise<void>;
}

const PLAIN = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' } as const;

/** Serves a page and nothing else, with the same headers as a node: for users whose node is gone. */
export async function startPageServer(
  options: { readonly host: string /** 0: any free port. */; readonly port: number },
  deps: { readonly page: PageSource; readonly logger: Logger },
): Promise<PageServer> {
  const app = fastify({ logger: false, requestTimeout: 30_000, forceCloseConnections: true, bodyLimit: 1_024 });
  await app.register(rateLimit, { max: PAGE_REQUESTS_PER_MINUTE, timeWindow: 60_000 });
  app.setErrorHandler(({ statusCode = 500 }: { statusCode?: number }, _request, reply) => {
    // its words may name files of this machine
    const status = statusCode >= 400 && statusCode < 500 ? statusCode : 500;
    return reply.code(status).headers(PLAIN).send(`${status}\n`);
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).headers(PLAIN).send('not found\n'));
  app.get('/', (request, reply) => sendPage(request, reply, deps));
  registerPageRoutes(app, deps);
  const url = await app.listen({ host: options.host, port: options.port });
  let stopping: Promise<void> | undefined;
  return {
    url,
    stop: () => {
      stopping ??= app.close();
      return stopping;
    },
  };
}
