import { describe, expect, it } from 'vitest';
import { SeededRandom } from './seededRandom.ts';

describe('SeededRandom', () => {
  it('gives these numbers for ever: the models hang on them', () => {
    const random = new SeededRandom('vector');
    expect(Array.from({ length: 4 }, () => random.uint32())).toEqual([1401681437, 792550361, 3151736803, 2883180007]);
  });

  it('differs with the seed', () => {
    const [a, b] = [new SeededRandom('a'), new SeededRandom('b')];
    expect(a.uint32()).not.toBe(b.uint32());
    const draws = Array.from({ length: 10_000 }, () => a.unit());
    expect(draws.every((x) => x >= 0 && x < 1)).toBe(true);
    expect(draws.reduce((sum, x) => sum + x) / draws.length).toBeCloseTo(0.5, 1);
  });

  it('shuffles without losing anything', () => {
    const items = Uint32Array.from({ length: 100 }, (_, i) => i);
    new SeededRandom('c').shuffle(items);
    expect(items).not.toEqual(items.toSorted());
    expect([...items.toSorted()]).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });
});
