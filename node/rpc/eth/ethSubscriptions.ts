import type { EvmBlockRecord, EvmLog, EvmTx } from '../../../chain/evm/types.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import type { EvmBackend } from './backend.ts';
import type { EthHandler } from './ethContext.ts';
import { EthCode, EthRpcError, invalidParams, serverError } from './ethError.ts';
import { headerJson } from './format/blockJson.ts';
import { logsOf } from './format/receiptJson.ts';
import { transactionJson } from './format/transactionJson.ts';
import { filterId } from './logs/filterManager.ts';
import { bloomMatcher, logMatcher, logQueryValue } from './logs/logFilter.ts';
import { booleanValue, stringValue } from './values.ts';

export interface EthSubscriberOptions {
  /** Most subscriptions of one connection. */
  readonly maxSubscriptions: number;
}

export interface EthSubscriberDependencies {
  readonly backend: EvmBackend;
  /** Sends an event to the connection. */
  readonly notify: (subscription: Hex, result: unknown) => void;
  /** Runs an action once the answer to the current call is sent. */
  readonly afterReply: (action: () => void) => void;
}

type Listen = (tell: (result: unknown) => void) => () => void;

/** eth_subscribe and eth_unsubscribe of one WebSocket connection. */
export class EthSubscriber {
  readonly #subscriptions = new Map<string, () => void>();
  readonly #options: EthSubscriberOptions;
  readonly #deps: EthSubscriberDependencies;

  constructor(options: EthSubscriberOptions, deps: EthSubscriberDependencies) {
    this.#options = options;
    this.#deps = deps;
  }

  method(name: string): EthHandler | undefined {
    if (name === 'eth_subscribe') return async (params) => this.#subscribe(params);
    if (name === 'eth_unsubscribe') return async (params) => this.#unsubscribe(params);
    return undefined;
  }

  close(): void {
    for (const remove of this.#subscriptions.values()) remove();
    this.#subscriptions.clear();
  }

  #subscribe([topic, ...params]: readonly unknown[]): Hex {
    if (topic === undefined || topic === null) throw invalidParams('missing value for required argument 0');
    const listen = listenerOf(this.#deps.backend, stringValue(topic, { arg: 0 }), params);
    if (this.#subscriptions.size >= this.#options.maxSubscriptions) {
      throw new EthRpcError(EthCode.LIMIT_EXCEEDED, 'too many subscriptions on this connection');
    }
    const { notify, afterReply } = this.#deps;
    const id = filterId();
    // Events wait until the id is on its way, so that none comes before it.
    let early: unknown[] | undefined = [];
    const remove = listen((result) => (early === undefined ? notify(id, result) : early.push(result)));
    this.#subscriptions.set(id, remove);
    afterReply(() => {
      const waiting = early ?? [];
      early = undefined;
      if (this.#subscriptions.has(id)) for (const result of waiting) notify(id, result);
    });
    return id;
  }

  #unsubscribe([id]: readonly unknown[]): true {
    if (id === undefined || id === null) throw invalidParams('missing value for required argument 0');
    const remove = this.#subscriptions.get(stringValue(id, { arg: 0 }));
    if (remove === undefined) throw serverError('subscription not found');
    remove();
    this.#subscriptions.delete(String(id));
    return true;
  }
}

function listenerOf(backend: EvmBackend, topic: string, [param]: readonly unknown[]): Listen {
  switch (topic) {
    case 'newHeads':
      return (tell) => backend.on('block', ({ header, hash }) => tell(headerJson(header, hash)));
    case 'logs':
      return logListener(backend, param ?? {});
    case 'newPendingTransactions': {
      const isFull = param === undefined || param === null ? false : booleanValue(param, { arg: 1 });
      const show = (tx: EvmTx): unknown => (isFull ? transactionJson(tx, undefined) : tx.hash);
      return (tell) => backend.on('transaction', (tx) => tell(show(tx)));
    }
    case 'syncing':
      // this node is never behind its own chain: there is nothing to tell
      return () => () => undefined;
    default:
      throw new EthRpcError(EthCode.METHOD_NOT_FOUND, `no "${topic.slice(0, 64)}" subscription in eth namespace`);
  }
}

function logListener(backend: EvmBackend, param: unknown): Listen {
  const { filter, blockHash } = logQueryValue(param, { arg: 1 });
  if (blockHash !== undefined) throw invalidParams('invalid block range params');
  const mayMatch = bloomMatcher(filter);
  const matches = logMatcher(filter);
  return (tell) => backend.on('block', (block) => tellLogs(block, { mayMatch, matches, tell }));
}

function tellLogs(
  block: EvmBlockRecord,
  {
    mayMatch,
    matches,
    tell,
  }: { mayMatch: (bloom: Uint8Array) => boolean; matches: (log: EvmLog) => boolean; tell: (result: unknown) => void },
): void {
  if (!mayMatch(block.header.logsBloom)) return;
  for (const log of logsOf(block, matches)) tell(log);
}
