import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SHAPES, shape, shapeById } from './shapes.ts';
import { expectCode } from './testing/expectCode.ts';
import type { ShapeName } from './types.ts';

test('the shapes are those the circuits are built with', () => {
  const file: unknown = JSON.parse(readFileSync(new URL('../circuits/shapes.json', import.meta.url), 'utf8'));
  const named = Object.entries(file as Record<string, object>).map(([name, counts]) => [name, { name, ...counts }]);
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
