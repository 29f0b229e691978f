import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { consensusOf } from './consensus.ts';
import { normalize, ONE, sum } from './fixedPoint.ts';
import type { Matrix } from './matrix.ts';
import { maxUpscale } from './maxUpscale.ts';
import { type PackedRows, type SparseRow, unpackRows } from './packedRows.ts';
import { referenceEpoch, weightedMedianExact } from './testing/reference.ts';
import { weightedMedian } from './weightedMedian.ts';
import { yumaEpoch, yumaEpochPacked } from './yumaEpoch.ts';
import type { YumaInput, YumaOutput } from './yumaInput.ts';

type EpochJson = Omit<YumaInput, 'stake' | 'emission' | 'weights' | 'bonds'> & {
  readonly stake: readonly number[];
  readonly emission: number;
  readonly weights: readonly SparseRow[];
  readonly expected: {
    readonly bonds?: readonly (readonly [number, number, number])[];
    readonly emission?: readonly number[];
  } & Partial<Record<U16Vector, readonly (number | null)[]>>;
  /** Vectors or sparse matrices of decimals. */
  readonly logged?: Readonly<Record<string, readonly number[] | readonly SparseRow[]>>;
};
type U16Vector = 'ranks' | 'trust' | 'consensus' | 'incentive' | 'dividends';
interface MedianJson {
  readonly stake: readonly number[];
  readonly majority: number;
}
interface GraphJson {
  readonly function: string;
  readonly n: number;
  readonly validators: number;
  readonly stake: number;
  readonly emission: number;
  readonly bondsPenalty: number;
  readonly epochs: number;
  /** How many orders of uids are tried: in blocks, interleaved, scattered. */
  readonly layouts: number;
  readonly validator: Readonly<Partial<Record<U16Vector | 'emission', number>>>;
  readonly server: Readonly<Partial<Record<U16Vector | 'emission', number>>>;
  readonly bonds?: { readonly onValidator: number; readonly onServer: number };
}
interface VectorsJson {
  readonly sequences: readonly {
    readonly function: string;
    readonly defaults: Partial<EpochJson>;
    readonly epochs: readonly Partial<EpochJson>[];
  }[];
  readonly graphs: readonly GraphJson[];
  readonly weightedMedian: {
    readonly single: readonly (MedianJson & { readonly score: readonly number[]; readonly expected: number })[];
    readonly column: readonly (MedianJson & {
      readonly weights: readonly (readonly number[])[];
      readonly expected: readonly number[];
    })[];
  };
  readonly maxUpscale: readonly { readonly weights: readonly number[]; readonly expected: readonly number[] }[];
}

// The file is ours and its form is what these types say.
const vectors = JSON.parse(
  readFileSync(new URL('../../test/vectors/yuma.json', import.meta.url), 'utf8'),
) as VectorsJson;

/** f32 literals as Bittensor's tests turn them into fixed point: their lowest bit is above 2^-32. */
const fixed = (value: number): number => Math.round(Math.fround(value) * ONE);
const fixedAll = (values: readonly number[]): Float64Array => Float64Array.from(values, fixed);
/** A number printed with ten decimals is nearer to its 32-bit fraction than to any other. */
const raw = (decimal: number): bigint => BigInt(Math.round(decimal * ONE));

function bondOf(rows: YumaOutput['bonds'], i: number, j: number): number {
  return rows[i]?.find(([column]) => column === j)?.[1] ?? 0;
}

function checkExpected(output: YumaOutput, expected: EpochJson['expected']): void {
  const { bonds = [], emission, ...u16 } = expected;
  if (emission !== undefined) expect(output.emission).toEqual(emission.map(BigInt));
  for (const [name, values] of Object.entries(u16)) {
    const computed = output[name as U16Vector];
    expect(
      computed.map((value, i) => (values[i] === null ? null : value)),
      name,
    ).toEqual(values);
  }
  for (const [i, j, value] of bonds) expect(bondOf(output.bonds, i, j), `bond ${i} ${j}`).toBe(value);
}

function checkLogged(input: Parameters<typeof referenceEpoch>[0], logged: NonNullable<EpochJson['logged']>): void {
  const { shares, ...between } = logged;
  const computed = referenceEpoch(input).between;
  if (shares !== undefined) expect(computed.paid, 'shares').toEqual((shares as number[]).map(raw));
  for (const [name, values] of Object.entries(between)) {
    const numbers = computed[name as keyof typeof computed];
    const wanted = values.map((value) => {
      if (typeof value === 'number') return raw(value);
      const row = new Map(value);
      return Array.from({ length: values.length }, (_, j) => raw(row.get(j) ?? 0));
    });
    expect(numbers, name).toEqual(wanted);
  }
}

