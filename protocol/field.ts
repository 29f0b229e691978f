import { ProtocolError } from './errors.ts';
import type { Field } from './types.ts';

/** Order of BN254's scalar field; every word of the ledger lane is below it. */
export const R_FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

export const ZERO = 0n as Field;

/** Whether `x` is the one representative in `[0, R_FIELD)` of its residue class. */
export function isCanonical(x: bigint): x is Field {
  return x >= 0n && x < R_FIELD;
}

/**
 * Brands a canonical integer. It never reduces: two encodings of one value would be two ways to say the same thing,
 * of which a contract, a circuit and this code may each accept a different one.
 * @throws ProtocolError WORD_NOT_CANONICAL
 */
export function field(x: bigint): Field {
  if (!isCanonical(x)) throw new ProtocolError('WORD_NOT_CANONICAL', { value: x });
  return x;
}

/** Reduces any integer modulo the field's order; for arithmetic inside the protocol, never for input. */
export function toField(x: bigint): Field {
  const rest = x % R_FIELD;
  // `%` keeps the sign of the dividend; after the correction the value is canonical by construction.
  return (rest < 0n ? rest + R_FIELD : rest) as Field;
}
