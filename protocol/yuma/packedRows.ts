import { ProtocolError } from '../errors.ts';

/** A row's entries, columns ascending, each column once; values are u16. */
export type SparseRow = readonly (readonly [column: number, value: number])[];

/**
 * The same rows in three arrays: row i has the entries `offsets[i]` … `offsets[i + 1] − 1`. A million entries take 4 MB, as pairs some
 * 60 MB; whoever computes large epochs gives and keeps rows like this.
 */
export interface PackedRows {
  /** One more than there are rows, from 0, never falling. */
  readonly offsets: Uint32Array;
  readonly columns: Uint16Array;
  readonly values: Uint16Array;
}

export type Rows = readonly SparseRow[] | PackedRows;

function refuse(what: string, row: number): never {
  throw new ProtocolError('INVALID_ARGUMENT', { what, row });
}

function isU16(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0xffff;
}

function isPacked(rows: Rows): rows is PackedRows {
  return 'offsets' in rows;
}

/** `INVALID_ARGUMENT` for a value or a column that is no u16; the order of columns is checked where rows are used. */
export function packRows(rows: readonly SparseRow[]): PackedRows {
  const count = rows.reduce((sum, row) => sum + row.length, 0);
  const offsets = new Uint32Array(rows.length + 1);
  const columns = new Uint16Array(count);
  const values = new Uint16Array(count);
  let at = 0;
  rows.forEach((row, i) => {
    for (const [column, value] of row) {
      if (!isU16(column) || !isU16(value)) refuse('entry is not u16', i);
      columns[at] = column;
      values[at] = value;
      at += 1;
    }
    offsets[i + 1] = at;
  });
  return { offsets, columns, values };
}

export function unpackRows({ offsets, columns, values }: PackedRows): SparseRow[] {
  return Array.from({ length: offsets.length - 1 }, (_, i) => {
    const row: (readonly [number, number])[] = [];
    for (let k = offsets[i] as number; k < (offsets[i + 1] as number); k += 1) {
      row.push([columns[k] as number, values[k] as number]);
    }
    return row;
  });
}

/** Rows as packed ones; `INVALID_ARGUMENT` unless there are `n` of them with columns below n, ascending. */
export function checkedRows(rows: Rows, n: number): PackedRows {
  const packed = isPacked(rows) ? rows : packRows(rows);
  const { offsets, columns, values } = packed;
  if (offsets.length !== n + 1) refuse('number of rows', offsets.length - 1);
  if (offsets[0] !== 0 || offsets[n] !== columns.length || columns.length !== values.length) refuse('offsets', n);
  for (let i = 0; i < n; i += 1) {
    const from = offsets[i] as number;
    const to = offsets[i + 1] as number;
    if (to < from || to > columns.length) refuse('offsets', i);
    for (let k = from; k < to; k += 1) {
      const column = columns[k] as number;
      if (column >= n || (k > from && column <= (columns[k - 1] as number))) refuse('columns', i);
    }
  }
  return packed;
}
