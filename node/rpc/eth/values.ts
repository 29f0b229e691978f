import { hexBytes } from '../../../chain/evm/crypto.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import { invalidParams } from './ethError.ts';

/**
 * Where a value stands, for the text of an error: argument `arg` counts from 0, `field` is the member of an object
 * (`TransactionArgs.to`). The texts are those of Go's JSON decoder, which clients have come to match on.
 */
export interface Place {
  readonly arg: number;
  readonly field?: string;
}

/** Reads one JSON value into a domain type; throws EthRpcError INVALID_PARAMS. Null and undefined never come here. */
export type Reader<T> = (value: unknown, at: Place) => T;

const HEX = /^[0-9a-fA-F]*$/;

/** The part of an error that says what was wrong with a value's type. */
export function mistyped(what: string, goType: string, { arg, field }: Place): Error {
  const into = field === undefined ? `value of type ${goType}` : `struct field ${field} of type ${goType}`;
  return invalidParams(`invalid argument ${arg}: json: cannot unmarshal ${what} into Go ${into}`);
}

/** An error whose text stands alone. */
export function invalid(text: string, { arg }: Place): Error {
  return invalidParams(`invalid argument ${arg}: ${text}`);
}

/** The name Go has for the type of a JSON value. */
export function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

/** What is wrong with the digits of a number, or undefined. */
function quantityFault(text: string, maxDigits: number): string | undefined {
  if (text === '') return 'empty hex string';
  if (!text.startsWith('0x') && !text.startsWith('0X')) return 'hex string without 0x prefix';
  const digits = text.slice(2);
  if (digits === '') return 'hex string "0x"';
  if (digits.length > 1 && digits[0] === '0') return 'hex number with leading zero digits';
  if (digits.length > maxDigits) return `hex number > ${maxDigits * 4} bits`;
  return HEX.test(digits) ? undefined : 'invalid hex string';
}

function quantityReader(goType: string, maxDigits: number): Reader<bigint> {
  return (value, at) => {
    if (typeof value !== 'string') throw mistyped('non-string', goType, at);
    const fault = quantityFault(value, maxDigits);
    if (fault !== undefined) throw mistyped(fault, goType, at);
    return BigInt(value);
  };
}

export const uint64Value = quantityReader('hexutil.Uint64', 16);
export const bigValue = quantityReader('*hexutil.Big', 64);

/** Hex digits of a number that is not typed in the error. @throws with the bare text */
export function bareQuantity(text: string, at: Place): bigint {
  const fault = quantityFault(text, 16);
  if (fault !== undefined) throw invalid(fault, at);
  return BigInt(text);
}

function dataFault(text: string): string | undefined {
  if (text === '') return 'empty hex string';
  if (!text.startsWith('0x') && !text.startsWith('0X')) return 'hex string without 0x prefix';
  if (text.length % 2 !== 0) return 'hex string of odd length';
  return HEX.test(text.slice(2)) ? undefined : 'invalid hex string';
}

export const bytesValue: Reader<Uint8Array> = (value, at) => {
  if (typeof value !== 'string') throw mistyped('non-string', 'hexutil.Bytes', at);
  if (value === '') return new Uint8Array();
  const fault = dataFault(value);
  if (fault !== undefined) throw mistyped(fault, 'hexutil.Bytes', at);
  return hexBytes(`0x${value.slice(2)}`);
};

function fixedReader(goType: string, length: number): Reader<Hex> {
  return (value, at) => {
    if (typeof value !== 'string') throw mistyped('non-string', goType, at);
    const fault = dataFault(value);
    if (fault !== undefined) throw mistyped(fault, goType, at);
    if (value.length !== 2 + 2 * length) {
      throw invalid(`hex string has length ${value.length - 2}, want ${2 * length} for ${goType}`, at);
    }
    return `0x${value.slice(2).toLowerCase()}`;
  };
}

export const addressValue = fixedReader('common.Address', 20);
export const hashValue = fixedReader('common.Hash', 32);

export const booleanValue: Reader<boolean> = (value, at) => {
  if (typeof value !== 'boolean') throw mistyped(jsonKind(value), 'bool', at);
  return value;
};

export const stringValue: Reader<string> = (value, at) => {
  if (typeof value !== 'string') throw mistyped(jsonKind(value), 'string', at);
  return value;
};

/** An integer below 2^53 that is written as a JSON number. */
export const integerValue: Reader<number> = (value, at) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw mistyped(typeof value === 'number' ? `number ${value}` : jsonKind(value), 'int', at);
  }
  return value;
};

export function listValue<T>(goType: string, item: Reader<T>, most = Number.POSITIVE_INFINITY): Reader<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw mistyped(jsonKind(value), goType, at);
    if (value.length > most) throw invalid(`at most ${most} items`, at);
    return value.map((each: unknown) => item(each, at));
  };
}

/** The members of a JSON object. */
export function objectValue(value: unknown, goType: string, at: Place): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mistyped(jsonKind(value), goType, at);
  return value as Record<string, unknown>; // an object by the test above
}

/** Reads members of one object: absent and null are the same. */
export class Members {
  readonly #of: Readonly<Record<string, unknown>>;
  readonly #name: string;
  readonly #arg: number;

  /** @param goType `ethapi.TransactionArgs`: what an error calls the object */
  constructor(value: unknown, goType: string, at: Place) {
    this.#of = objectValue(value, goType, at);
    this.#name = goType.slice(goType.lastIndexOf('.') + 1);
    this.#arg = at.arg;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#of, name) && this.#of[name] !== null && this.#of[name] !== undefined;
  }

  optional<T>(name: string, read: Reader<T>): T | undefined {
    return this.has(name) ? read(this.#of[name], { arg: this.#arg, field: `${this.#name}.${name}` }) : undefined;
  }
}
