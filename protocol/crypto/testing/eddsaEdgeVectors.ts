import { R_FIELD } from '../../field.ts';
import type { Field, Point } from '../../types.ts';
import { A, add, BASE8, isOnCurve, mul, SUBGROUP_ORDER } from '../babyjub.ts';
import { inverse, mod, squareRoot } from '../modular.ts';
import { poseidon } from '../poseidon.ts';

/** A signature case for TypeScript and the circuit; decimal strings. Only canonical values: a circuit cannot be given others. */
export interface EddsaEdgeVector {
  readonly name: string;
  readonly pub: readonly [string, string];
  readonly message: string;
  readonly r8: readonly [string, string];
  readonly s: string;
  readonly accept: boolean;
}

const L = SUBGROUP_ORDER;
// Any fixed values do: an honest key 8·KEY (as a scalar of B8, the key is KEY), a nonce, a message.
const KEY = 1234567890123456789012345678901234567890123456789012345678901234567890n % L;
const NONCE = 987654321098765432109876543210987654321098765432109876543210987654321n % L;
const MESSAGE = 31415926535897932384626433832795028841971693993751n;

/** The point of order 2, and one of order 8: a point of the curve times l, until its order is 8. */
const ORDER_2: Point = [0n as Field, (R_FIELD - 1n) as Field];

function torsionGenerator(): Point {
  for (let y = 2n; ; y++) {
    const x = squareRoot((1n - y * y) * inverse(A - 168696n * y * y));
    if (x === undefined) continue;
    const candidate = mul([x as Field, y as Field], L);
    if (mul(candidate, 4n)[1] === ORDER_2[1]) return candidate;
  }
}

/** All eight points whose order divides 8; number 0 is the neutral element. */
export function torsionPoints(): Point[] {
  const generator = torsionGenerator();
  return Array.from({ length: 8 }, (_, i) => mul(generator, BigInt(i)));
}

interface Choice {
  pub?: Point;
  /** Scalar of B8 with 8·pub = 8·key·B8. */
  key?: bigint;
  r8?: Point;
  /** Scalar of B8 in r8, up to torsion. */
  nonce?: bigint;
  message?: bigint;
  /** Added to the honest S. */
  shift?: bigint;
}

/** A signature honest for the choices made: S = nonce + h·8·key. */
function vector(name: string, accept: boolean, choice: Choice = {}): EddsaEdgeVector {
  const { key = KEY, nonce = NONCE, message = MESSAGE, shift = 0n } = choice;
  const pub = choice.pub ?? mul(BASE8, key);
  const r8 = choice.r8 ?? mul(BASE8, nonce);
  const h = poseidon([r8[0], r8[1], pub[0], pub[1], message]);
  const s = ((nonce + h * 8n * key) % L) + shift;
  return {
    name,
    pub: [String(pub[0]), String(pub[1])],
    message: String(message),
    r8: [String(r8[0]), String(r8[1])],
    s: String(s),
    accept,
  };
}

function negate(p: Point): Point {
  return [mod(-p[0]) as Field, p[1]];
}

function edited(base: EddsaEdgeVector, name: string, change: Partial<EddsaEdgeVector>): EddsaEdgeVector {
  return { ...base, ...change, name, accept: false };
}

/** Exact verdicts on honest, malleated and low-order signatures. */
export function eddsaEdgeVectors(): EddsaEdgeVector[] {
  const torsion = torsionPoints();
  const honest = vector('honest', true);
  const pub = mul(BASE8, KEY);
  const r8 = mul(BASE8, NONCE);
  const other = mul(BASE8, 5n);
  const decimal = (p: Point) => [String(p[0]), String(p[1])] as const;
  const offCurve: Point = [pub[0], mod(pub[1] + 1n) as Field];
  if (isOnCurve(offCurve)) throw new RangeError('the off-curve example is on the curve');
  const nonZero = torsion.slice(1);
  return [
    honest,
    vector('message 0', true, { message: 0n }),
    vector('message r - 1', true, { message: R_FIELD - 1n }),
    vector('key B8', true, { key: 1n }),
    vector('key -B8', true, { key: L - 1n }),
    vector('nonce 0: R8 is the neutral element', true, { nonce: 0n }),
    vector('nonce l - 1', true, { nonce: L - 1n }),
    // 8A forgets a torsion component of A; the hash covers A as it is.
    ...nonZero.map((t, i) => vector(`key plus torsion point ${i + 1}`, true, { pub: add(pub, t) })),
    ...nonZero.map((t, i) => vector(`R8 plus torsion point ${i + 1}, hash over that R8`, false, { r8: add(r8, t) })),
    ...nonZero.map((t, i) => vector(`R8 is torsion point ${i + 1}`, false, { nonce: 0n, r8: t })),
    // 8A = O: the equation holds for every message, so the key itself must be refused.
    ...torsion.map((t, i) => vector(`key is torsion point ${i}`, false, { pub: t, key: 0n })),
    ...torsion.map((t, i) =>
      vector(`key is torsion point ${i}, R8 neutral, S 0`, false, { pub: t, key: 0n, nonce: 0n }),
    ),
    vector('S + l', false, { shift: L }),
    vector('S + 2l', false, { shift: 2n * L }),
    edited(honest, 'S = l', { s: String(L) }),
    edited(honest, 'S = l, all else neutral', { s: String(L), r8: ['0', '1'], pub: ['0', '1'] }),
    edited(honest, 'S = l - 1', { s: String(L - 1n) }),
    edited(honest, 'S = 0', { s: '0' }),
    edited(honest, 'S = 2^253 - 1', { s: String(2n ** 253n - 1n) }),
    edited(honest, 'S = 2^253 + S', { s: String(2n ** 253n + BigInt(honest.s)) }),
    edited(honest, 'S = r - 1', { s: String(R_FIELD - 1n) }),
    edited(honest, 'S + 1', { s: String(BigInt(honest.s) + 1n) }),
    edited(honest, 'l - S', { s: String(L - BigInt(honest.s)) }),
    edited(honest, 'another message', { message: String(MESSAGE + 1n) }),
    edited(honest, 'another key', { pub: decimal(other) }),
    edited(honest, 'negated key', { pub: decimal(negate(pub)) }),
    edited(honest, 'another R8', { r8: decimal(other) }),
    edited(honest, 'negated R8', { r8: decimal(negate(r8)) }),
    edited(honest, 'coordinates of R8 swapped', { r8: [String(r8[1]), String(r8[0])] }),
    edited(honest, 'key off the curve', { pub: decimal(offCurve) }),
    edited(honest, 'key (0, 0)', { pub: ['0', '0'] }),
    edited(honest, 'key (0, 2)', { pub: ['0', '2'] }),
    edited(honest, 'key (1, 0)', { pub: ['1', '0'] }),
    edited(honest, 'R8 off the curve', { r8: [String(r8[0]), String(mod(r8[1] + 1n))] }),
    edited(honest, 'R8 (0, 0)', { r8: ['0', '0'] }),
    edited(honest, 'everything 0', { pub: ['0', '0'], r8: ['0', '0'], s: '0', message: '0' }),
  ];
}
