/** Assertions that say what was expected; a failed one fails the feature. */
import { AssertionError } from 'node:assert';
import { isDeepStrictEqual } from 'node:util';

export function same(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new AssertionError({ message: `${what}: got ${shown(actual)}, expected ${shown(expected)}`, actual, expected });
}

export function holds(condition: boolean, what: string, seen?: unknown): asserts condition {
  if (condition) return;
  throw new AssertionError({ message: seen === undefined ? what : `${what}: ${shown(seen)}`, actual: seen });
}

/** The error `action` ends with. */
export async function failureOf(action: () => Promise<unknown>, what: string): Promise<unknown> {
  let result: unknown;
  try {
    result = await action();
  } catch (error) {
    return error;
  }
  throw new AssertionError({ message: `${what} must fail, but gave ${shown(result)}`, actual: result });
}

/** The value, if there is one. */
export function present<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new AssertionError({ message: `${what} is missing`, actual: value });
  return value;
}

/** Asks again until the answer is there; the test's own time limit ends it. */
export async function until<T>(ask: () => Promise<T | undefined>, everyMs = 50): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner));
  return (text ?? String(value)).slice(0, 600);
}
