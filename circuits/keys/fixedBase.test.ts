import { bn254 } from '@noble/curves/bn254.js';
import { describe, expect, it } from 'vitest';
import { Curve } from './curve.ts';
import { buildCurveCode, type Group, POINT_BYTES } from './curveModule.ts';
import { bestWindow, FixedBase, MULTIPLY_CHUNK } from './fixedBase.ts';
import { fromLittleEndian, Q_BN254, R_BN254, toLittleEndian } from './r1cs.ts';

const code = buildCurveCode(R_BN254);

/** Affine coordinates by noble, as the zkey holds them. */
function reference(group: Group, k: bigint): bigint[] {
  const montgomery = (x: bigint) => (x << 256n) % Q_BN254;
  if (k === 0n) return Array.from({ length: POINT_BYTES[group] / 32 }, () => 0n);
  if (group === 'g1m') {
    const { x, y } = bn254.G1.Point.BASE.multiply(k).toAffine();
    return [x, y].map(montgomery);
  }
  const { x, y } = bn254.G2.Point.BASE.multiply(k).toAffine();
  return [x.c0, x.c1, y.c0, y.c1].map(montgomery);
}

function multiply(base: FixedBase, group: Group, scalars: readonly bigint[]): bigint[][] {
  const bytes = new Uint8Array(scalars.length * 32);
  scalars.forEach((k, i) => {
    bytes.set(toLittleEndian(k), i * 32);
  });
  const points = base.multiply(bytes);
  const size = POINT_BYTES[group];
  return scalars.map((_, i) =>
    Array.from({ length: size / 32 }, (_, c) =>
      fromLittleEndian(points.subarray(i * size + 32 * c, i * size + 32 * (c + 1))),
    ),
  );
}

describe.each(['g1m', 'g2m'] as const)('FixedBase %s', (group) => {
  it.each([4, 5, 8, 13])('agrees with noble at the edges of the windows and of the group, width %i', (width) => {
    const base = new FixedBase(new Curve(code), { group, width });
    const half = 1n << BigInt(width - 1);
    const edges = [0n, 1n, 2n, 3n, half - 1n, half, half + 1n, 2n * half - 1n, 2n * half, 2n * half + 1n];
    const high = [
      R_BN254 - 1n,
      R_BN254 - 2n,
      R_BN254 - half,
      R_BN254 >> 1n,
      (R_BN254 >> 1n) + 1n,
      1n << 253n,
      (1n << 253n) - 1n,
    ];
    // All digits at the value that carries, and one below it.
    const repeated = [half, half - 1n, half + 1n].map((digit) => {
      let k = 0n;
      for (let bit = 0; bit + width < 253; bit += width) k |= digit << BigInt(bit);
      return k;
    });
    const scalars = [...edges, ...high, ...repeated];
    expect(multiply(base, group, scalars)).toEqual(scalars.map((k) => reference(group, k)));
  });

  it('keeps order and zeros across chunks', () => {
    const base = new FixedBase(new Curve(code), { group, width: 6 });
    const scalars = Array.from({ length: MULTIPLY_CHUNK + 300 }, (_, i) => (i % 3 === 0 ? 0n : BigInt(i % 7)));
    const small = multiply(base, group, [0n, 1n, 2n, 3n, 4n, 5n, 6n]);
    expect(multiply(base, group, scalars)).toEqual(scalars.map((k) => small[Number(k)]));
  });
});

describe('bestWindow', () => {
  it('grows with the number of multiplications and stays within the table size', () => {
    expect(bestWindow('g1m', 10)).toBeLessThan(bestWindow('g1m', 10_000));
    expect(bestWindow('g1m', 10_000)).toBeLessThan(bestWindow('g1m', 1_000_000));
    const width = bestWindow('g2m', 100_000_000, 1 << 20);
    expect(Math.ceil(255 / width) * 2 ** (width - 1) * POINT_BYTES.g2m).toBeLessThanOrEqual(1 << 20);
  });
});
