import { describe, expect, it } from 'vitest';
import { highest, labelled, linePath, valueTicks, withoutGaps } from './scale.ts';

const SERIES = [
  { key: 'a', label: 'A', unit: '' },
  { key: 'b', label: 'B', unit: '' },
];

describe('valueTicks', () => {
  it.each([
    [0, [0, 1]],
    [Number.NaN, [0, 1]],
    [Number.POSITIVE_INFINITY, [0, 1]],
    [1, [0, 0.5, 1]],
    [3, [0, 1, 2, 3]],
    [7, [0, 5, 10]],
    [0.3, [0, 0.1, 0.2, 0.3]],
    [1234, [0, 500, 1000, 1500]],
  ])('%d', (max, ticks) => expect(valueTicks(max)).toEqual(ticks));

  it('counts things in whole numbers', () => {
    expect(valueTicks(1, { isWhole: true })).toEqual([0, 1]);
    expect(valueTicks(2, { isWhole: true })).toEqual([0, 1, 2]);
  });

  it('never ends below the highest value', () => {
    for (let exponent = -9; exponent < 18; exponent += 0.37) {
      const max = 10 ** exponent;
      const ticks = valueTicks(max);
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(max * (1 - 1e-9));
      expect(ticks.length).toBeLessThan(6);
    }
  });
});

describe('labelled', () => {
  it('writes the last time, and others with room between', () => {
    expect(labelled(10, 30, 70)).toEqual([0, 3, 6, 9]);
    expect(labelled(1, 300, 70)).toEqual([0]);
  });
  it('writes none where nothing can be seen', () => {
    expect(labelled(0, 30, 70)).toEqual([]);
    expect(labelled(5, 0, 70)).toEqual([]);
  });
});

describe('highest', () => {
  const points = [
    { at: 0, values: { a: 1, b: 2 } },
    { at: 60, values: { a: 2, b: Number.NaN } },
  ];
  it('adds up what is stacked', () => expect(highest(points, SERIES, 'bar')).toBe(3));
  it('does not add up lines', () => expect(highest(points, SERIES, 'line')).toBe(2));
});

describe('withoutGaps', () => {
  it('puts nothing where no point is', () => {
    const points = [
      { at: 180, values: { a: 4 } },
      { at: 0, values: { a: 1 } },
    ];
    expect(withoutGaps(points, 60).map(({ at, values }) => [at, values.a])).toEqual([
      [0, 1],
      [60, 0],
      [120, 0],
      [180, 4],
    ]);
  });
  it('is bounded, whatever times a node names', () => {
    const points = [
      { at: 0, values: {} },
      { at: 1e12, values: {} },
    ];
    expect(withoutGaps(points, 60)).toHaveLength(400);
  });
});

describe('linePath', () => {
  it('leaves gaps out', () => {
    expect(
      linePath(
        [1, undefined, 2, 3],
        (i) => i,
        (value) => value,
      ),
    ).toBe('M0.0 1.0M2.0 2.0L3.0 3.0');
  });
});
