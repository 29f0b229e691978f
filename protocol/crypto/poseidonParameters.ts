import { ProtocolError } from '../errors.ts';
import { R_FIELD } from '../field.ts';
import { inverse, mod } from './modular.ts';
import { derivePoseidonConstants, FULL_ROUNDS } from './poseidonConstants.ts';

/**
 * The partial rounds in recursive form. Only coordinate 0 passes an S-box there, so the other n = t − 1 coordinates form a linear
 * system driven by one input and seen through one output. With u_k = (S-box of round k's coordinate 0) and y_k = (that coordinate
 * before the S-box, without constants), Cayley–Hamilton gives for every k ≥ 1
 *
 *   y_k = Σ_{i=1..n} α_i·y_{k−i} + Σ_{j=1..n+1} β_j·u_{k−j}
 *
 * with the same coefficients in each round: 2t − 1 products and a single reduction, while the usual sparse matrices need t reductions.
 * Values before round 0 are those the system would have had with u = 0 (`entry` computes them from the state); the state after
 * the last partial round is again a linear function of the last n values y and n + 1 values u (`leave`).
 * All constants of the linear layers are added just before the S-boxes: `constants`, the response of the system to them alone.
 */
export interface PoseidonParameters {
  readonly t: number;
  readonly partialRounds: number;
  readonly matrix: readonly (readonly bigint[])[];
  /** Row 0: y_0. Row j: y_{1−j}, for j = 1 … n. Applied to the S-boxes' outputs of the fourth full round. */
  readonly entry: readonly (readonly bigint[])[];
  /** Coefficients for the window u_{k−n−1}, y_{k−n}, u_{k−n}, …, y_{k−1}, u_{k−1}. */
  readonly recursion: readonly bigint[];
  /** t rows over the same window at k = partialRounds; row 0 is `recursion`. */
  readonly exit: readonly (readonly bigint[])[];
  /** In order of use: 4·t, partialRounds, 4·t. */
  readonly constants: readonly bigint[];
}

type Row = readonly bigint[];
type Matrix = readonly Row[];

const at = (row: Row, i: number): bigint => row[i] as bigint;

function dot(a: Row, b: Row): bigint {
  return mod(a.reduce((total, x, i) => total + x * at(b, i), 0n));
}

function transpose(m: Matrix): bigint[][] {
  return (m[0] as Row).map((_, j) => m.map((row) => at(row, j)));
}

function invert(m: Matrix): bigint[][] {
  const n = m.length;
  const rows = m.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1n : 0n))]);
  for (let column = 0; column < n; column++) {
    const pivot = rows.findIndex((row, i) => i >= column && row[column] !== 0n);
    // Cannot happen for circomlib's matrices; a singular system would make the recursion wrong, not just slow.
    if (pivot < 0) throw new ProtocolError('INVALID_ARGUMENT', { singularColumn: column });
    [rows[column], rows[pivot]] = [rows[pivot] as bigint[], rows[column] as bigint[]];
    const scale = inverse(at(rows[column] as Row, column));
    const normal = (rows[column] as Row).map((x) => (x * scale) % R_FIELD);
    rows.forEach((row, i) => {
      const factor = at(row, column);
      rows[i] = i === column ? normal : row.map((x, j) => mod(x - factor * at(normal, j)));
    });
  }
  return rows.map((row) => row.slice(n));
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

