import { ProtocolError } from '../errors.ts';
import { isCanonical, R_FIELD } from '../field.ts';
import type { Field, Point } from '../types.ts';
import { inverse, mod, squareRoot } from './modular.ts';

/** Baby Jubjub (EIP-2494): a·x² + y² = 1 + d·x²·y² over BN254's scalar field, 8·l points, a a square and d not: addition is complete. */
export const A = 168700n;
export const D = 168696n;

/** l, the prime order of the subgroup that BASE8 generates. */
export const SUBGROUP_ORDER = 2736030358979909402780800718157159386076813972158567259200215660948447373041n;

/** circomlib's generator of the prime-order subgroup. */
export const BASE8: Point = [
  5299619240641551281634865583518297030282874472190772894086521144482721001553n as Field,
  16950150798460657717958625567821834550301663161624707787222815936182638968203n as Field,
];

/** The neutral element. */
export const IDENTITY: Point = [0n as Field, 1n as Field];

/** True only for canonical coordinates: the same point must not have two names. */
export function isOnCurve(p: Point): boolean {
  const [x, y] = p;
  if (!isCanonical(x) || !isCanonical(y)) return false;
  const x2 = (x * x) % R_FIELD;
  const y2 = (y * y) % R_FIELD;
  return (A * x2 + y2 - 1n - D * ((x2 * y2) % R_FIELD)) % R_FIELD === 0n;
}

type Projective = [x: bigint, y: bigint, z: bigint];

function addProjective(p: Projective, q: Projective): Projective {
  const a = (p[2] * q[2]) % R_FIELD;
  const b = (a * a) % R_FIELD;
  const c = (p[0] * q[0]) % R_FIELD;
  const d = (p[1] * q[1]) % R_FIELD;
  const e = (((D * c) % R_FIELD) * d) % R_FIELD;
  const f = b - e;
  const g = b + e;
  return [
    mod(((a * f) % R_FIELD) * ((p[0] + p[1]) * (q[0] + q[1]) - c - d)),
    mod(((a * g) % R_FIELD) * (d - A * c)),
    mod(f * g),
  ];
}

function toAffine(p: Projective): Point {
  const zInverse = inverse(p[2]);
  // Reduced modulo r just here.
  return [mod(p[0] * zInverse) as Field, mod(p[1] * zInverse) as Field];
}

/** Reference addition (BigInt, slow); both points must be on the curve. */
export function add(p: Point, q: Point): Point {
  return toAffine(addProjective([p[0], p[1], 1n], [q[0], q[1], 1n]));
}

/** Reference scalar multiplication (BigInt, slow, timing depends on the scalar); `scalar` ≥ 0, not reduced. */
export function mul(p: Point, scalar: bigint): Point {
  let result: Projective = [0n, 1n, 1n];
  let double: Projective = [p[0], p[1], 1n];
  for (let rest = scalar; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = addProjective(result, double);
    double = addProjective(double, double);
  }
  return toAffine(result);
}

/** circomlib's 32-byte form: y little-endian, top bit set if x > (r − 1) / 2. */
export function packPoint(p: Point): Uint8Array {
  const bytes = new Uint8Array(32);
  let rest: bigint = p[1];
  for (let i = 0; i < 32; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  if (p[0] > (R_FIELD - 1n) / 2n) bytes[31] = (bytes[31] ?? 0) | 0x80;
  return bytes;
}

/**
 * Inverse of `packPoint`; accepts exactly its image, so that bytes and points correspond one to one.
 * @throws ProtocolError MALFORMED_BYTES (length, sign bit on x = 0), WORD_NOT_CANONICAL (y), KEY_OFF_CURVE (no such x)
 */
export function unpackPoint(bytes: Uint8Array): Point {
  if (bytes.length !== 32) throw new ProtocolError('MALFORMED_BYTES', { expected: 32, length: bytes.length });
  let y = 0n;
  for (let i = 31; i >= 0; i--) y = (y << 8n) | BigInt(bytes[i] ?? 0);
  const isNegative = y >> 255n === 1n;
  y &= (1n << 255n) - 1n;
  if (!isCanonical(y)) throw new ProtocolError('WORD_NOT_CANONICAL', { value: y });
  // The denominator a − d·y² never vanishes: a/d is not a square.
  const root = squareRoot((1n - y * y) * inverse(A - D * y * y));
  if (root === undefined) throw new ProtocolError('KEY_OFF_CURVE', { y });
  if (root === 0n && isNegative) throw new ProtocolError('MALFORMED_BYTES', { sign: 1, x: 0 });
  const x = root > (R_FIELD - 1n) / 2n === isNegative ? root : R_FIELD - root;
  // A root below r, or r minus a non-zero one.
  return [(root === 0n ? 0n : x) as Field, y];
}
