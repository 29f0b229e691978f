import type { WebSocket } from 'ws';
import type { NodeBackend } from './backend.ts';
import { type DispatchDependencies, dispatch, failureText } from './dispatch.ts';
import { RpcCode, RpcError } from './errors.ts';
import type { EvmBackend } from './eth/backend.ts';
import { EthSubscriber } from './eth/ethSubscriptions.ts';
import { toJson } from './json.ts';
import { TokenBucket } from './rateLimit.ts';
import { Subscriber, type SubscriptionHub } from './subscriptions.ts';

export interface SessionOptions {
  readonly batchLimit: number;
  readonly maxSubscriptions: number;
  readonly requestsPerMinute: number;
}

export interface SessionDependencies {
  readonly socket: WebSocket;
  readonly dispatcher: DispatchDependencies;
  readonly hub: SubscriptionHub;
  readonly backend: NodeBackend;
  /** Where the node has an EVM lane. */
  readonly evm: EvmBackend | undefined;
  readonly onClose: () => void;
}

/** Bytes that may wait for a slow reader before it is cut off; it can reconnect and read the state anew. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;
/** Messages that may wait for their turn. */
const MAX_QUEUED_MESSAGES = 1_000;
/** Characters of them; one message may be longer. */
const MAX_QUEUED_LENGTH = 8 * 1024 * 1024;
const PING_MS = 30_000;

/** One WebSocket connection: answers in the order of the requests, notifications in between. */
export class WebSocketSession {
  readonly #options: SessionOptions;
  readonly #deps: SessionDependencies;
  readonly #subscriber: Subscriber;
  readonly #ethSubscriber: EthSubscriber | undefined;
  readonly #bucket: TokenBucket;
  readonly #pings: NodeJS.Timeout;
  #tail: Promise<void> = Promise.resolve();
  #queued = 0;
  #queuedLength = 0;
  #isClosed = false;
  #afterReply: (() => void)[] = [];
  #isAlive = true;

  constructor(options: SessionOptions, deps: SessionDependencies) {
    this.#options = options;
    this.#deps = deps;
    this.#bucket = new TokenBucket(options.requestsPerMinute);
    this.#subscriber = new Subscriber(options, {
      hub: deps.hub,
      backend: deps.backend,
      afterReply: (action) => this.#afterReply.push(action),
      notify: (subscription, result) =>
        this.#send(toJson({ jsonrpc: '2.0', method: 'engram_subscription', params: { subscription, result } })),
    });
    if (deps.evm !== undefined) {
      this.#ethSubscriber = new EthSubscriber(options, {
        backend: deps.evm,
        afterReply: (action) => this.#afterReply.push(action),
        notify: (subscription, result) =>
          this.#send(JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params: { subscription, result } })),
      });
    }
    const { socket } = deps;
    socket.on('message', (data) => this.#onMessage(data.toString()));
    socket.on('pong', () => {
      this.#isAlive = true;
    });
    socket.on('error', () => socket.terminate()); // too large a message, a broken frame: nothing to say to such a peer
    socket.on('close', () => this.#dispose());
    this.#pings = setInterval(() => {
      if (!this.#isAlive) return socket.terminate();
      this.#isAlive = false;
      socket.ping();
    }, PING_MS);
    this.#pings.unref();
  }

  close(code: number, reason: string): void {
    this.#deps.socket.close(code, reason);
    this.#dispose();
  }

  #onMessage(text: string): void {
    if (!this.#bucket.take()) {
      this.#send(failureText(new RpcError(RpcCode.LIMIT_EXCEEDED, 'RATE_LIMITED', 'too many requests')));
    } else if (this.#queued >= MAX_QUEUED_MESSAGES || this.#queuedLength >= MAX_QUEUED_LENGTH) {
      this.#deps.socket.terminate();
    } else {
      this.#queued += 1;
      this.#queuedLength += text.length;
      this.#tail = this.#tail.then(() => this.#answer(text));
    }
  }

  async #answer(text: string): Promise<void> {
    // Whoever is gone has nothing done for it: else leaving and coming back would buy a budget anew.
    if (this.#isClosed) return;
    const { dispatcher } = this.#deps;
    const response = await dispatch(text, this.#options, {
      ...dispatcher,
      method: (name) => this.#ethSubscriber?.method(name) ?? this.#subscriber.method(name) ?? dispatcher.method(name),
    });
    this.#queued -= 1;
    this.#queuedLength -= text.length;
    if (response !== undefined) this.#send(response);
    const actions = this.#afterReply;
    this.#afterReply = [];
    for (const action of actions) action();
  }

  #send(text: string): void {
    const { socket } = this.#deps;
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) socket.terminate();
    else socket.send(text);
  }

  #dispose(): void {
    this.#isClosed = true;
    clearInterval(this.#pings);
    this.#subscriber.close();
    this.#ethSubscriber?.close();
    this.#deps.onClose();
  }
}
