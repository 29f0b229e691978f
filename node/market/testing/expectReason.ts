import { expect } from 'vitest';
import { RpcError } from '../../rpc/errors.ts';

/** Awaits `work` and expects a refusal with exactly this code; returns its details. */
export async function expectReason(reason: string, work: Promise<unknown>): Promise<RpcError['details']> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RpcError);
  const refusal = error as RpcError; // by the line above
  expect(refusal.reason).toBe(reason);
  return refusal.details;
}
