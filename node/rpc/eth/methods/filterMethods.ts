import type { Hex } from '../../../../protocol/lane/types.ts';
import { optional, readArgs, required } from '../args.ts';
import type { EvmBackend } from '../backend.ts';
import type { EthHandlers } from '../ethContext.ts';
import type { FilterManager } from '../logs/filterManager.ts';
import { logQueryValue } from '../logs/logFilter.ts';
import { searchLogs } from '../logs/logSearch.ts';
import { booleanValue, type Reader, stringValue } from '../values.ts';

const idValue: Reader<Hex> = (value, at) => stringValue(value, at) as Hex; // only looked up

/** Logs, and filters that are polled. */
export function filterMethods(backend: EvmBackend, filters: FilterManager): EthHandlers {
  const byId = [required(idValue)] as const;
  return {
    eth_getLogs: (params) => searchLogs(backend, ...readArgs(params, [required(logQueryValue)])),
    eth_newFilter: async (params) => filters.addLogs(...readArgs(params, [required(logQueryValue)])),
    eth_newBlockFilter: async (params) => {
      readArgs(params, []);
      return filters.addBlocks();
    },
    eth_newPendingTransactionFilter: async (params) => {
      const [isFull] = readArgs(params, [optional(booleanValue)]);
      return filters.addTransactions(isFull ?? false);
    },
    eth_getFilterChanges: (params) => filters.changes(...readArgs(params, byId)),
    eth_getFilterLogs: (params) => filters.logs(...readArgs(params, byId)),
    eth_uninstallFilter: async (params) => filters.remove(...readArgs(params, byId)),
  };
}
