import type { EvmBackend } from './backend.ts';
import type { EthHandlers } from './ethContext.ts';
import type { FilterManager } from './logs/filterManager.ts';
import { blockMethods } from './methods/blockMethods.ts';
import { callMethods } from './methods/callMethods.ts';
import { debugMethods } from './methods/debugMethods.ts';
import { feeMethods } from './methods/feeMethods.ts';
import { filterMethods } from './methods/filterMethods.ts';
import { netMethods } from './methods/netMethods.ts';
import { poolMethods } from './methods/poolMethods.ts';
import { stateMethods } from './methods/stateMethods.ts';
import { transactionMethods } from './methods/transactionMethods.ts';

/** All methods but the subscriptions, which belong to a connection. */
export function ethMethods(backend: EvmBackend, filters: FilterManager): EthHandlers {
  return {
    ...blockMethods(backend),
    ...transactionMethods(backend),
    ...stateMethods(backend),
    ...feeMethods(backend),
    ...callMethods(backend),
    ...filterMethods(backend, filters),
    ...poolMethods(backend),
    ...debugMethods(backend),
    ...netMethods(backend),
  };
}
