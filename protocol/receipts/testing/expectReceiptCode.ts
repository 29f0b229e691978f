import { expect } from 'vitest';
import { ReceiptError, type ReceiptErrorCode } from '../receiptError.ts';

/** Runs `act` and expects a ReceiptError with exactly this code. */
export function expectReceiptCode(code: ReceiptErrorCode, act: () => unknown): void {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ReceiptError);
  if (thrown instanceof ReceiptError) expect(thrown.code).toBe(code);
}
