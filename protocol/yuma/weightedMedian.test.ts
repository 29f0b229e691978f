import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../testing/random.ts';
import { consensusOf } from './consensus.ts';
import { ONE } from './fixedPoint.ts';
import type { Matrix } from './matrix.ts';
import { weightedMedianExact } from './testing/reference.ts';
import { weightedMedian } from './weightedMedian.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

/** Orders of scores that pivots are known to be bad at. */
const orders: readonly [string, (i: number, n: number, random: SeededRandom) => number][] = [
  ['rising', (i) => i],
  ['falling', (i, n) => n - i],
  ['rising and falling', (i, n) => Math.min(i, n - i)],
  ['alternating', (i, n) => (i % 2 === 0 ? i : 2 * n - i)],
  ['all equal', () => 7],
  ['two values', (i) => i % 2],
  ['random', (_, n, random) => random.int(n)],
  ['largest and smallest', (_, __, random) => random.pick([0, 1, 2 ** 32 - 1, 2 ** 32])],
];

describe(`selected as by definition (SEED=${SEED})`, () => {
  test.each(orders)('%s', (_, order) => {
    const random = new SeededRandom(SEED);
    for (const n of [1, 2, 3, 24, 25, 26, 64, 257]) {
      const score = Float64Array.from({ length: n }, (__, i) => order(i, n, random));
      const stake = Float64Array.from({ length: n }, () => (random.oneIn(8) ? 0 : 1 + random.int(2 ** 24)));
      const total = stake.reduce((sum, value) => sum + value, 0);
      for (const minority of [-1, 0, 1, random.int(total + 1), Math.floor(total / 2), total - 1, total]) {
        const exact = weightedMedianExact([...stake].map(BigInt), [...score].map(BigInt), BigInt(minority));
        expect(weightedMedian(stake, score, minority), `${n} ${minority}`).toBe(Number(exact));
      }
    }
  });

  test('scores made to slow selection down are sorted after forty partitions', () => {
    // Each pivot is the second smallest of what is left: first and middle are the two smallest, at every level.
    const n = 2048;
    const score = new Float64Array(n);
    const left = Array.from({ length: n }, (_, i) => i);
    for (let rank = 0; left.length > 2; rank += 2) {
      const middle = left.length >> 1;
      score[left[middle] as number] = rank + 1;
      score[left[0] as number] = rank;
      left.splice(middle, 1);
      left.splice(0, 1);
    }
    for (const i of left) score[i] = n;
    const stake = new Float64Array(n).fill(3);
    const exact = weightedMedianExact([...stake].map(BigInt), [...score].map(BigInt), 3000n);
    expect(weightedMedian(stake, score, 3000)).toBe(Number(exact));
  });
});

describe('a column’s consensus', () => {
  const column = (scores: readonly number[]): Matrix => ({
    n: scores.length,
    offsets: Uint32Array.from({ length: scores.length + 1 }, (_, i) => i),
    columns: new Uint16Array(scores.length),
    values: Float64Array.from(scores),
  });

  test('is voted on with shares of the voters’ stake, however small together', () => {
    const [low, high] = [ONE / 4, (ONE * 3) / 4];
    const stake = Float64Array.of(ONE / 8, ONE / 8);
    expect(consensusOf(column([low, high]), stake, ONE / 2)[0]).toBe(high);
    expect(consensusOf(column([low, high]), stake, ONE / 2 + 1)[0]).toBe(low);
  });

  test('needs the majority and not one unit less', () => {
    const stake = Float64Array.of(ONE / 2 - 1, ONE / 2, 1);
    expect(consensusOf(column([0, ONE, 0]), stake, ONE / 2)[0]).toBe(ONE);
    expect(consensusOf(column([0, ONE, 0]), stake, ONE / 2 + 1)[0]).toBe(0);
  });
});
