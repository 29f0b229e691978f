import { createTransport, type HttpTransportConfig, http, type Transport } from 'viem';
import { SdkError } from './errors.ts';
import { RpcClient, type RpcClientError, type Subscription } from './rpcClient.ts';
import type { RpcTopic, RpcTopics, Wire } from './rpcTypes.ts';

/** Subscriptions to a node. A connection is open only while somebody listens, so it never keeps a process alive by itself. */
export class LedgerSubscriptions {
  readonly #url: string;
  #connection: { readonly rpc: RpcClient; users: number } | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** `onEnd` is told when the connection is lost. @throws RpcClientError */
  async subscribe<T extends RpcTopic>(
    topic: T,
    params: RpcTopics[T]['params'],
    handlers: { onEvent: (event: Wire<RpcTopics[T]['event']>) => void; onEnd: (error: RpcClientError) => void },
  ): Promise<Subscription> {
    this.#connection ??= { rpc: new RpcClient(this.#url), users: 0 };
    const connection = this.#connection;
    connection.users += 1;
    const release = async (): Promise<void> => {
      connection.users -= 1;
      if (connection.users > 0) return;
      if (this.#connection === connection) this.#connection = undefined;
      await connection.rpc.close();
    };
    try {
      const subscription = await connection.rpc.subscribe(topic, params, handlers.onEvent, handlers.onEnd);
      let isOver = false;
      return {
        unsubscribe: async () => {
          if (isOver) return;
          isOver = true;
          // closing the connection ends its last subscription too, whether or not the node still answers
          if (connection.users > 1) await subscription.unsubscribe();
          await release();
        },
      };
    } catch (error) {
      await release();
      throw error;
    }
  }
}

export type EngramTransport = Transport<'engram', { readonly subscriptions: LedgerSubscriptions }>;

export interface EngramTransportConfig extends Omit<HttpTransportConfig, 'key'> {
  /** false: waiting polls. Default true: it subscribes over WebSocket and polls only when that fails. */
  readonly webSocket?: boolean;
}

/**
 * HTTP for calls and, while something is waited for, a WebSocket at the same address. Without an address the chain's is used. Any other
 * viem transport (`http()`, `fallback([...])`, `custom(provider)`) works too; waiting polls then.
 */
export function engramTransport(url?: string, config: EngramTransportConfig = {}): EngramTransport {
  const { webSocket = true, ...rest } = config;
  return ((parameters) => {
    const address = url ?? parameters.chain?.rpcUrls.default.http[0];
    if (address === undefined)
      throw new SdkError('CHAIN_INCOMPLETE', 'neither the transport nor the chain has an address');
    const inner = http(address, { ...rest, key: 'engram', name: 'Engram JSON-RPC' })(parameters);
    const { key: _key, type: _type, ...base } = inner.config;
    return createTransport(
      { ...base, key: 'engram', type: 'engram', request: inner.config.request },
      webSocket ? { subscriptions: new LedgerSubscriptions(address) } : undefined,
    );
  }) as EngramTransport; // without WebSocket the attribute is absent, which is asked for before use
}
