import { type ErrorDetails, TransactionDroppedError, WaitTimeoutError } from './errors.ts';
import { type AnyClient, request } from './request.ts';
import type { Hex, TransactionStatus, Wire } from './rpcTypes.ts';
import type { LedgerSubscriptions } from './transport.ts';

/** How final: in a block (the sequencer's word), posted on L1, proven on L1 (final; exits can be withdrawn). */
export type Finality = 'included' | 'committed' | 'proven';

const RANK = { unknown: 0, dropped: 0, pending: 1, included: 2, committed: 3, proven: 4 } as const;

export interface WaitOptions {
  /** Milliseconds; default: no limit. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of every change of the status, the last one included. An L1 reorg can move it back from committed to included. */
  readonly onStatus?: ((status: Wire<TransactionStatus>) => void) | undefined;
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
  let wasPending = false;
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

export interface Watch<T> {
  /** The present state; undefined: not yet. What it throws ends the wait. */
  readonly ask: (signal: AbortSignal) => Promise<T | undefined>;
  /** `push` evaluates news; pushing without a value asks again. */
  readonly subscribe: (
    subscriptions: LedgerSubscriptions,
    push: (evaluate?: () => T | undefined) => void,
    onEnd: () => void,
  ) => Promise<{ unsubscribe(): Promise<void> }>;
}

/** Waits for something of the node: told by a subscription, or asking at the client's pace. */
export async function watch<T>(
  client: AnyClient,
  options: {
    readonly what: string;
    readonly timeoutMs?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  },
  { ask, subscribe }: Watch<T>,
): Promise<T> {
  const { what, timeoutMs, signal } = options;
  signal?.throwIfAborted();
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => stop.abort(new WaitTimeoutError(what, timeoutMs)), timeoutMs);
  // any transport may be there: only `engramTransport` has it
  const { subscriptions } = client.transport as { subscriptions?: LedgerSubscriptions };
  try {
    if (subscriptions !== undefined) {
      const told = await byNews(subscriptions, { ask, subscribe }, stop.signal);
      if (told !== undefined) return told.value;
    }
    for (;;) {
      const found = await ask(stop.signal);
      if (found !== undefined) return found;
      await pause(client.pollingInterval, stop.signal);
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Undefined if there is no connection, or no longer: the caller polls. */
async function byNews<T>(
  subscriptions: LedgerSubscriptions,
  { ask, subscribe }: Watch<T>,
  signal: AbortSignal,
): Promise<{ value: T } | undefined> {
  let settle: (result: { value: T } | undefined) => void = () => undefined;
  let fail: (reason: unknown) => void = () => undefined;
  const done = new Promise<{ value: T } | undefined>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  done.catch(() => undefined); // it may fail before it is awaited
  let asking: Promise<void> = Promise.resolve();
  const askAgain = (): undefined => {
    asking = asking.then(async () => {
      const found = await ask(signal);
      if (found !== undefined) settle({ value: found });
    });
    asking.catch(fail);
  };
  const onAbort = (): void => fail(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const push = (evaluate?: () => T | undefined): void => {
    try {
      const found = evaluate === undefined ? askAgain() : evaluate();
      if (found !== undefined) settle({ value: found });
    } catch (error) {
      fail(error);
    }
  };
  const subscription = await subscribe(subscriptions, push, () => settle(undefined)).catch(() => undefined);
  try {
    if (subscription === undefined) return undefined;
    return await done;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await subscription?.unsubscribe();
  }
}

/** @throws the signal's reason */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