/** Derives what the WebAssembly code needs for one arity; from 1 ms (2 inputs) to some tens (16), so results are kept. */
export function derivePoseidonParameters(arity: number): PoseidonParameters {
  const { t, partialRounds, roundConstants, matrix } = derivePoseidonConstants(arity);
  const n = t - 1;
  const half = FULL_ROUNDS / 2;
  // The matrix in blocks: y' = c·x + d·u, x' = A·x + b·u.
  const c = (matrix[0] as Row).slice(1);
  const d = at(matrix[0] as Row, 0);
  const b = matrix.slice(1).map((row) => at(row, 0));
  const a = matrix.slice(1).map((row) => row.slice(1));
  const aColumns = transpose(a);
  const timesA = (row: Row) => aColumns.map((column) => dot(row, column));
  const aTimes = (column: Row) => a.map((row) => dot(row, column));

  // observe[i] = c·A^i for i = 0 … n; respond[j] = output j rounds after a unit input (respond[0] is unused).
  const observe: bigint[][] = [c];
  for (let i = 0; i < n; i++) observe.push(timesA(observe[i] as Row));
  const drive: bigint[][] = [b];
  for (let i = 0; i < n; i++) drive.push(aTimes(drive[i] as Row));
  const respond = [0n, d, ...drive.map((column) => dot(c, column))];
  const observeInverse = invert(observe.slice(0, n));

  // c·A^n = Σ α_i·c·A^(n−i).
  const lowFirst = transpose(observeInverse).map((column) => dot(observe[n] as Row, column));
  const alpha = [0n, ...lowFirst.reverse()];
  const beta = range(n + 2).map((j) =>
    mod(
      range(Math.min(j - 1, n)).reduce((rest, i) => rest - at(alpha, i + 1) * at(respond, j - i - 1), respond[j] ?? 0n),
    ),
  );

  // c·A^(−j) by the same recursion backwards.
  const backward = [...observe.slice(0, n)].reverse();
  const alphaInverse = inverse(at(alpha, n));
  for (let j = 0; j < n; j++) {
    const newestFirst = backward.slice(j, j + n);
    const next = (newestFirst[0] as Row).map((_, column) => {
      const rest = range(n - 1).reduce(
        (total, i) => total - at(alpha, i + 1) * at(newestFirst[i + 1] as Row, column),
        at(newestFirst[0] as Row, column),
      );
      return (mod(rest) * alphaInverse) % R_FIELD;
    });
    backward.push(next);
  }
  const lowerColumns = transpose(matrix.slice(1));
  const entry = [
    matrix[0] as Row,
    ...range(n).map((j) => lowerColumns.map((column) => dot(backward[n + j] as Row, column))),
  ];

  const { first, rest } = constantResponse({
    a,
    c,
    roundConstants: roundConstants.slice(half, half + partialRounds + 1),
  });
  return {
    t,
    partialRounds,
    matrix,
    entry,
    recursion: interleave(alpha, beta, n),
    exit: [interleave(alpha, beta, n), ...exitRows({ n, aTimes, drive, respond, observeInverse })],
    constants: [
      ...roundConstants.slice(0, half).flat(),
      ...first,
      ...rest,
      ...roundConstants.slice(half + partialRounds + 1).flat(),
    ],
  };
}

/** Window order: u_{k−n−1}, then pairs (y_{k−i}, u_{k−i}) for i = n … 1. */
function interleave(alpha: Row, beta: Row, n: number): bigint[] {
  return [at(beta, n + 1), ...range(n).flatMap((i) => [at(alpha, n - i), at(beta, n - i)])];
}

/** What the constants alone contribute: to y_0 … y_{P−1}, and to the whole state at the round after. */
function constantResponse(system: { a: Matrix; c: Row; roundConstants: Matrix }): { first: bigint[]; rest: bigint[] } {
  const { a, c, roundConstants } = system;
  const first: bigint[] = [];
  let state: bigint[] = [];
  roundConstants.forEach((row, round) => {
    const previous = state.slice(1);
    state = round === 0 ? [...row] : [c, ...a].map((coefficients, i) => mod(dot(coefficients, previous) + at(row, i)));
    if (round < roundConstants.length - 1) first.push(at(state, 0));
  });
  return { first, rest: state };
}

/**
 * Rows 1 … n of `exit`. Start n + 1 rounds before the end: the n outputs y_{j+1} … y_{j+n} determine x_j through `observe`, and
 * x at the end is A^(n+1)·x_j + Σ_q A^(n−q)·b·u_{j+q}.
 */
function exitRows(system: {
  n: number;
  aTimes: (column: Row) => bigint[];
  drive: Matrix;
  respond: Row;
  observeInverse: Matrix;
}): bigint[][] {
  const { n, aTimes, drive, respond, observeInverse } = system;
  const advanced = transpose(observeInverse).map((column) => range(n + 1).reduce((x: Row) => aTimes(x), column));
  const fromOutputs = transpose(advanced);
  return fromOutputs.map((weights, row) => {
    const fromInput = (q: number) => {
      const seen = range(n).reduce(
        (total, m) => (m + 1 - q >= 1 ? total + at(weights, m) * at(respond, m + 1 - q) : total),
        0n,
      );
      return mod(at(drive[n - q] as Row, row) - seen);
    };
    return [fromInput(0), ...range(n).flatMap((m) => [at(weights, m), fromInput(m + 1)])];
  });
}
