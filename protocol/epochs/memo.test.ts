import { describe, expect, test } from 'vitest';
import { accountIndex } from '../ids.ts';
import { transfer } from '../testing/actors.ts';
import { SeededRandom } from '../testing/random.ts';
import type { Field } from '../types.ts';
import {
  decodeMemo,
  decodeReveal,
  encodeCommit,
  encodePayout,
  encodeReveal,
  MAX_REVEALED_WEIGHTS,
  type MemoWords,
  revealParts,
  type Weight,
  weightWords,
} from './memo.ts';
import { expectEpochCode } from './testing/expectEpochCode.ts';

const seed = Number(process.env.SEED ?? 20261123);
const SALT = 12345n as Field;

function read(words: readonly MemoWords[]) {
  return decodeReveal(words.map((memo) => decodeMemo(transfer(1, 2, 0n, { memo })) ?? fail()));
}

function fail(): never {
  throw new RangeError('no memo');
}

function weights(count: number): Weight[] {
  return Array.from({ length: count }, (_, i) => [accountIndex(3 * i + 1), 1 + ((i * 7919) % 65_535)] as const);
}

function changed(words: readonly MemoWords[], op: number, word: 0 | 1 | 2, change: (value: bigint) => bigint) {
  return words.map((memo, i) => {
    if (i !== op) return memo;
    // The casts: tests also try words that no field holds.
    return memo.map((value, j) => (j === word ? change(value) : value)) as unknown as MemoWords;
  });
}

describe('memo words', () => {
  test('the first word is packed from the lowest bits up', () => {
    const [m1, m2, m3] = encodeCommit({ epoch: 0x01020304, commitment: 9n as Field });
    expect(m1).toBe(0x0001_0000_0000_01020304_01_01n);
    expect([m2, m3]).toEqual([9n, 0n]);
    const [payout] = encodePayout({ epoch: 1, resultHash: 5n as Field, part: 2, parts: 3 });
    expect(payout).toBe(0x0003_0002_0000_00000001_03_01n);
  });

  test('weights are packed five a word, 48 bits each', () => {
    const words = weightWords([
      [accountIndex(1), 2],
      [accountIndex(3), 65_535],
      [accountIndex(4), 1],
      [accountIndex(5), 1],
      [accountIndex(6), 1],
      [accountIndex(7), 9],
    ]);
    expect(words).toEqual([0x0001_00000006_0001_00000005_0001_00000004_ffff_00000003_0002_00000001n, 0x0009_00000007n]);
  });

  test.each([0, 1, 4, 5, 6, 15, 16, 25, 26, 100, MAX_REVEALED_WEIGHTS])('%i weights come back', (count) => {
    const given = weights(count);
    const words = encodeReveal({ epoch: 7, salt: SALT, weights: given });
    expect(words).toHaveLength(revealParts(count));
    expect(words.length).toBeLessThanOrEqual(255);
    expect(read(words)).toEqual({ epoch: 7, salt: SALT, weights: given, words: weightWords(given) });
  });

  test.each<[string, Weight[]]>([
    ['a weight of 0', [[accountIndex(1), 0]]],
    ['a weight of 17 bits', [[accountIndex(1), 65_536]]],
    ['a fraction', [[accountIndex(1), 0.5]]],
    [
      'agents that do not ascend',
      [
        [accountIndex(2), 1],
        [accountIndex(1), 1],
      ],
    ],
    [
      'an agent twice',
      [
        [accountIndex(2), 1],
        [accountIndex(2), 1],
      ],
    ],
    ['agent 0', [[accountIndex(0), 1]]],
    ['more than a transaction holds', weights(MAX_REVEALED_WEIGHTS + 1)],
  ])('%s cannot be packed', (_, given) => {
    expectEpochCode('BAD_WEIGHTS', () => weightWords(given));
  });

  const six = encodeReveal({ epoch: 7, salt: SALT, weights: weights(6) });
  test.each<[string, readonly MemoWords[]]>([
    ['a part missing', six.slice(0, 1)],
    ['parts out of order', [...six].reverse()],
    ['a part twice', [...six, ...six.slice(1)]],
    ['a bit above m1', changed(six, 0, 0, (m1) => m1 | (1n << 96n))],
    ['a bit above five weights', changed(six, 0, 2, (word) => word | (1n << 240n))],
    ['a weight beyond the count', changed(six, 1, 1, (word) => word | (1n << 48n))],
    ['an unused word that is not 0', changed(six, 1, 2, () => 1n)],
    ['a weight of 0', changed(six, 1, 1, (word) => word & 0xffffffffn)],
    ['an agent of 2^24', changed(six, 1, 1, (word) => word | (1n << 24n))],
    ['another epoch in the second part', changed(six, 1, 0, (m1) => m1 + (1n << 16n))],
    [
      'a count that needs more parts',
      six.map((memo) => [memo[0] + (20n << 48n), memo[1], memo[2]] as unknown as MemoWords),
    ],
    ['no parts', changed(encodeReveal({ epoch: 7, salt: SALT, weights: [] }), 0, 0, (m1) => m1 & ~(0xffffn << 80n))],
  ])('%s is no reveal', (_, words) => {
    expect(read(words)).toBeUndefined();
  });

  test('another memo is no score', () => {
    expect(decodeMemo(transfer(1, 2, 0n))).toBeUndefined();
    expect(decodeMemo(transfer(1, 2, 0n, { memo: [2n as Field] }))).toBeUndefined();
    expect(decodeMemo(transfer(1, 2, 0n, { memo: [0x0401n as Field] }))).toBeUndefined();
  });

  test(`random words never throw (SEED=${seed})`, () => {
    const random = new SeededRandom(seed);
    for (let i = 0; i < 300; i += 1) {
      const memos = Array.from({ length: 1 + random.int(3) }, (_, part) => {
        const m1 =
          0x0201n |
          (7n << 16n) |
          (BigInt(random.int(12)) << 48n) |
          (BigInt(part) << 64n) |
          (BigInt(1 + random.int(3)) << 80n);
        return [m1, random.big(1n << 250n), random.big(1n << 250n)] as unknown as MemoWords;
      });
      expect(() => read(memos)).not.toThrow();
    }
  });
});
