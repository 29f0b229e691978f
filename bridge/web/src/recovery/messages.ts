/** What the page and its worker say to each other. Everything crosses by value. */
import type { Address } from 'viem';
import { RecoveryError, type RecoveryErrorCode, type RecoveryErrorData } from './errors.ts';
import type { L1Refusal } from './l1Answers.ts';
import type { CoreOptions } from './recoveryCore.ts';
import type { BatchProgress, EscapeProof, ProveProgress, RecoveredLedger } from './types.ts';

/** The calls that cross, each with what goes there and what comes back. */
export interface Calls {
  ledger: { readonly argument: Address; readonly progress: BatchProgress; readonly result: RecoveredLedger };
  prove: { readonly argument: number; readonly progress: ProveProgress; readonly result: EscapeProof };
}
export type Method = keyof Calls;

export interface SentError {
  readonly code: RecoveryErrorCode;
  readonly data: RecoveryErrorData;
}

export type ToWorker =
  | { readonly type: 'open'; readonly options: CoreOptions }
  | { readonly type: 'call'; readonly id: number; readonly method: 'ledger'; readonly argument: Address }
  | { readonly type: 'call'; readonly id: number; readonly method: 'prove'; readonly argument: number }
  | { readonly type: 'abort'; readonly id: number }
  | { readonly type: 'l1Answer'; readonly id: number; readonly result: unknown }
  | { readonly type: 'l1Refusal'; readonly id: number; readonly refusal: L1Refusal };

export type ToPage =
  | { readonly type: 'progress'; readonly id: number; readonly progress: BatchProgress | ProveProgress }
  | { readonly type: 'done'; readonly id: number; readonly result: RecoveredLedger | EscapeProof }
  | { readonly type: 'failed'; readonly id: number; readonly error: SentError }
  | { readonly type: 'l1'; readonly id: number; readonly method: string; readonly params: unknown };

/** Reads only: whatever the worker asks for, no wallet will be asked to sign. */
export const L1_METHODS: readonly string[] = [
  'eth_blockNumber',
  'eth_call',
  'eth_chainId',
  'eth_estimateGas',
  'eth_getBlockByHash',
  'eth_getBlockByNumber',
  'eth_getLogs',
  'eth_getTransactionByHash',
];

export function sentError(error: unknown): SentError {
  if (error instanceof RecoveryError) return { code: error.code, data: error.data };
  return { code: 'INTERNAL', data: { name: error instanceof Error ? error.name : typeof error } };
}
