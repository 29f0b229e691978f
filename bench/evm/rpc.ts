/** The one client for every target: JSON-RPC over HTTP connections that stay open. */
import { Agent, request } from 'node:http';

export interface RpcAnswer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

export class BenchRpc {
  readonly #url: URL;
  readonly #agent: Agent;
  #id = 0;

  constructor(url: string, connections: number) {
    this.#url = new URL(url);
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** @throws RangeError with the node's text if it answers with an error */
  async call<T>(method: string, params: readonly unknown[]): Promise<T> {
    this.#id += 1;
    const body = JSON.stringify({ jsonrpc: '2.0', id: this.#id, method, params });
    const answer = JSON.parse(await this.post(body)) as RpcAnswer; // JSON-RPC
    if (answer.error !== undefined) throw new RangeError(`${method}: ${answer.error.message}`);
    return answer.result as T; // the caller knows the method
  }

  post(body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const asked = request(this.#url, { method: 'POST', agent: this.#agent, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
        answer.once('error', reject);
      });
      asked.once('error', reject);
      asked.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
