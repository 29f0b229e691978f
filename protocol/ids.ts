import { ProtocolError } from './errors.ts';
import type { AccountIndex, BatchNumber } from './types.ts';

/** Number of leaves of the account tree: 8^8. */
export const ACCOUNT_LIMIT = 2 ** 24;

/** Index 0: "none". */
export const NO_ACCOUNT = 0 as AccountIndex;

/**
 * Brands an index of the account tree (0 … 2^24 − 1; 0 means "none").
 * @throws ProtocolError INDEX_OUT_OF_RANGE
 */
export function accountIndex(value: number): AccountIndex {
  if (!Number.isInteger(value) || value < 0 || value >= ACCOUNT_LIMIT) {
    throw new ProtocolError('INDEX_OUT_OF_RANGE', { index: value });
  }
  return value as AccountIndex;
}

/**
 * Brands a batch number (from 1, kept within JavaScript's safe integers).
 * @throws ProtocolError INVALID_ARGUMENT
 */
export function batchNumber(value: number): BatchNumber {
  if (!Number.isSafeInteger(value) || value < 1) throw new ProtocolError('INVALID_ARGUMENT', { batchNumber: value });
  return value as BatchNumber;
}
