import { expect } from 'vitest';
import { RecoveryError, type RecoveryErrorCode } from '../errors.ts';

/** Expects a RecoveryError with exactly this code. Returns it. */
export async function expectRecoveryError(code: RecoveryErrorCode, act: Promise<unknown>): Promise<RecoveryError> {
  const error = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error, `expected ${code}`).toBeInstanceOf(RecoveryError);
  const found = error as RecoveryError; // asserted above
  expect(found.code, `${JSON.stringify(found.data, (_k, v) => (typeof v === 'bigint' ? `${v}` : v))}`).toBe(code);
  return found;
}
