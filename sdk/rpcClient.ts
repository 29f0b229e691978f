import { WebSocket } from 'ws';
import type { Hex, RpcMethod, RpcMethods, RpcTopic, RpcTopics, TransactionStatus, Wire } from './rpcTypes.ts';

/** What the node answered instead of a result. `reason` is the stable string code, `code` JSON-RPC's number. */
export class RpcClientError extends Error {
  override readonly name = 'RpcClientError';
  readonly code: number;
  readonly reason: string;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(
    code: number,
    reason: string,
    message: string,
    details: Readonly<Record<string, string | number>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}

interface ErrorBody {
  readonly code: number;
  readonly message: string;
  readonly data?: { readonly code?: string; readonly details?: Readonly<Record<string, string | number>> };
}

interface Incoming {
  readonly id?: number | null;
  readonly result?: unknown;
  readonly error?: ErrorBody;
  readonly method?: string;
  readonly params?: { readonly subscription: string; readonly result: unknown };
}

export interface Subscription {
  /** Ends it; harmless once the connection is gone. */
  unsubscribe(): Promise<void>;
}

interface Listener {
  readonly onEvent: (event: unknown) => void;
  readonly onEnd: (error: RpcClientError) => void;
}

/** Numeric code of failures on the way to the node. */
const TRANSPORT = 0;
const HANDSHAKE_MS = 10_000;
const RANK = { unknown: 0, dropped: 0, pending: 1, included: 2, committed: 3, proven: 4 } as const;

/** In browsers `ws` is an empty shell, and their own WebSocket has all that is used here but a limit to the handshake. */
function newSocket(url: string): WebSocket {
  const ofNode: typeof WebSocket | undefined = WebSocket;
  if (ofNode !== undefined) return new ofNode(url, { handshakeTimeout: HANDSHAKE_MS });
  return new globalThis.WebSocket(url) as unknown as WebSocket; // the same events, `send`, `close`
}

/** At once where that is possible: whoever is on the other side need not agree. */
function end(socket: WebSocket): void {
  if ('terminate' in socket) socket.terminate();
  else (socket as Pick<WebSocket, 'close'>).close(); // a browser's
}

/** Typed client of the engram_* JSON-RPC: calls over HTTP, subscriptions over one WebSocket that opens when first needed. */
export class RpcClient {
  readonly url: string;
  #nextId = 1;
  #socket: Promise<WebSocket> | undefined;
  readonly #pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: RpcClientError) => void }>();
  readonly #listeners = new Map<string, Listener>();

  /** @param url `http://host:port` of the node */
  constructor(url: string) {
    this.url = url;
  }

  /** @throws RpcClientError with the node's codes, or reason UNREACHABLE, BAD_RESPONSE */
  async request<M extends RpcMethod>(
    method: M,
    params: RpcMethods[M]['params'],
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<Wire<RpcMethods[M]['result']>> {
    const id = this.#nextId++;
    let body: Incoming | undefined;
    try {
      const response = await fetch(this.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
        ...(signal !== undefined && { signal }),
      });
      body = incoming(await response.json());
    } catch (cause) {
      signal?.throwIfAborted();
      throw new RpcClientError(TRANSPORT, 'UNREACHABLE', `no answer from ${this.url}`, {}, { cause });
    }
    if (body?.error !== undefined) throw asError(body.error);
    if (body?.id !== id || !('result' in body))
      throw new RpcClientError(TRANSPORT, 'BAD_RESPONSE', 'not a JSON-RPC answer');
    return body.result as Wire<RpcMethods[M]['result']>; // the node's side of the same table
  }

  /** `onEnd` is told when the connection is lost; subscribing again opens a new one. */
  async subscribe<T extends RpcTopic>(
    topic: T,
    params: RpcTopics[T]['params'],
    onEvent: (event: Wire<RpcTopics[T]['event']>) => void,
    onEnd: (error: RpcClientError) => void = () => undefined,
  ): Promise<Subscription> {
    let id: string | undefined;
    await this.#overSocket('engram_subscribe', [topic, ...params], (result) => {
      id = result as string;
      // in the same turn as the answer arrived, so that no event falls between
      this.#listeners.set(id, { onEvent: onEvent as (event: unknown) => void, onEnd });
    });
    return {
      unsubscribe: async () => {
        if (id === undefined || !this.#listeners.delete(id)) return;
        await this.#overSocket('engram_unsubscribe', [id]).catch(() => undefined); // a lost connection has ended it too
      },
    };
  }

