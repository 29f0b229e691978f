import { describe, expect, test } from 'vitest';
import { R_FIELD } from '../field.ts';
import { SeededRandom } from '../testing/random.ts';
import type { Field } from '../types.ts';
import { FieldList } from './fieldList.ts';

describe('FieldList', () => {
  test('gives back 100 values of all sizes (seed 5)', () => {
    const random = new SeededRandom(5);
    const edges = [0n, 1n, (1n << 64n) - 1n, 1n << 64n, 1n << 128n, 1n << 192n, R_FIELD - 1n];
    const values = [...edges, ...Array.from({ length: 93 }, () => random.big(R_FIELD))] as Field[];
    const list = new FieldList();
    for (const value of values) list.push(value);
    expect(list.length).toBe(100);
    expect(values.map((_, i) => list.at(i))).toEqual(values);
  });

  test('has nothing outside', () => {
    const list = new FieldList();
    list.push(5n as Field);
    expect([list.at(-1), list.at(1), list.at(0.5)]).toEqual([undefined, undefined, undefined]);
  });
});
