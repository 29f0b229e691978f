/** JSON-RPC without a client in between: what exactly is answered. */
export interface RawAnswer {
  readonly jsonrpc?: string;
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export class RawRpc {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** Any text as a request; its answer as it came. */
  async post(body: string): Promise<{ readonly status: number; readonly text: string }> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(this.#url, { method: 'POST', headers, body });
    return { status: response.status, text: await response.text() };
  }

  async ask(method: string, params?: unknown): Promise<RawAnswer> {
    const { text } = await this.post(
      JSON.stringify({ jsonrpc: '2.0', id: 1, method, ...(params !== undefined && { params }) }),
    );
    return JSON.parse(text) as RawAnswer; // every answer is JSON-RPC
  }

  /** @throws RangeError with the node's text */
  async result<T>(method: string, params: readonly unknown[]): Promise<T> {
    const { result, error } = await this.ask(method, params);
    if (error !== undefined) throw new RangeError(`${method}: ${error.code} ${error.message}`);
    return result as T; // the caller knows the method
  }
}
