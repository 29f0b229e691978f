import { ratio } from './fixedPoint.ts';
import { emptyMatrix, type Matrix } from './matrix.ts';
import type { CheckedInput } from './yumaInput.ts';

/**
 * The weights that count, each row summing up to 1: of who has a permit, for others than oneself, for who was there when they were set
 * (and, where they are still hidden, when they were committed to).
 */
export function normalizedWeights(input: CheckedInput): Matrix {
  const { n, permits, lastUpdate, committedAt, registeredAt, ownerUid } = input;
  const { offsets, columns, values } = input.weights;
  const matrix = emptyMatrix(n, columns.length);
  let at = 0;
  for (let i = 0; i < n; i += 1) {
    const begin = at;
    const updated = lastUpdate?.[i] ?? Number.POSITIVE_INFINITY;
    const committed = committedAt?.[i] ?? Number.POSITIVE_INFINITY;
    let sum = 0;
    for (let k = offsets[i] as number; permits[i] === true && k < (offsets[i + 1] as number); k += 1) {
      const j = columns[k] as number;
      const registered = registeredAt?.[j] ?? 0;
      if ((j === i && i !== ownerUid) || updated <= registered || committed < registered) continue;
      const weight = values[k] as number;
      matrix.columns[at] = j;
      matrix.values[at] = weight;
      sum += weight;
      at += 1;
    }
    if (sum > 0) for (let k = begin; k < at; k += 1) matrix.values[k] = ratio(matrix.values[k] as number, sum);
    matrix.offsets[i + 1] = at;
  }
  return matrix;
}
