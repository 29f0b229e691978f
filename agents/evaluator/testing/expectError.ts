import { expect } from 'vitest';

/** Awaits `work` and expects it to fail with exactly this code. */
export async function expectError(code: string, work: Promise<unknown>): Promise<void> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Error);
  expect((error as { readonly code?: unknown }).code).toBe(code); // whatever it is
}