  /**
   * Resolves once the transaction is at least `wanted`.
   * @throws RpcClientError reason DROPPED (or the reason it was dropped for), CONNECTION_LOST
   */
  async waitForTransaction(
    hash: Hex,
    wanted: 'included' | 'committed' | 'proven',
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<Wire<TransactionStatus>> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = deferred<Wire<TransactionStatus>>();
    promise.catch(() => undefined); // it may fail before it is awaited below
    const onAbort = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const subscription = await this.subscribe(
      'txStatus',
      [hash],
      (status) => {
        if (RANK[status.status] >= RANK[wanted]) resolve(status);
        else if (status.status === 'dropped') {
          const reason = status.reason?.code ?? 'DROPPED';
          reject(new RpcClientError(TRANSPORT, reason, `the transaction was dropped: ${reason}`));
        }
      },
      reject,
    );
    try {
      return await promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      await subscription.unsubscribe();
    }
  }

  async close(): Promise<void> {
    const socket = await this.#socket?.catch(() => undefined);
    socket?.close();
  }

  async #overSocket(
    method: string,
    params: readonly unknown[],
    onResult?: (result: unknown) => void,
  ): Promise<unknown> {
    this.#socket ??= this.#open();
    const socket = await this.#socket;
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, {
        resolve: (result) => {
          onResult?.(result);
          resolve(result);
        },
        reject,
      });
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    });
  }

  #open(): Promise<WebSocket> {
    const socket = newSocket(this.url.replace(/^http/, 'ws'));
    const lost = (cause?: unknown): void => {
      this.#socket = undefined;
      const error = new RpcClientError(TRANSPORT, 'CONNECTION_LOST', `connection to ${this.url} lost`, {}, { cause });
      const waiting = [...this.#pending.values()];
      const listening = [...this.#listeners.values()];
      this.#pending.clear();
      this.#listeners.clear();
      for (const { reject } of waiting) reject(error);
      for (const { onEnd } of listening) onEnd(error);
    };
    socket.addEventListener('message', ({ data }) => {
      const message = parsed(String(data));
      // whoever sends such a thing is no node; thrown from here it would end the caller's process
      if (message === undefined) end(socket);
      else this.#onMessage(message);
    });
    socket.addEventListener('close', () => lost());
    return new Promise((resolve, reject) => {
      socket.addEventListener('open', () => resolve(socket), { once: true });
      socket.addEventListener('error', (event) => {
        const cause: unknown = event.error;
        lost(cause);
        reject(new RpcClientError(TRANSPORT, 'UNREACHABLE', `no WebSocket at ${this.url}`, {}, { cause }));
      });
    });
  }

  #onMessage(message: Incoming): void {
    if (message.method === 'engram_subscription' && message.params !== undefined) {
      this.#listeners.get(message.params.subscription)?.onEvent(message.params.result);
      return;
    }
    if (typeof message.id !== 'number') return;
    const waiting = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.error !== undefined) waiting?.reject(asError(message.error));
    else waiting?.resolve(message.result);
  }
}

function parsed(text: string): Incoming | undefined {
  try {
    return incoming(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Undefined unless it has the form of a JSON-RPC message. */
function incoming(json: unknown): Incoming | undefined {
  if (!isObject(json)) return undefined;
  const { error, params } = json;
  if ((error !== undefined && !isObject(error)) || (params !== undefined && !isObject(params))) return undefined;
  return json as Incoming; // the members of its members are looked at where they are used
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function asError({ code, message, data }: ErrorBody): RpcClientError {
  return new RpcClientError(code, data?.code ?? 'UNKNOWN', message, data?.details);
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (reason: unknown) => void } {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<T>((onValue, onReason) => {
    resolve = onValue;
    reject = onReason;
  });
  return { promise, resolve, reject };
}
