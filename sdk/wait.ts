import { type ErrorDetails, TransactionDroppedError } from './errors.ts';
import { type AnyClient, request } from './request.ts';
import type { Hex, TransactionStatus, Wire } from './rpcTypes.ts';
import { watch } from './watch.ts';

/** How final: in a block (the sequencer's word), posted on L1, proven on L1 (final; exits can be withdrawn). */
export type Finality = 'included' | 'committed' | 'proven';

const RANK = { unknown: 0, dropped: 0, pending: 1, included: 2, committed: 3, proven: 4 } as const;

export interface WaitOptions {
  /** Milliseconds; default: no limit. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of every change of the status, the last one included. An L1 reorg can move it back from committed to included. */
  readonly onStatus?: ((status: Wire<TransactionStatus>) => void) | undefined;
  /** How long the node may be away (restarting) before the wait ends with NodeUnavailableError, milliseconds. Default 30,000. */
  readonly awayMs?: number | undefined;
  /** The node has taken the transaction: if it does not know it, it was lost. Default: found out by waiting. */
  readonly isAccepted?: boolean | undefined;
}

/**
 * Resolves once the transaction is at least as final as asked. Subscribes over WebSocket if the client's transport can
 * (`engramTransport`), and polls otherwise or when the connection is lost.
 * @throws TransactionDroppedError with the reason as code (`FORGOTTEN`: it was pending, and the node, restarted perhaps, no longer
 *   knows it); WaitTimeoutError; the signal's reason; NodeUnavailableError if the node cannot be asked
 */
export async function waitFor(
  client: AnyClient,
  hash: Hex,
  finality: Finality,
  options: WaitOptions = {},
): Promise<Wire<TransactionStatus>> {
  let last: string | undefined;
  let wasPending = options.isAccepted ?? false;
  const check = (status: Wire<TransactionStatus>): Wire<TransactionStatus> | undefined => {
    const seen = `${status.status} ${status.block} ${status.batch}`;
    if (seen !== last) options.onStatus?.(status);
    last = seen;
    if (RANK[status.status] >= RANK[finality]) return status;
    if (status.status === 'dropped') {
      throw new TransactionDroppedError(hash, status.reason?.code ?? 'DROPPED', status.reason?.details as ErrorDetails);
    }
    if (status.status === 'unknown' && wasPending) throw new TransactionDroppedError(hash, 'FORGOTTEN');
    wasPending ||= status.status === 'pending';
    return undefined;
  };
  return watch(
    client,
    { what: `transaction ${hash} ${finality}`, ...options },
    {
      ask: async (signal) => check(await request(client, 'engram_getTransactionStatus', [hash], { signal })),
      subscribe: (subscriptions, push, onEnd) =>
        subscriptions.subscribe('txStatus', [hash], { onEvent: (status) => push(() => check(status)), onEnd }),
    },
  );
}
