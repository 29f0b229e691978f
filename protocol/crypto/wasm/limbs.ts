import { R_FIELD } from '../../field.ts';
import { mod } from '../modular.ts';

/**
 * How field elements lie in the WebAssembly memory: nine signed limbs of 29 bits, little-endian, each in 32 bits, then three zero
 * words (48 bytes, so that limbs can be read four at a time). Values are in Montgomery form with R = 2^261 and are *not* unique:
 * anything congruent with |value| < 8r may stand for an element. R exceeds r by more than 2^7, so sums need no reduction.
 * Limbs are balanced, −2^28 ≤ limb < 2^28 (the highest takes the sign), so that a few may be added and still be multiplied:
 * nine products of limbs of magnitudes 3·2^28 and 4·2^28 plus the Montgomery terms stay below 2^63.
 */
export const LIMBS = 9;
export const LIMB_BITS = 29;
export const ELEMENT_BYTES = 48;

/** Montgomery's R modulo r. */
export const MONTGOMERY = mod(1n << BigInt(LIMBS * LIMB_BITS));

export function balancedLimbs(value: bigint): bigint[] {
  const limbs: bigint[] = [];
  let rest = value;
  for (let i = 0; i < LIMBS - 1; i++) {
    const limb = BigInt.asIntN(LIMB_BITS, rest);
    limbs.push(limb);
    rest = (rest - limb) >> BigInt(LIMB_BITS);
  }
  limbs.push(rest);
  return limbs;
}

/** The lowest one is −(2^28 − 1) because r − 1 is a multiple of 2^28 and bit 28 of r is set; `reduce` relies on it. */
export const MODULUS_LIMBS = balancedLimbs(R_FIELD);

/** Writes x·R mod r as limbs at word index `at` of the memory. */
export function writeElement(words: Int32Array, at: number, x: bigint): void {
  balancedLimbs((mod(x) * MONTGOMERY) % R_FIELD).forEach((limb, i) => {
    words[at + i] = Number(limb);
  });
}
