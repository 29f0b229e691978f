import { NobleBLS, NobleBN254 } from '@ethereumjs/evm';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { bn254 } from '@noble/curves/bn254.js';
import { describe, expect, test } from 'vitest';
import { prefixedHex } from '../../../protocol/bytes.ts';
import { SeededRandom } from '../../../protocol/testing/random.ts';
import { FastBls, FastBn254 } from './curves.ts';

const SEED = Number(process.env.SEED ?? 254);

/** The answer, or that there is none: which error it is makes no difference to the state. */
function outcome(run: () => Uint8Array): string {
  try {
    return prefixedHex(run());
  } catch {
    return 'refused';
  }
}

const hex = (value: bigint, bytes: number) => value.toString(16).padStart(2 * bytes, '0');
const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

describe('multiples on BN254 are those of EthereumJS', () => {
  const { Fp, Fr } = bn254.fields;
  const [fast, slow] = [new FastBn254(), new NobleBN254()];
  const word = (value: bigint) => hex(value, 32);
  const point = (x: bigint, y: bigint) => word(x) + word(y);
  function mul(input: string): string {
    const answer = outcome(() => fast.mul(bytes(input)));
    expect([input, answer]).toEqual([input, outcome(() => slow.mul(bytes(input)))]);
    return answer;
  }

  test(`of points and of infinity, by scalars below and over the order (seed ${SEED})`, () => {
    const random = new SeededRandom(SEED);
    for (let i = 0; i < 5; i += 1) {
      const { x, y } = bn254.G1.Point.BASE.multiplyUnsafe(1n + random.big(Fr.ORDER - 1n)).toAffine();
      const scalars = [0n, 1n, 2n, random.big(Fr.ORDER), Fr.ORDER - 1n, Fr.ORDER, Fr.ORDER + 5n, 2n ** 256n - 1n];
      // EthereumJS takes an input padded to 128 bytes.
      for (const scalar of scalars) {
        expect(mul(point(x, y) + word(scalar) + word(9n))).toMatch(/^0x[0-9a-f]{128}$/);
        mul(point(0n, 0n) + word(scalar) + word(0n));
      }
    }
  });

  test('of nothing else', () => {
    const wrong: [bigint, bigint][] = [
      [1n, 3n],
      [1n + Fp.ORDER, 2n],
      [1n, 2n + Fp.ORDER],
      [0n, 1n],
      [1n, 0n],
      [Fp.ORDER, 0n],
      [0n, Fp.ORDER],
      [2n ** 256n - 1n, 2n],
    ];
    for (const [x, y] of wrong) {
      for (const scalar of [0n, 1n, 5n]) expect(mul(point(x, y) + word(scalar) + word(0n))).toBe('refused');
    }
  });
});

describe('sums on BLS12-381 are those of EthereumJS', () => {
  const { Fp, Fp2, Fr } = bls12_381.fields;
  const random = new SeededRandom(SEED + 1);
  const [fast, slow] = [new FastBls(), new NobleBLS()];
  const words = (...values: bigint[]) => values.map((value) => hex(value, 64)).join('');
  const pointOf = {
    addG1: (k: bigint) => {
      if (k === 0n) return words(0n, 0n);
      const { x, y } = bls12_381.G1.Point.BASE.multiplyUnsafe(k).toAffine();
      return words(x, y);
    },
    addG2: (k: bigint) => {
      if (k === 0n) return words(0n, 0n, 0n, 0n);
      const { x, y } = bls12_381.G2.Point.BASE.multiplyUnsafe(k).toAffine();
      return words(x.c0, x.c1, y.c0, y.c1);
    },
  };
  function add(fn: 'addG1' | 'addG2', input: string): string {
    const answer = outcome(() => fast[fn](bytes(input)));
    expect([fn, input, answer]).toEqual([fn, input, outcome(() => slow[fn](bytes(input)))]);
    return answer;
  }

  test.each(['addG1', 'addG2'] as const)(`%s of points, the same, opposite and infinite (seed ${SEED + 1})`, (fn) => {
    const point = pointOf[fn];
    const [a, b] = [1n + random.big(Fr.ORDER - 1n), 1n + random.big(Fr.ORDER - 1n)];
    const pairs: [bigint, bigint][] = [
      [a, b],
      [a, a],
      [a, Fr.ORDER - a],
      [a, 0n],
      [0n, b],
      [0n, 0n],
    ];
    for (const [p, q] of pairs) expect(add(fn, point(p) + point(q))).not.toBe('refused');
  });

  test('points of the curves that are not in the group can be added', () => {
    const found = <T>(from: bigint, make: (x: bigint) => T): T => {
      for (let x = from; ; x += 1n) {
        try {
          return make(x);
        } catch {
          // no point there
        }
      }
    };
    const outside1 = found(4n, (x) => words(x, Fp.sqrt(Fp.create(x * x * x + 4n))));
    const outside2 = found(1n, (c0) => {
      const x = { c0, c1: 0n };
      const y = Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), { c0: 4n, c1: 4n }));
      return words(x.c0, x.c1, y.c0, y.c1);
    });
    for (const q of [outside1, pointOf.addG1(1n)]) expect(add('addG1', outside1 + q)).not.toBe('refused');
    for (const q of [outside2, pointOf.addG2(1n)]) expect(add('addG2', outside2 + q)).not.toBe('refused');
  });

  test('nothing else can', () => {
    const { x, y } = bls12_381.G1.Point.BASE.toAffine();
    const wrong: [bigint, bigint][] = [
      [x, y + 1n],
      [x + Fp.ORDER, y],
      [x, y + Fp.ORDER],
      [0n, 1n],
      [Fp.ORDER, 0n],
      [0n, Fp.ORDER],
      [2n ** 384n - 1n, y],
    ];
    const [good1, good2] = [pointOf.addG1(1n), pointOf.addG2(1n)];
    for (const [px, py] of wrong) {
      const word = words(px, py);
      expect(add('addG1', word + good1)).toBe('refused');
      expect(add('addG1', good1 + word)).toBe('refused');
      expect(add('addG2', good2.slice(0, 256) + word + good2)).toBe('refused');
      expect(add('addG2', good2 + word + good2.slice(256))).toBe('refused');
    }
  });
});
