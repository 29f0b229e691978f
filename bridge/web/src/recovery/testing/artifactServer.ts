import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ensureArtifacts } from '../../../../../circuits/build/artifacts.ts';
import type { ArtifactUrls } from '../artifactFiles.ts';

export interface Served {
  readonly status?: number;
  readonly bytes?: Uint8Array;
  /** What the header says, if not the truth. */
  readonly length?: number;
}

/** Serves the real files of the account circuit; `answers` replaces some. */
export class ArtifactServer {
  readonly urls: ArtifactUrls;
  readonly answers = new Map<string, Served>();
  readonly files: Readonly<Record<string, Uint8Array>>;
  requests = 0;
  readonly #close: () => Promise<void>;

  private constructor(base: string, files: Readonly<Record<string, Uint8Array>>, close: () => Promise<void>) {
    this.urls = { wasm: `${base}/wasm`, zkey: `${base}/zkey`, vkey: `${base}/vkey` };
    this.files = files;
    this.#close = close;
  }

  static async start(): Promise<ArtifactServer> {
    const { wasm, zkey, vkey } = await ensureArtifacts('account-proof');
    const files = { wasm: await readFile(wasm), zkey: await readFile(zkey), vkey: await readFile(vkey) };
    const server = createServer((request, response) => {
      made.requests += 1;
      const name = (request.url ?? '').slice(1);
      const { status = 200, bytes = made.files[name], length } = made.answers.get(name) ?? {};
      response.writeHead(status, { 'content-length': length ?? bytes?.length ?? 0 });
      response.end(bytes);
      if (length !== undefined) response.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo; // listens on a port, not on a pipe
    const made = new ArtifactServer(`http://127.0.0.1:${port}`, files, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return made;
  }

  stop(): Promise<void> {
    return this.#close();
  }
}
