/** A proxy between a node and its L1 that can keep back a request or an answer: the moments at which to kill the node. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type Hex, parseTransaction, toFunctionSelector } from 'viem';
import { rollupAbi } from '../../../bridge/client/abi.ts';

export interface L1Request {
  readonly method: string;
  readonly params: readonly unknown[];
}

export interface Hold {
  readonly matches: (request: L1Request) => boolean;
  /** request: L1 never sees it. answer: L1 has done it, the node never learns of it. */
  readonly at: 'request' | 'answer';
}

export class L1Gate {
  readonly url: string;
  readonly #target: string;
  readonly #server: Server;
  #hold: (Hold & { readonly onCaught: (request: L1Request) => void }) | undefined;

  private constructor(target: string, server: Server, url: string) {
    this.#target = target;
    this.#server = server;
    this.url = url;
  }

  static async start(target: string): Promise<L1Gate> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('the gate has no port');
    const gate = new L1Gate(target, server, `http://127.0.0.1:${address.port}`);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => void gate.#pass(Buffer.concat(chunks).toString('utf8'), response));
    });
    return gate;
  }

  /** From now on keeps back what matches; resolves with the first that does. What is kept back is never answered. */
  hold(hold: Hold): Promise<L1Request> {
    return new Promise((resolve) => {
      this.#hold = { ...hold, onCaught: resolve };
    });
  }

  /** Lets everything pass again. */
  open(): void {
    this.#hold = undefined;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(body: string, response: ServerResponse): Promise<void> {
    const request = JSON.parse(body) as L1Request; // viem's, one call each
    const hold = this.#hold?.matches(request) === true ? this.#hold : undefined;
    if (hold?.at === 'request') {
      hold.onCaught(request);
      return;
    }
    try {
      const answer = await fetch(this.#target, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      const text = await answer.text();
      if (hold === undefined) response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
      else hold.onCaught(request);
    } catch {
      response.destroy(); // L1 has stopped
    }
  }
}

export type Call = 'commitBatch' | 'proveBatches';

/** The transaction with this call leaves the node. */
export function sending(call: Call): Hold['matches'] {
  return ({ method, params }) => method === 'eth_sendRawTransaction' && hasSelector(rawData(params[0]), call);
}

/** The node prepares the transaction: nothing of it is on the node's disk yet. */
export function preparing(call: Call): Hold['matches'] {
  return ({ method, params }) =>
    method === 'eth_estimateGas' && hasSelector((params[0] as { data?: Hex } | undefined)?.data, call);
}

function rawData(raw: unknown): Hex | undefined {
  return parseTransaction(raw as Hex).data; // what the node signed
}

function hasSelector(data: Hex | undefined, name: Call): boolean {
  const item = rollupAbi.find((entry) => entry.type === 'function' && entry.name === name);
  if (item?.type !== 'function') throw new TypeError(`the contract has no ${name}`);
  return data?.startsWith(toFunctionSelector(item)) === true;
}
