import { z } from 'zod';
import { wordHex } from '../../protocol/bytes.ts';
import { closedBatchToJson } from '../../protocol/serialize.ts';
import { registerAiMethods } from './aiMethods.ts';
import { registerAnnouncementMethods } from './announcementMethods.ts';
import type { NodeBackend } from './backend.ts';
import type { EthHandlers } from './eth/ethContext.ts';
import { registerExplorerMethods } from './explorerMethods.ts';
import { registerLaneMethods } from './laneMethods.ts';
import { registerMarketMethods } from './marketMethods.ts';
import { parseParams, type RegisterMethod } from './method.ts';
import { registerNetworkMethods } from './networkMethods.ts';
import {
  accountIndexParam,
  addressParam,
  batchNumberParam,
  batchParam,
  blockParam,
  hashParam,
  keyParams,
  stateParam,
  transactionParam,
} from './params.ts';

/** A method after its parameters' types are forgotten: parses them, then answers. */
export type Handler = ((params: readonly unknown[]) => Promise<unknown>) & HandlerTraits;

export interface HandlerTraits {
  /** Answers have no bigint: they need no replacer on their way to JSON. */
  readonly isPlainJson?: boolean;
  /** Calls that follow each other in a batch may run at the same time. */
  readonly isConcurrent?: boolean;
}

/** Made without a prototype: `constructor` or `__proto__` is not a method. */
export type MethodTable = Readonly<Record<string, Handler | undefined>>;

/** @param eth Ethereum's methods, where the node has an EVM lane */
export function methodTable(backend: NodeBackend, eth: EthHandlers = {}): MethodTable {
  const table = Object.create(null) as Record<string, Handler | undefined>;

  const method: RegisterMethod = (name, schema, run) => {
    table[name] = async (params) => run(parseParams(schema, params));
  };
  const none = z.tuple([]);

  method('engram_chainInfo', none, () => backend.chainInfo());
  method('engram_getFees', none, () => backend.fees());
  method('engram_sendTransaction', z.tuple([transactionParam]), async ([bytes]) => {
    const hash = await backend.sendTransaction(bytes);
    return wordHex(hash);
  });
  method('engram_getTransactionStatus', z.tuple([hashParam]), ([hash]) => backend.transactionStatus(hash));
  method('engram_getAccount', z.tuple([accountIndexParam]), async ([index]) => (await backend.account(index)) ?? null);
  method('engram_getAccountsByKey', keyParams, (key) => backend.accountsByKey(key));
  method('engram_getAccountsByAddress', z.tuple([addressParam]), ([address]) => backend.accountsByAddress(address));
  method(
    'engram_getAccountProof',
    z.union([z.tuple([accountIndexParam]), z.tuple([accountIndexParam, stateParam])]),
    ([index, state = 'proven']) => backend.accountProof(index, state),
  );
  method('engram_getBatch', z.tuple([batchParam]), async ([batch]) => (await backend.batch(batch)) ?? null);
  method('engram_getClosedBatch', z.tuple([batchNumberParam]), async ([number]) => {
    const closed = await backend.closedBatch(number);
    return closed === undefined ? null : closedBatchToJson(closed);
  });
  method('engram_getBlock', z.tuple([blockParam]), async ([block]) => (await backend.block(block)) ?? null);
  registerAiMethods(method, backend);
  registerLaneMethods(method, backend.lane);
  registerNetworkMethods(method, backend.network);
  registerAnnouncementMethods(method, backend.announcements);
  registerMarketMethods(method, backend.market);
  registerExplorerMethods(method, backend.explorer);
  for (const [name, run] of Object.entries(eth)) {
    table[name] = Object.assign((params: readonly unknown[]) => run(params), {
      isPlainJson: true,
      isConcurrent: name === 'eth_sendRawTransaction',
    });
  }
  return table;
}
