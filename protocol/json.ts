import { hexToBytes, prefixedHex } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import { field } from './field.ts';
import { accountIndex, batchNumber } from './ids.ts';
import type { AccountIndex, BatchNumber, Field, Point, Signature } from './types.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A type's JSON form and back. `decode` takes anything and checks it. */
export interface JsonCodec<T> {
  encode(value: T): Json;
  /** @throws ProtocolError MALFORMED_BYTES if it is not such a value, and the codes of its parts */
  decode(json: unknown): T;
}

export function malformed(expected: string): ProtocolError {
  return new ProtocolError('MALFORMED_BYTES', { expected });
}

export const int: JsonCodec<number> = {
  encode: (value) => value,
  decode: (json) => {
    if (typeof json !== 'number' || !Number.isSafeInteger(json) || json < 0) throw malformed('unsigned integer');
    return json;
  },
};

export const bool: JsonCodec<boolean> = {
  encode: (value) => value,
  decode: (json) => {
    if (typeof json !== 'boolean') throw malformed('boolean');
    return json;
  },
};

/** Unsigned, as a decimal string: JSON numbers lose bits. */
export const big: JsonCodec<bigint> = {
  encode: (value) => value.toString(),
  decode: (json) => {
    // 78 digits hold 256 bits; longer strings only cost time.
    if (typeof json !== 'string' || !/^(0|[1-9][0-9]{0,77})$/.test(json)) throw malformed('decimal string');
    return BigInt(json);
  },
};

/** Unsigned, below 2^bits; at most 53 bits. */
export function uint(bits: number): JsonCodec<number> {
  return {
    encode: int.encode,
    decode: (json) => {
      const value = int.decode(json);
      if (value >= 2 ** bits) throw malformed(`unsigned integer of ${bits} bits`);
      return value;
    },
  };
}

/** Bytes as 0x-hex: exactly `length` of them, if it is given. */
export function hexBytes(length?: number): JsonCodec<Uint8Array> {
  const expected = length === undefined ? '0x-hex' : `${length} bytes of 0x-hex`;
  return {
    encode: prefixedHex,
    decode: (json) => {
      if (typeof json !== 'string' || !/^0x([0-9a-fA-F]{2})*$/.test(json)) throw malformed(expected);
      if (length !== undefined && json.length !== 2 + 2 * length) throw malformed(expected);
      return hexToBytes(json);
    },
  };
}

export const fieldWord: JsonCodec<Field> = { encode: big.encode, decode: (json) => field(big.decode(json)) };
export const index: JsonCodec<AccountIndex> = { encode: int.encode, decode: (json) => accountIndex(int.decode(json)) };
export const batchId: JsonCodec<BatchNumber> = { encode: int.encode, decode: (json) => batchNumber(int.decode(json)) };

export function list<T>(item: JsonCodec<T>): JsonCodec<readonly T[]> {
  return {
    encode: (values) => values.map((value) => item.encode(value)),
    decode: (json) => {
      if (!Array.isArray(json)) throw malformed('array');
      return json.map((value: unknown) => item.decode(value));
    },
  };
}

/** `undefined` travels as null. */
export function optional<T>(item: JsonCodec<T>): JsonCodec<T | undefined> {
  return {
    encode: (value) => (value === undefined ? null : item.encode(value)),
    decode: (json) => (json === null ? undefined : item.decode(json)),
  };
}

export function oneOf<T extends string | number>(values: readonly T[]): JsonCodec<T> {
  return {
    encode: (value) => value,
    decode: (json) => {
      const found = values.find((value) => value === json);
      if (found === undefined) throw malformed(`one of ${values.join(' ')}`);
      return found;
    },
  };
}

/** Exactly these members, no others. */
export function object<T extends object>(members: { readonly [K in keyof T]-?: JsonCodec<T[K]> }): JsonCodec<T> {
  // The cast: Object.keys only knows strings; the type above makes them exactly the members of T.
  const keys = Object.keys(members) as (keyof T & string)[];
  return {
    encode: (value) => Object.fromEntries(keys.map((key) => [key, members[key].encode(value[key])])),
    decode: (json) => {
      if (typeof json !== 'object' || json === null || Array.isArray(json)) throw malformed('object');
      const given: Record<string, unknown> = { ...json };
      if (Object.keys(given).length !== keys.length || keys.some((key) => !Object.hasOwn(given, key))) {
        throw malformed(`object with ${keys.join(', ')}`);
      }
      // The cast: every member of T was decoded by its own codec.
      return Object.fromEntries(keys.map((key) => [key, members[key].decode(given[key])])) as T;
    },
  };
}

/** `[x, y]`, decimal. */
export const point: JsonCodec<Point> = {
  encode: ([x, y]) => [fieldWord.encode(x), fieldWord.encode(y)],
  decode: (json) => {
    const [x, y, ...rest] = list(fieldWord).decode(json);
    if (x === undefined || y === undefined || rest.length > 0) throw malformed('point');
    return [x, y];
  },
};

export const signature = object<Signature>({ r8: point, s: big });
