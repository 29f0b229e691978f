import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from '../metrics.ts';

export interface MetricsServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

export interface MetricsServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** `/metrics` and `/health` of a process that has no RPC. */
export async function startMetricsServer(
  { host, port }: MetricsServerOptions,
  { metrics, isHealthy }: { readonly metrics: Metrics; readonly isHealthy: () => boolean },
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/metrics') {
      metrics.text().then(
        (text) => response.setHeader('content-type', metrics.contentType).end(text),
        () => response.writeHead(500).end(),
      );
    } else if (path === '/health') {
      const ready = isHealthy();
      response.writeHead(ready ? 200 : 503, { 'content-type': 'application/json' }).end(JSON.stringify({ ready }));
    } else response.writeHead(404).end();
  });
  server.headersTimeout = 5_000;
  server.maxConnections = 100;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  // listening on TCP
  const { port: found } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${found}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
