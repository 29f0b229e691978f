import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../errors.ts';
import { R_FIELD } from '../field.ts';
import type { Point } from '../types.ts';
import { add, BASE8, IDENTITY, isOnCurve, mul, packPoint, SUBGROUP_ORDER, unpackPoint } from './babyjub.ts';
import { inverse, mod, power, squareRoot } from './modular.ts';
import { torsionPoints } from './testing/eddsaEdgeVectors.ts';

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return 'no error';
}

function littleEndian(y: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((y >> BigInt(8 * i)) & 0xffn));
}

const raw = (x: bigint, y: bigint) => [x, y] as unknown as Point;

describe('points', () => {
  it('is complete: sums with the neutral element, opposites, and all pairs of torsion points stay on the curve', () => {
    const torsion = torsionPoints();
    expect(add(BASE8, IDENTITY)).toEqual(BASE8);
    expect(add(BASE8, raw(mod(-BASE8[0]), BASE8[1]))).toEqual(IDENTITY);
    torsion.forEach((p, i) => {
      torsion.forEach((q, j) => {
        expect(add(p, q)).toEqual(torsion[(i + j) % 8]);
      });
    });
  });

  it('multiplies by 0, by the order, and beyond', () => {
    expect(mul(BASE8, 0n)).toEqual(IDENTITY);
    expect(mul(BASE8, SUBGROUP_ORDER - 1n)).toEqual([mod(-BASE8[0]), BASE8[1]]);
    expect(mul(BASE8, SUBGROUP_ORDER + 2n)).toEqual(add(BASE8, BASE8));
  });

  it('on the curve only with canonical coordinates', () => {
    const [x, y] = BASE8;
    expect(isOnCurve(BASE8)).toBe(true);
    expect(isOnCurve(IDENTITY)).toBe(true);
    for (const p of [raw(x + R_FIELD, y), raw(x, y + R_FIELD), raw(x - R_FIELD, y), raw(x, y + 1n), raw(0n, 0n)]) {
      expect(isOnCurve(p)).toBe(false);
    }
  });
});

describe('packed points', () => {
  it('round trip: both signs, the neutral element, the point of order two', () => {
    const [x, y] = BASE8;
    for (const p of [BASE8, raw(R_FIELD - x, y), IDENTITY, raw(0n, R_FIELD - 1n), ...torsionPoints()]) {
      expect(unpackPoint(packPoint(p))).toEqual(p);
    }
  });

  it('refuses every byte string that packPoint cannot make', () => {
    const negativeZero = packPoint(IDENTITY);
    negativeZero[31] = 0x80;
    let nonPoint = 2n;
    while (squareRoot((1n - nonPoint * nonPoint) * inverse(168700n - 168696n * nonPoint * nonPoint)) !== undefined)
      nonPoint++;
    expect(codeOf(() => unpackPoint(new Uint8Array(31)))).toBe('MALFORMED_BYTES');
    expect(codeOf(() => unpackPoint(negativeZero))).toBe('MALFORMED_BYTES');
    expect(codeOf(() => unpackPoint(littleEndian(R_FIELD)))).toBe('WORD_NOT_CANONICAL');
    expect(codeOf(() => unpackPoint(littleEndian(R_FIELD + 1n)))).toBe('WORD_NOT_CANONICAL');
    expect(codeOf(() => unpackPoint(littleEndian(nonPoint)))).toBe('KEY_OFF_CURVE');
  });
});

describe('modular arithmetic', () => {
  it('inverts and takes roots', () => {
    for (const x of [1n, 2n, 5n, R_FIELD - 1n, 2n ** 200n + 7n]) {
      expect(mod(x * inverse(x))).toBe(1n);
      const root = squareRoot(x * x) as bigint;
      expect([mod(x), mod(-x)]).toContain(root);
    }
    expect(squareRoot(0n)).toBe(0n);
    expect(squareRoot(5n)).toBeUndefined();
    expect(power(3n, R_FIELD - 1n)).toBe(1n);
    expect(codeOf(() => inverse(R_FIELD))).toBe('INVALID_ARGUMENT');
  });
});
