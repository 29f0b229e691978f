import { divide } from './fixedPoint.ts';

/** Sparse rows of fixed point numbers, packed like `PackedRows`. `columns` and `values` may have room to spare at the end. */
export interface Matrix {
  readonly n: number;
  readonly offsets: Uint32Array;
  readonly columns: Uint16Array;
  readonly values: Float64Array;
}

export function emptyMatrix(n: number, capacity: number): Matrix {
  return {
    n,
    offsets: new Uint32Array(n + 1),
    columns: new Uint16Array(capacity),
    values: new Float64Array(capacity),
  };
}

export function entryCount({ n, offsets }: Matrix): number {
  return offsets[n] as number;
}

/** Sums of the columns. */
export function columnSums(matrix: Matrix): Float64Array {
  const { n, columns, values } = matrix;
  const sums = new Float64Array(n);
  const count = entryCount(matrix);
  for (let k = 0; k < count; k += 1) {
    const j = columns[k] as number;
    sums[j] = (sums[j] as number) + (values[k] as number);
  }
  return sums;
}

/** Makes every column that is not 0 sum up to 1, less what rounding down takes. */
export function normalizeColumns(matrix: Matrix): void {
  const { columns, values } = matrix;
  const sums = columnSums(matrix);
  const count = entryCount(matrix);
  for (let k = 0; k < count; k += 1) {
    const value = values[k] as number;
    if (value !== 0) values[k] = divide(value, sums[columns[k] as number] as number);
  }
}
