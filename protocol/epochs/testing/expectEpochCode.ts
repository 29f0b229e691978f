import { expect } from 'vitest';
import { EpochError } from '../epochError.ts';

/** Runs `act` and expects an EpochError with exactly this code. */
export function expectEpochCode(code: string, act: () => unknown): void {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(EpochError);
  expect((thrown as EpochError).code).toBe(code); // an EpochError, by the line above
}
