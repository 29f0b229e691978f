/** Parsers of command line values; commander prints what they throw as a usage error. */
import { InvalidArgumentError } from 'commander';
import { parseUnits } from 'viem';
import { hexToBytes } from '../../protocol/bytes.ts';
import { unpackPoint } from '../../protocol/crypto/babyjub.ts';
import { isCanonical } from '../../protocol/field.ts';
import { ACCOUNT_LIMIT } from '../../protocol/ids.ts';
import type { AccountIndex, Field, Point } from '../../protocol/types.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';

const UNITS: Readonly<Record<string, number>> = { wei: 0, gwei: 9, ether: 18 };

/** Base units, or a decimal number with a unit: `1000`, `20gwei`, `1.5ether`. */
export function amount(text: string): bigint {
  const [, digits, unit = 'wei'] = /^(\d+(?:\.\d+)?)(wei|gwei|ether)?$/.exec(text) ?? [];
  const decimals = UNITS[unit] ?? 0;
  if (digits === undefined || (digits.split('.')[1]?.length ?? 0) > decimals) {
    throw new InvalidArgumentError('expected base units, or a number with wei, gwei or ether');
  }
  return parseUnits(digits, decimals);
}

export function index(text: string): AccountIndex {
  const value = Number(text);
  if (!/^\d{1,8}$/.test(text) || value >= ACCOUNT_LIMIT) throw new InvalidArgumentError('expected an account index');
  return value as AccountIndex; // in range
}

export function count(text: string): number {
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('expected a number');
  return value;
}

/** A share in 1/10000. */
export function basisPoints(text: string): number {
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value > 10_000) throw new InvalidArgumentError('expected 0 to 10000');
  return value;
}

export function address(text: string): Hex {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new InvalidArgumentError('expected 0x and 40 hex digits');
  return text as Hex; // by the pattern
}

export function hash(text: string): Hex {
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) throw new InvalidArgumentError('expected 0x and 64 hex digits');
  return text as Hex; // by the pattern
}

/** Bytes as 0x-hexadecimal. */
export function bytes(text: string): Hex {
  if (!/^0x([0-9a-fA-F]{2})*$/.test(text))
    throw new InvalidArgumentError('expected 0x and an even number of hex digits');
  return text as Hex; // by the pattern
}

/** A number of any size, from 0. */
export function position(text: string): bigint {
  if (!/^\d{1,20}$/.test(text)) throw new InvalidArgumentError('expected a number');
  return BigInt(text);
}

/** A packed ledger key. */
export function key(text: string): Point {
  try {
    return unpackPoint(hexToBytes(hash(text)));
  } catch {
    throw new InvalidArgumentError('expected a packed ledger key: 0x and 64 hex digits that are a point of the curve');
  }
}

/** Decimal or 0x-hexadecimal words, comma-separated; at most three. */
export function memo(text: string): Field[] {
  const words = text.split(',').map((word) => {
    if (!/^(0x[0-9a-fA-F]{1,64}|\d{1,78})$/.test(word)) throw new InvalidArgumentError('expected numbers');
    return BigInt(word);
  });
  if (words.length > 3 || !words.every(isCanonical)) {
    throw new InvalidArgumentError('expected at most three numbers below the field modulus');
  }
  return words as Field[]; // canonical, by the line above
}

/** Account indices, comma-separated. */
export function indices(text: string): AccountIndex[] {
  return text.split(',').map(index);
}
