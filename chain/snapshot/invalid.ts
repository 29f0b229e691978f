import { ChainError, type ErrorData } from '../errors.ts';

/** SNAPSHOT_INVALID with what is wrong. */
export function invalid(reason: string, data: ErrorData = {}, options?: ErrorOptions): ChainError {
  return new ChainError('SNAPSHOT_INVALID', { reason, ...data }, options);
}
