import { describe, expect, test } from 'vitest';
import { expectCode } from '../testing/expectCode.ts';
import { SeededRandom } from '../testing/random.ts';
import { packRows, unpackRows } from './packedRows.ts';
import { randomEpoch } from './testing/randomEpoch.ts';
import { referenceEpoch } from './testing/reference.ts';
import { yumaEpoch, yumaEpochPacked } from './yumaEpoch.ts';
import type { YumaInput } from './yumaInput.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

describe(`random epochs (SEED=${SEED})`, () => {
  test('small ones of every kind are what the reference computes', () => {
    const random = new SeededRandom(SEED);
    for (let round = 0; round < 300; round += 1) {
      const epoch = randomEpoch(random, 12);
      expect(yumaEpoch(epoch), `round ${round}`).toEqual(referenceEpoch(epoch).output);
    }
  });

  test('larger ones too', () => {
    const random = new SeededRandom(SEED + 1);
    for (let round = 0; round < 4; round += 1) {
      const epoch = randomEpoch(random, 90);
      expect(yumaEpoch(epoch), `round ${round}`).toEqual(referenceEpoch(epoch).output);
    }
  });

  test('no more is paid than there is, and the same input gives the same output', () => {
    const random = new SeededRandom(SEED + 2);
    for (let round = 0; round < 150; round += 1) {
      const epoch = randomEpoch(random, 12);
      const output = yumaEpoch(epoch);
      for (const amounts of [output.emission, [...output.incentiveEmission, ...output.dividendEmission]]) {
        expect(amounts.reduce((sum, amount) => sum + amount, 0n)).toBeLessThanOrEqual(epoch.emission);
      }
      expect(yumaEpoch(epoch)).toEqual(output);
    }
  });

  test('packed rows give what rows of pairs give', () => {
    const random = new SeededRandom(SEED + 3);
    for (let round = 0; round < 100; round += 1) {
      const epoch = randomEpoch(random, 12);
      const packed = yumaEpochPacked({ ...epoch, weights: packRows(epoch.weights), bonds: packRows(epoch.bonds) });
      expect({ ...packed, bonds: unpackRows(packed.bonds) }).toEqual(yumaEpoch(epoch));
    }
  });
});

describe('who earns when nobody judges', () => {
  const nobody: YumaInput = { stake: [], permits: [], weights: [], bonds: [], emission: 100n };
  const empty = { weights: [[], []], bonds: [[], []], emission: 100n };

  test('without participants nothing is paid', () => {
    expect(yumaEpoch(nobody).emission).toEqual([]);
  });

  test('without stake nothing is paid, whatever the weights', () => {
    const weights = [[[1, 9] as const], [[0, 9] as const]];
    const output = yumaEpoch({ ...empty, weights, stake: [0n, 0n], permits: [true, true] });
    expect(output.emission).toEqual([0n, 0n]);
    expect(output.bonds).toEqual([[], []]);
  });

  test('without weights emission goes by active stake', () => {
    const output = yumaEpoch({ ...empty, stake: [1n, 3n], permits: [true, true] });
    expect(output).toMatchObject({ emission: [25n, 75n], dividendEmission: [25n, 75n], incentiveEmission: [0n, 0n] });
  });

  test('without active stake it goes by all stake', () => {
    expect(yumaEpoch({ ...empty, stake: [1n, 3n], permits: [false, false] }).emission).toEqual([25n, 75n]);
  });

  test('one evaluator alone is a majority: half is its own, half its providers’', () => {
    const output = yumaEpoch({
      stake: [5n, 0n, 0n],
      permits: [true, false, false],
      weights: [
        [
          [1, 1],
          [2, 3],
        ],
        [],
        [],
      ],
      bonds: [[], [], []],
      emission: 800n,
    });
    expect(output.emission).toEqual([400n, 100n, 300n]);
    expect(output.bonds[0]).toEqual([
      [1, 65_535],
      [2, 65_535],
    ]);
  });

  test('all equal: all are paid the same', () => {
    const row = [2, 3, 4, 5].map((j) => [j, 700] as const);
    const output = yumaEpoch({
      stake: [7n, 7n, 0n, 0n, 0n, 0n],
      permits: [true, true, false, false, false, false],
      weights: [row, row, [], [], [], []],
      bonds: Array.from({ length: 6 }, () => []),
      emission: 1600n,
    });
    expect(output.emission).toEqual([400n, 400n, 200n, 200n, 200n, 200n]);
  });

  test('amounts above 64 bits are split exactly', () => {
    const output = yumaEpoch({ ...empty, stake: [1n << 95n, 1n << 95n], permits: [true, true], emission: 1n << 96n });
    expect(output.emission).toEqual([1n << 95n, 1n << 95n]);
  });
});

describe('input of the wrong form', () => {
  const good: YumaInput = { stake: [1n, 1n], permits: [true, true], weights: [[], []], bonds: [[], []], emission: 1n };
  const wrong: readonly [string, Partial<YumaInput>][] = [
    ['permits', { permits: [true] }],
    ['stake', { stake: [1n, -1n] }],
    ['emission', { emission: -1n }],
    ['number of rows', { weights: [[]] }],
    ['number of rows', { bonds: [[], [], []] }],
    ['columns', { weights: [[[2, 1]], []] }],
    [
      'columns',
      {
        weights: [
          [
            [1, 1],
            [0, 1],
          ],
          [],
        ],
      },
    ],
    [
      'columns',
      {
        bonds: [
          [
            [1, 1],
            [1, 1],
          ],
          [],
        ],
      },
    ],
    ['entry is not u16', { weights: [[[1, 65_536]], []] }],
    ['entry is not u16', { weights: [[[1, 0.5]], []] }],
    ['entry is not u16', { weights: [[[-1, 1]], []] }],
    ['kappa', { kappa: 65_536 }],
    ['bondsPenalty', { bondsPenalty: -1 }],
    ['bondsMovingAverage', { bondsMovingAverage: 1_000_001 }],
    ['registeredAt', { registeredAt: [0] }],
    ['ownerUid', { ownerUid: 2 }],
    ['offsets', { weights: { offsets: Uint32Array.of(0, 1, 0), columns: Uint16Array.of(), values: Uint16Array.of() } }],
    [
      'offsets',
      { weights: { offsets: Uint32Array.of(0, 0, 1), columns: Uint16Array.of(1), values: Uint16Array.of() } },
    ],
  ];

  test.each(wrong)('%s', (what, part) => {
    expectCode('INVALID_ARGUMENT', () => yumaEpoch({ ...good, ...part }), { what });
  });

  test('more participants than sums have room for', () => {
    const stake = new Array<bigint>(32_769).fill(0n);
    expectCode('INVALID_ARGUMENT', () => yumaEpoch({ ...good, stake }), { what: 'participants' });
  });
});
