import { type Chain, type Client, HttpRequestError, RpcRequestError, TimeoutError, type Transport } from 'viem';
import {
  EngramError,
  LedgerRefusedError,
  MempoolRefusedError,
  NodeUnavailableError,
  RpcFailedError,
} from './errors.ts';
import type { RpcMethod, RpcMethods, Wire } from './rpcTypes.ts';

/** What every action of the SDK can work with: any viem client of an Engram chain. */
// viem's clients are invariant in their schema and extensions, which no action here uses
// biome-ignore lint/suspicious/noExplicitAny: see above
export type AnyClient = Client<Transport, Chain | undefined, any, any, any>;

/**
 * One call to the node, typed by the method.
 * @throws LedgerRefusedError, MempoolRefusedError, NodeUnavailableError, RpcFailedError
 */
export async function request<M extends RpcMethod>(
  client: AnyClient,
  method: M,
  params: RpcMethods[M]['params'],
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Wire<RpcMethods[M]['result']>> {
  try {
    const result: unknown = await client.request({ method, params } as never, { ...(signal && { signal }) });
    return result as Wire<RpcMethods[M]['result']>; // the node's side of the same table
  } catch (error) {
    signal?.throwIfAborted();
    throw engramError(error);
  }
}

/** The node's own numbers for classes of errors (node/rpc/README.md). */
const CLASSES: Readonly<Record<number, typeof EngramError>> = {
  [-32000]: LedgerRefusedError,
  [-32001]: MempoolRefusedError,
  [-32002]: NodeUnavailableError,
  [-32005]: NodeUnavailableError,
};

/** Turns whatever a viem transport throws into an EngramError with the node's stable code. */
export function engramError(error: unknown): EngramError {
  if (error instanceof EngramError) return error;
  for (let cause: unknown = error, depth = 0; cause instanceof Error && depth < 8; cause = cause.cause, depth += 1) {
    // other transports (custom providers) throw plain objects of the same form
    const { code, data } = cause as { code?: unknown; data?: { code?: unknown; details?: unknown } };
    if (typeof code === 'number' && typeof data?.code === 'string') {
      const Class = CLASSES[code] ?? RpcFailedError;
      const details = (data.details ?? {}) as Readonly<Record<string, string | number>>; // node/rpc/errors.ts
      return new Class(data.code, `the node refuses this ${text(details)}`, details, { cause: error });
    }
    if (cause instanceof HttpRequestError || cause instanceof TimeoutError) {
      const reason = cause instanceof HttpRequestError && cause.status === 429 ? 'RATE_LIMITED' : 'UNREACHABLE';
      return new NodeUnavailableError(reason, 'the node does not answer', {}, { cause: error });
    }
    if (cause instanceof RpcRequestError) {
      return new RpcFailedError('UNKNOWN', cause.details, { number: cause.code }, { cause: error });
    }
  }
  return new RpcFailedError('UNKNOWN', error instanceof Error ? error.message : String(error), {}, { cause: error });
}

function text(details: Readonly<Record<string, string | number>>): string {
  return Object.entries(details)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}
