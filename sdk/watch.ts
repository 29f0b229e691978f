import { NodeUnavailableError, WaitTimeoutError } from './errors.ts';
import type { AnyClient } from './request.ts';
import type { LedgerSubscriptions } from './transport.ts';

const DEFAULT_AWAY_MS = 30_000;
/** A connection can die without a word: while nothing is told, the node is asked at this pace. */
const CHECK_MS = 15_000;

export interface Watch<T> {
  /** The present state; undefined: not yet. What it throws ends the wait. */
  readonly ask: (signal: AbortSignal) => Promise<T | undefined>;
  /** `push` evaluates news; pushing without a value asks again. Absent: the node tells no news of it, it is asked. */
  readonly subscribe?: (
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
    readonly awayMs?: number | undefined;
  },
  { ask, subscribe }: Watch<T>,
): Promise<T> {
  const { what, timeoutMs, signal, awayMs = DEFAULT_AWAY_MS } = options;
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
    if (subscriptions !== undefined && subscribe !== undefined) {
      const told = await byNews(subscriptions, { ask, subscribe }, stop.signal);
      if (told !== undefined) return told.value;
    }
    let answeredAtMs = performance.now();
    for (;;) {
      try {
        const found = await ask(stop.signal);
        if (found !== undefined) return found;
        answeredAtMs = performance.now();
      } catch (error) {
        // a node that restarts comes back with everything that was in a block
        if (!(error instanceof NodeUnavailableError) || performance.now() - answeredAtMs >= awayMs) throw error;
      }
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
  { ask, subscribe }: Required<Watch<T>>,
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
    asking.catch((error: unknown) => (error instanceof NodeUnavailableError ? settle(undefined) : fail(error)));
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
  const checks = setInterval(() => push(), CHECK_MS);
  const subscribing = subscribe(subscriptions, push, () => settle(undefined));
  subscribing.catch(() => settle(undefined));
  try {
    return await done;
  } finally {
    clearInterval(checks);
    signal.removeEventListener('abort', onAbort);
    // not awaited: a node that never answers must not hold up what is known, nor the end of the caller's patience
    subscribing.then((subscription) => subscription.unsubscribe()).catch(() => undefined);
  }
}

/** @throws the signal's reason */
function pause(ms: number, signal: AbortSignal): Promise<void> {
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
