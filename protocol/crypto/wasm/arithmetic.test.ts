import { describe, expect, it } from 'vitest';
import { R_FIELD } from '../../field.ts';
import { inverse, mod, power } from '../modular.ts';
import { randomField } from '../testing/reference.ts';
import { wasm } from './instance.ts';
import { balancedLimbs, ELEMENT_BYTES, LIMB_BITS, MONTGOMERY, writeElement } from './limbs.ts';
import { allocate, readInteger, words, writeInteger } from './memory.ts';

const [a, b, c, integer] = [0, 0, 0, 0].map(() => allocate(ELEMENT_BYTES)) as [number, number, number, number];
const rInverse = inverse(MONTGOMERY);
const M = 2n ** 28n;

function putLimbs(address: number, limbs: readonly bigint[]): bigint {
  limbs.forEach((limb, i) => {
    words[(address >> 2) + i] = Number(limb);
  });
  return limbs.reduceRight((total, limb) => (total << BigInt(LIMB_BITS)) + limb, 0n);
}

function getLimbs(address: number): bigint[] {
  return Array.from({ length: 9 }, (_, i) => BigInt(words[(address >> 2) + i] as number));
}

/** Checks what an operation left at `c`: the right residue, balanced limbs, and |value| < 2r. */
function expectElement(expected: bigint): void {
  const limbs = getLimbs(c);
  const value = limbs.reduceRight((total, limb) => (total << BigInt(LIMB_BITS)) + limb, 0n);
  expect(mod(value)).toBe(mod(expected));
  for (const limb of limbs.slice(0, 8)) expect(limb >= -M && limb < M).toBe(true);
}

function leave(): bigint {
  const isZero = wasm.leave(integer, c);
  const value = readInteger(integer);
  expect(isZero).toBe(value === 0n ? 1 : 0);
  return value;
}

const patterns: [string, (i: number) => bigint][] = [
  ['all limbs at the positive limit', () => M - 1n],
  ['all limbs at the negative limit', () => -M],
  ['alternating limits', (i) => (i % 2 === 0 ? M - 1n : -M)],
  ['alternating limits, the other way', (i) => (i % 2 === 1 ? M - 1n : -M)],
  ['all limbs 1', () => 1n],
  ['all limbs -1', () => -1n],
  ['all limbs 0', () => 0n],
];
const nine = (limb: (i: number) => bigint, scale: bigint) => Array.from({ length: 9 }, (_, i) => scale * limb(i));

describe('multiplication at the limits of its 64-bit sums', () => {
  it.each(patterns.flatMap(([first, x]) => patterns.map(([second, y]) => ({ first, second, x, y }))))(
    '3 × ($first) times 4 × ($second)',
    ({ x, y }) => {
      const product = putLimbs(a, nine(x, 3n)) * putLimbs(b, nine(y, 4n));
      wasm.multiply(c, a, b);
      expectElement(product * rInverse);
    },
  );

  it.each(patterns)('square of 2 × (%s)', (_, x) => {
    const value = putLimbs(a, nine(x, 2n));
    wasm.square(c, a);
    expectElement(value * value * rInverse);
  });

  it('in place: the target may be an operand', () => {
    const random = randomField(3n);
    const [x, y] = [random(), random()];
    writeElement(words, c >> 2, x);
    writeElement(words, b >> 2, y);
    wasm.multiply(c, c, b);
    wasm.square(c, c);
    expect(leave()).toBe(mod((x * y) ** 2n));
  });
});

describe('powers, sums of products, inverses', () => {
  const random = randomField(11n);
  const extremes = [0n, 1n, 2n, R_FIELD - 1n, R_FIELD >> 1n, mod(inverse(MONTGOMERY)), mod(-inverse(MONTGOMERY))];
  const values = [...extremes, ...Array.from({ length: 20 }, random)];

  it('(x + constant)^5', () => {
    for (const x of values) {
      for (const constant of [0n, R_FIELD - 1n, values.at(-1) as bigint]) {
        writeElement(words, a >> 2, x);
        writeElement(words, b >> 2, constant);
        wasm.power5(c, a, b);
        expect(leave()).toBe(power(x + constant, 5n));
      }
    }
  });

  it.each([0, 1, 2, 3, 9, 17, 33])('sum of %i products', (length) => {
    const left = allocate(33 * ELEMENT_BYTES);
    const right = allocate(33 * ELEMENT_BYTES);
    const xs = Array.from({ length }, (_, i) => (i % 3 === 0 ? R_FIELD - 1n : random()));
    const ys = Array.from({ length }, (_, i) => (i % 5 === 0 ? R_FIELD - 1n : random()));
    for (let i = 0; i < length; i++) {
      writeElement(words, (left + i * ELEMENT_BYTES) >> 2, xs[i] as bigint);
      writeElement(words, (right + i * ELEMENT_BYTES) >> 2, ys[i] as bigint);
    }
    wasm.dot(c, left, right, left + length * ELEMENT_BYTES);
    expect(leave()).toBe(mod(xs.reduce((total, x, i) => total + x * (ys[i] as bigint), 0n)));
  });

  it('1 / x, and 0 for 0', () => {
    for (const x of values) {
      writeElement(words, a >> 2, x);
      wasm.invert(c, a);
      expect(leave()).toBe(x === 0n ? 0n : inverse(x));
    }
  });
});

describe('the way in and out', () => {
  it.each([
    0n,
    1n,
    R_FIELD - 1n,
    R_FIELD >> 1n,
    2n ** 64n - 1n,
    2n ** 64n,
    2n ** 192n - 1n,
    2n ** 253n,
    0x123456789n ** 7n,
  ])('%i enters and leaves unchanged', (x) => {
    writeInteger(integer, x);
    wasm.enter(c, integer);
    expect(leave()).toBe(x);
    putLimbs(c, balancedLimbs(mod(x * MONTGOMERY)));
    expect(leave()).toBe(x);
  });

  it.each([-7n, -2n, -1n, 0n, 1n, 2n, 7n])('%i times the modulus leaves as 0, its neighbours as themselves', (k) => {
    putLimbs(c, balancedLimbs(k * R_FIELD));
    expect(leave()).toBe(0n);
    for (const x of [1n, 5n, R_FIELD - 1n]) {
      putLimbs(c, balancedLimbs(k * R_FIELD + ((x * MONTGOMERY) % R_FIELD)));
      expect(leave()).toBe(x);
    }
  });
});
