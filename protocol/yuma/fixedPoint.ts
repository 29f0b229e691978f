/**
 * Fixed point numbers with 32 fractional bits, as integers in doubles. Whatever an epoch computes with is below 2^34 and every product
 * and quotient is put together from parts below 2^53, so that nothing is ever rounded but where the rules say so (each function's text
 * has the bound). The signed 64-bit words that Bittensor uses hold more; nothing in an epoch gets there (README).
 */

/** 1.0 */
export const ONE = 2 ** 32;

const HALF = 65_536;

/** `floor(a · b / 2^32)`: the product of two numbers. 0 ≤ a ≤ 2^36, 0 ≤ b ≤ 2^33. */
export function multiply(a: number, b: number): number {
  const high = Math.floor(b / HALF);
  // a · high ≤ 2^53, a · (b mod 2^16) < 2^52.
  const upper = a * high;
  const carried = Math.floor(upper / HALF);
  const lower = (upper - carried * HALF) * HALF + a * (b - high * HALF);
  return carried + Math.floor(lower / ONE);
}

/** The same, rounded up: what a negative product rounded down takes away. */
export function multiplyUp(a: number, b: number): number {
  // imul is the product modulo 2^32: 0 exactly if nothing was cut off.
  return multiply(a, b) + (Math.imul(a, b) === 0 ? 0 : 1);
}

/**
 * `floor(a · 2^32 / b)`: the quotient of two numbers. 0 ≤ a < 2^36, 0 < b < 2^36, a quotient of at most 2^4. Two digits of 16 bits by long
 * division: a quotient of integers x, y with x + y < 2^53 is never rounded up to the next integer, since it misses it by 1/y.
 */
export function divide(a: number, b: number): number {
  const dividend = a * HALF;
  const high = Math.floor(dividend / b);
  return high * HALF + Math.floor(((dividend - high * b) * HALF) / b);
}

/** `floor(a · 2^32 / b)` for integers a < 2^20, which are exact in one step. b > 0. */
export function ratio(a: number, b: number): number {
  return Math.floor((a * ONE) / b);
}

/** A share in [0, 1] as u16: `floor(65535 · value)`. */
export function toU16(value: number): number {
  return Math.min(0xffff, Math.floor((value * 0xffff) / ONE));
}

/** Divides by the sum, if there is one: afterwards the sum is at most 1, and below by less than one unit an item. */
export function normalize(values: Float64Array): void {
  const total = sum(values);
  if (total === 0) return;
  for (let i = 0; i < values.length; i += 1) values[i] = divide(values[i] as number, total);
}

export function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
