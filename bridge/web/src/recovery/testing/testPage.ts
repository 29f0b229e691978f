import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { ensureArtifacts } from '../../../../../circuits/build/artifacts.ts';

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

const SCRIPT = fileURLToPath(import.meta.resolve('./page/main.ts'));

/** Bundles the page of recovery as vite.config.ts has it. */
export async function buildTestPage(outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: dirname(SCRIPT),
    ...{ base: './', logLevel: 'error', worker: { format: 'es' } },
    build: {
      target: 'es2022',
      outDir,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  });
}

/** Serves it, with the files of the account circuit, under the page's policy: only its own scripts, wasm, one endpoint of L1. */
export async function serveTestPage(folder: string, l1Url: string): Promise<{ url: string; stop(): Promise<void> }> {
  const { wasm, zkey, vkey } = await ensureArtifacts('account-proof');
  const circuit = new Map(Object.entries({ '/wasm': wasm, '/zkey': zkey, '/vkey': vkey }));
  const policy = [
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; worker-src 'self'",
    `connect-src 'self' ${l1Url}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  ].join('; ');
  const server = createServer(async ({ url = '/' }, response) => {
    const path = normalize(url === '/' ? '/index.html' : url);
    const bytes = await readFile(circuit.get(path) ?? join(folder, path)).catch(() => undefined);
    const type = TYPES[extname(path)] ?? 'application/octet-stream';
    response.writeHead(bytes === undefined ? 404 : 200, { 'content-type': type, 'content-security-policy': policy });
    response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // listens on a port, not on a pipe
  return { url: `http://127.0.0.1:${port}/`, stop: () => stopped(server) };
}

async function stopped(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
