import { ProtocolError } from '../errors.ts';
import { R_FIELD } from '../field.ts';

/** Plain BigInt arithmetic modulo the field's order: for set-up, tests and rare operations. Hot paths run in WebAssembly. */

export function mod(x: bigint): bigint {
  const rest = x % R_FIELD;
  return rest < 0n ? rest + R_FIELD : rest;
}

export function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = mod(base);
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % R_FIELD;
    square = (square * square) % R_FIELD;
  }
  return result;
}

/** @throws ProtocolError INVALID_ARGUMENT for 0. */
export function inverse(x: bigint): bigint {
  let [a, b] = [mod(x), R_FIELD];
  if (a === 0n) throw new ProtocolError('INVALID_ARGUMENT', { inverseOf: 0 });
  // Extended Euclid: u·x ≡ a and v·x ≡ b (mod r) all the way; r is prime, so a ends at 1.
  let [u, v] = [1n, 0n];
  while (a !== 1n) {
    const quotient = b / a;
    [a, b] = [b - quotient * a, a];
    [u, v] = [v - quotient * u, u];
  }
  return mod(u);
}

// r − 1 = 2^28 · ODD, and 5 is the smallest non-residue.
const TWO_ADICITY = 28;
const ODD = (R_FIELD - 1n) >> BigInt(TWO_ADICITY);
const NON_RESIDUE = 5n;

/** A square root by Tonelli–Shanks, or undefined for a non-residue. Which of the two roots is not specified. */
export function squareRoot(x: bigint): bigint | undefined {
  const value = mod(x);
  if (value === 0n) return 0n;
  if (power(value, (R_FIELD - 1n) / 2n) !== 1n) return undefined;
  let order = TWO_ADICITY;
  let generator = power(NON_RESIDUE, ODD);
  let root = power(value, (ODD + 1n) / 2n);
  // root² = value · rest, and rest has order 2^k with k < order: fix one bit of the discrete logarithm at a time.
  let rest = power(value, ODD);
  while (rest !== 1n) {
    let k = 0;
    for (let square = rest; square !== 1n; square = (square * square) % R_FIELD) k++;
    const factor = power(generator, 1n << BigInt(order - k - 1));
    root = (root * factor) % R_FIELD;
    generator = (factor * factor) % R_FIELD;
    rest = (rest * generator) % R_FIELD;
    order = k;
  }
  return root;
}
