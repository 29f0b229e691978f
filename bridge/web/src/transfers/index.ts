/** The engine behind the bridge page: where value is, and how it is moved. No user interface. */
export { formatAmount, MAX_AMOUNT, parseAccount, parseAddress, parseAmount } from './amounts.ts';
export type * from './api.ts';
export { LedgerKeys, ledgerKeyOf } from './ledgerKey.ts';
export { openBridge } from './openBridge.ts';
export { TransferError, type TransferErrorCode, toTrouble } from './trouble.ts';
export * from './types.ts';
