import { expect, test } from 'vitest';
import file from '../circuits/shapes.json' with { type: 'json' };
import { SHAPES, shape, shapeById } from './shapes.ts';
import { expectCode } from './testing/expectCode.ts';
import type { ShapeName } from './types.ts';

test('the shapes are those the circuits are built with', () => {
  const named = Object.entries(file).map(([name, counts]) => [name, { name, ...counts }]);
  expect(SHAPES).toEqual(Object.fromEntries(named));
});

test('ids and names lead to the same shape; others are UNKNOWN_SHAPE', () => {
  for (const known of Object.values(SHAPES)) {
    expect(shape(known.name)).toBe(known);
    expect(shapeById(known.id)).toBe(known);
  }
  expectCode('UNKNOWN_SHAPE', () => shapeById(4));
  expectCode('UNKNOWN_SHAPE', () => shape('toString' as ShapeName));
});
