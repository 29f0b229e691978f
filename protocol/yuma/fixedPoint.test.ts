import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../testing/random.ts';
import { divide, multiply, multiplyUp, normalize, ONE, ratio, toU16 } from './fixedPoint.ts';
import { maxUpscale } from './maxUpscale.ts';

const EDGES = [0, 1, 2, 65_535, 65_536, 65_537, 2 ** 31, ONE - 1, ONE, ONE + 1, 2 ** 33];
const pairs = EDGES.flatMap((a) => EDGES.map((b) => [a, b] as const));

function randomPairs(count: number, max: number): (readonly [number, number])[] {
  const random = new SeededRandom(count);
  return Array.from({ length: count }, () => [random.int(max), random.int(max)] as const);
}

describe('operations', () => {
  test('a product is rounded down, exactly', () => {
    for (const [a, b] of [...pairs, ...randomPairs(5000, 2 ** 33)]) {
      expect(multiply(a, b), `${a} · ${b}`).toBe(Number((BigInt(a) * BigInt(b)) >> 32n));
    }
  });

  test('rounded up it is what rounding the negative product down gives', () => {
    for (const [a, b] of [...pairs, ...randomPairs(5000, 2 ** 33)]) {
      expect(0 - multiplyUp(a, b), `${a} · ${b}`).toBe(Number((-BigInt(a) * BigInt(b)) >> 32n));
    }
  });

  test('a quotient is truncated, exactly', () => {
    for (const [x, y] of [...pairs, ...randomPairs(5000, ONE)]) {
      const [a, b] = x < y ? [x, y] : [y, x];
      if (b > 0) expect(divide(a, b), `${a} / ${b}`).toBe(Number((BigInt(a) << 32n) / BigInt(b)));
    }
  });

  test('quotients one below a whole number of units are not rounded up to it', () => {
    for (let b = ONE - 50; b < ONE; b += 1) {
      for (const a of [b - 1, b - 2, (b - (b % 2)) / 2, 1]) {
        expect(divide(a, b)).toBe(Number((BigInt(a) << 32n) / BigInt(b)));
      }
    }
  });

  test('a ratio of small integers is truncated, exactly', () => {
    for (const [a, b] of randomPairs(5000, 65_536)) {
      if (b > 0) expect(ratio(a, b)).toBe(Number((BigInt(a) << 32n) / BigInt(b)));
    }
    expect(ratio(0xffff, 32_768 * 0xffff)).toBe(2 ** 17);
  });

  test('u16 of a share is rounded down; 1 is 65535', () => {
    expect([0, 1, ONE / 2, ONE - 1, ONE].map(toU16)).toEqual([0, 0, 32_767, 65_534, 65_535]);
  });
});

describe('what an epoch makes of its parameters', () => {
  test('kappa 32767 is a little less than one half', () => {
    expect(ratio(32_767, 0xffff)).toBe(Number((32_767n << 32n) / 65_535n));
    expect(ratio(0xffff, 0xffff)).toBe(ONE);
  });

  test('alpha is 1 less the rounded share that is kept', () => {
    expect(ratio(900_000, 1_000_000)).toBe(3_865_470_566);
    expect(ONE - ratio(900_000, 1_000_000)).toBe(429_496_730);
  });

  test('three thirds are one unit short of 1 each', () => {
    const thirds = Float64Array.of(1, 1, 1);
    normalize(thirds);
    expect([...thirds]).toEqual([1_431_655_765, 1_431_655_765, 1_431_655_765]);
  });

  test('nothing is divided by a sum of 0', () => {
    const zeros = Float64Array.of(0, 0);
    normalize(zeros);
    expect([...zeros]).toEqual([0, 0]);
  });
});

describe('weights as Bittensor stores them', () => {
  test('halves are rounded up', () => {
    expect(maxUpscale([43_690, 21_845])).toEqual([65_535, 32_768]);
  });

  test('equal weights become the largest', () => {
    expect(maxUpscale([127, 127, 0])).toEqual([65_535, 65_535, 0]);
  });
});
