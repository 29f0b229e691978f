import { ProtocolError } from './errors.ts';
import type { Shape, ShapeName } from './types.ts';

/** Slot counts of the batch circuits. The circuit build reads circuits/shapes.json; a test keeps the two equal. */
export const SHAPES: Readonly<Record<ShapeName, Shape>> = {
  small: { name: 'small', id: 0, L: 2, N: 8, S: 4, A: 5, E: 2 },
  dev: { name: 'dev', id: 1, L: 8, N: 32, S: 12, A: 25, E: 4 },
  medium: { name: 'medium', id: 2, L: 8, N: 64, S: 40, A: 38, E: 8 },
  large: { name: 'large', id: 3, L: 8, N: 256, S: 64, A: 64, E: 12 },
};

/** @throws ProtocolError UNKNOWN_SHAPE (the name may come from configuration or a stored record) */
export function shape(name: ShapeName): Shape {
  if (!Object.hasOwn(SHAPES, name)) throw new ProtocolError('UNKNOWN_SHAPE', { shape: name });
  return SHAPES[name];
}

/** @throws ProtocolError UNKNOWN_SHAPE */
export function shapeById(id: number): Shape {
  const found = Object.values(SHAPES).find((candidate) => candidate.id === id);
  if (found === undefined) throw new ProtocolError('UNKNOWN_SHAPE', { id });
  return found;
}
