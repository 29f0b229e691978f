/** What a node of the EVM lane said no to; `code` is JSON-RPC's. */
export class EthRefusal extends Error {
  override readonly name = 'EthRefusal';
  readonly reason: string;

  constructor(method: string, { code, message }: { readonly code: number; readonly message: string }) {
    super(`${method}: ${message}`);
    this.reason = `ETH_${code}`;
  }
}

/** One call of Ethereum's JSON-RPC, without viem's caches and retries. `T`: what the method answers. @throws EthRefusal, or fetch's error */
export async function ethCall<T>(url: string, method: string, params: readonly unknown[]): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  // JSON-RPC's form, from a node of ours
  const answer = (await response.json()) as { result?: T; error?: { code: number; message: string } };
  if (answer.error !== undefined) throw new EthRefusal(method, answer.error);
  return answer.result as T;
}
