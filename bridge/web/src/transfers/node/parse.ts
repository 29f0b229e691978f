/** A node's answers, checked: what is not of the form it should have is refused as a whole. */
import type { Address, Hex } from 'viem';
import { SdkError } from '../../../../../sdk/errors.ts';

export type Members = Readonly<Record<string, unknown>>;

export function members(value: unknown): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('object');
  return value as Members; // any of its members may be asked for
}

export function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw bad('list');
  return value;
}

/** A number that counts something. */
export function count(value: unknown, max: number = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max) throw bad('number');
  return value;
}

/** At most 2^128: longer ones are nobody's amounts or indices. */
export function big(value: unknown): bigint {
  if (typeof value !== 'string' || !/^(0|[1-9][0-9]{0,38})$/.test(value)) throw bad('decimal');
  return BigInt(value);
}

/** Of any length up to a field element's. */
export function word(value: unknown): bigint {
  if (typeof value !== 'string' || !/^(0|[1-9][0-9]{0,77})$/.test(value)) throw bad('word');
  return BigInt(value);
}

export function hash(value: unknown): Hex {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{64}$/.test(value)) throw bad('hash');
  return value.toLowerCase() as Hex; // just matched
}

export function address(value: unknown): Address {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(value)) throw bad('address');
  return value.toLowerCase() as Address; // just matched
}

export function optional<T>(value: unknown, parse: (value: unknown) => T): T | undefined {
  return value === undefined || value === null ? undefined : parse(value);
}

export function oneOf<T extends string>(value: unknown, known: readonly T[]): T {
  const found = known.find((name) => name === value);
  if (found === undefined) throw bad('name');
  return found;
}

function bad(expected: string): SdkError {
  return new SdkError('BAD_ANSWER', 'the node sent something else than it should', { expected });
}
