import { expect } from 'vitest';
import { ProtocolError, type ProtocolErrorData } from '../errors.ts';

/** Runs `act` and expects a ProtocolError with exactly this code (and these data, if given). */
export function expectCode(code: string, act: () => unknown, data?: ProtocolErrorData): void {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ProtocolError);
  if (!(thrown instanceof ProtocolError)) return;
  expect(thrown.code).toBe(code);
  if (data !== undefined) expect(thrown.data).toMatchObject(data);
}
