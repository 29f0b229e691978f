import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { wordHex } from '../../protocol/bytes.ts';
import type { RpcTopic } from '../../sdk/rpcTypes.ts';
import type { NodeBackend } from './backend.ts';
import { RpcCode, RpcError } from './errors.ts';
import { parseParams } from './method.ts';
import type { Handler } from './methods.ts';
import { accountIndexParam, hashParam } from './params.ts';

type Listener = (event: unknown) => void;

/** Spreads the node's events over the subscriptions: one listener on the backend, a look-up for each event. */
export class SubscriptionHub {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #remove: readonly (() => void)[];

  constructor(backend: NodeBackend) {
    this.#remove = [
      backend.on('block', (event) => this.#emit('blocks', event)),
      backend.on('batch', (event) => this.#emit('batches', event)),
      backend.on('transaction', (event) => this.#emit(`txStatus ${event.hash}`, event)),
      backend.on('account', (event) => this.#emit(`account ${event.index}`, event)),
      backend.on('claim', (event) => this.#emit(`claims ${event.channel}`, event)),
    ];
  }

  get size(): number {
    let count = 0;
    for (const set of this.#listeners.values()) count += set.size;
    return count;
  }

  add(key: string, listener: Listener): () => void {
    const set = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0 && this.#listeners.get(key) === set) this.#listeners.delete(key);
    };
  }

  close(): void {
    for (const remove of this.#remove) remove();
    this.#listeners.clear();
  }

  #emit(key: string, event: unknown): void {
    for (const listener of [...(this.#listeners.get(key) ?? [])]) listener(event);
  }
}

export interface SubscriberOptions {
  /** Most subscriptions of one connection. */
  readonly maxSubscriptions: number;
}

export interface SubscriberDependencies {
  readonly hub: SubscriptionHub;
  readonly backend: NodeBackend;
  /** Sends one notification. */
  readonly notify: (subscription: string, event: unknown) => void;
  /** Runs after the answer to the current request was sent: the client must know the id before the first event. */
  readonly afterReply: (action: () => void) => void;
}

/** The subscriptions of one WebSocket connection, and the two methods that manage them. */
export class Subscriber {
  readonly #subscriptions = new Map<string, () => void>();
  readonly #options: SubscriberOptions;
  readonly #deps: SubscriberDependencies;

  constructor(options: SubscriberOptions, deps: SubscriberDependencies) {
    this.#options = options;
    this.#deps = deps;
  }

  method(name: string): Handler | undefined {
    if (name === 'engram_subscribe') return async (params) => this.#subscribe(params);
    if (name === 'engram_unsubscribe') return async (params) => this.#unsubscribe(params);
    return undefined;
  }

  close(): void {
    for (const remove of this.#subscriptions.values()) remove();
    this.#subscriptions.clear();
  }

  #subscribe(params: readonly unknown[]): string {
    const [topic] = parseParams(z.tuple([z.enum(TOPICS)]).rest(z.unknown()), params);
    const { key, current } = this.#topic(topic, params);
    if (this.#subscriptions.size >= this.#options.maxSubscriptions) {
      throw new RpcError(
        RpcCode.LIMIT_EXCEEDED,
        'TOO_MANY_SUBSCRIPTIONS',
        'too many subscriptions on this connection',
        {
          maxSubscriptions: this.#options.maxSubscriptions,
        },
      );
    }
    const { hub, notify, afterReply } = this.#deps;
    const id = `0x${randomBytes(16).toString('hex')}`;
    // Events wait until the id is on its way, so that none comes early and none is lost.
    let early: unknown[] | undefined = [];
    const listener: Listener = (event) => (early === undefined ? notify(id, event) : early.push(event));
    this.#subscriptions.set(id, hub.add(key, listener));
    afterReply(() => {
      void current()
        .catch(() => undefined) // the state now is a convenience; changes follow all the same
        .then((state) => {
          const waiting = early ?? [];
          early = undefined;
          if (!this.#subscriptions.has(id)) return;
          if (state !== undefined) notify(id, state);
          for (const event of waiting) notify(id, event);
        });
    });
    return id;
  }

  #unsubscribe(params: readonly unknown[]): boolean {
    const [id] = parseParams(z.tuple([z.string()]), params);
    const remove = this.#subscriptions.get(id);
    remove?.();
    return this.#subscriptions.delete(id);
  }

  /** Hub key of a topic, and what the subscriber is told at once (nothing for streams of events). */
  #topic(topic: RpcTopic, params: readonly unknown[]): { key: string; current: () => Promise<unknown> } {
    const { backend } = this.#deps;
    const rest = params.slice(1);
    switch (topic) {
      case 'blocks':
      case 'batches':
        parseParams(z.tuple([]), rest);
        return { key: topic, current: async () => undefined };
      case 'txStatus': {
        const [hash] = parseParams(z.tuple([hashParam]), rest);
        return {
          key: `txStatus ${wordHex(hash)}`,
          current: () => backend.transactionStatus(hash),
        };
      }
      case 'account': {
        const [index] = parseParams(z.tuple([accountIndexParam]), rest);
        return { key: `account ${index}`, current: () => backend.account(index) };
      }
      case 'claims': {
        const [channel] = parseParams(z.tuple([accountIndexParam]), rest);
        return { key: `claims ${channel}`, current: async () => undefined };
      }
    }
  }
}

const TOPICS = ['blocks', 'batches', 'txStatus', 'account', 'claims'] as const satisfies readonly RpcTopic[];