describe('epochs that Bittensor publishes integers for', () => {
  test.each(vectors.sequences)('$function', ({ defaults, epochs }) => {
    let bonds: readonly SparseRow[] | undefined;
    for (const epoch of epochs) {
      // Every member of an epoch stands in it or in the defaults.
      const { stake, emission, expected, logged, ...rest } = { ...defaults, ...epoch } as EpochJson;
      const input = {
        ...rest,
        stake: stake.map(BigInt),
        emission: BigInt(emission),
        bonds: bonds ?? stake.map((): SparseRow => []),
      };
      const output = yumaEpoch(input);
      checkExpected(output, expected);
      expect(referenceEpoch(input).output).toEqual(output);
      if (logged !== undefined) checkLogged(input, logged);
      bonds = output.bonds;
    }
  });

  /** Who a graph's k-th participant is; validators come first. None of the orders may matter. */
  const layouts: readonly [string, (k: number, graph: GraphJson) => number][] = [
    ['in blocks', (k) => k],
    [
      'interleaved',
      (k, { n, validators }) => {
        const group = n / validators;
        const server = k - validators;
        if (server < 0) return k * group;
        return Math.floor(server / (group - 1)) * group + (server % (group - 1)) + 1;
      },
    ],
    ['scattered', (k, { n }) => (k * 197 + 31) % n],
  ];
  const cases = vectors.graphs.flatMap((graph) =>
    layouts
      .slice(0, graph.layouts)
      .flatMap(([name, uid]) =>
        [false, true].map((isSelfish) => [graph.function, name, isSelfish, graph, uid] as const),
      ),
  );

  test.each(cases)('%s, %s, servers weigh themselves: %s', (_, __, isSelfish, graph, uid) => {
    const all = Array.from({ length: graph.n }, (___, k) => uid(k, graph));
    const validators = new Set(all.slice(0, graph.validators));
    const servers = all.slice(graph.validators).sort((a, b) => a - b);
    const uids = all.map((___, i) => i);
    const toServers = servers.map((j) => [j, 65_535] as const);
    const weights = uids.map((i): SparseRow => (validators.has(i) ? toServers : isSelfish ? [[i, 65_535]] : []));
    let bonds: PackedRows | readonly SparseRow[] = uids.map((): SparseRow => []);
    for (let epoch = 0; epoch < graph.epochs; epoch += 1) {
      const output = yumaEpochPacked({
        stake: uids.map((i) => (validators.has(i) ? BigInt(graph.stake) : 0n)),
        permits: uids.map((i) => validators.has(i)),
        weights,
        bonds,
        emission: BigInt(graph.emission),
        bondsPenalty: graph.bondsPenalty,
      });
      bonds = output.bonds;
      const expected = uids.map((i) => (validators.has(i) ? graph.validator : graph.server));
      expect(output.emission).toEqual(expected.map(({ emission = 0 }) => BigInt(emission)));
      for (const name of ['ranks', 'trust', 'consensus', 'incentive', 'dividends'] as const) {
        if (graph.server[name] === undefined) continue;
        expect(output[name], name).toEqual(expected.map((values) => values[name]));
      }
      if (graph.bonds === undefined) continue;
      const { onServer, onValidator } = graph.bonds;
      const row = onValidator === 0 ? servers.map((j) => [j, onServer]) : undefined;
      expect(unpackRows(bonds)).toEqual(uids.map((i) => (validators.has(i) ? row : [])));
    }
  });
});

describe('weighted medians that Bittensor publishes', () => {
  test.each(vectors.weightedMedian.single.map((each) => [each] as const))(
    '%j',
    ({ stake, score, majority, expected }) => {
      const stakes = fixedAll(stake);
      // The test of one alone normalises; the others are near enough to 1 not to.
      if (stake.length === 1) normalize(stakes);
      const minority = ONE - fixed(majority);
      expect(weightedMedian(stakes, fixedAll(score), minority)).toBe(fixed(expected));
      const exact = weightedMedianExact([...stakes].map(BigInt), [...fixedAll(score)].map(BigInt), BigInt(minority));
      expect(exact).toBe(BigInt(fixed(expected)));
    },
  );

  test.each(vectors.weightedMedian.column.map((each) => [each] as const))('columns %j', (column) => {
    const { stake, weights, majority, expected } = column;
    const n = stake.length;
    const offsets = Uint32Array.from({ length: n + 1 }, (_, i) => i * 3);
    const columns = Uint16Array.from({ length: n * 3 }, (_, k) => k % 3);
    const matrix: Matrix = { n, offsets, columns, values: fixedAll(weights.flat()) };
    const consensus = consensusOf(matrix, fixedAll(stake), fixed(majority));
    expect([...consensus].slice(0, 3)).toEqual(expected.map(fixed));
  });

  test('nobody: 0', () => {
    expect(weightedMedian(Float64Array.of(), Float64Array.of(), ONE)).toBe(0);
    expect(sum(Float64Array.of())).toBe(0);
  });
});

describe('weights that Bittensor scales', () => {
  test.each(vectors.maxUpscale.map((each) => [each] as const))('%j', ({ weights, expected }) => {
    expect(maxUpscale(weights)).toEqual(expected);
  });
});
