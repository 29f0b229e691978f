/**
 * What each part of the batch circuit costs, by slope between compiled sizes, complete rules included.
 *
 *   npm run bench -- circuits [--json] [--shapes small,dev,medium]
 *
 * The count is affine in each slot number, with products where a slot looks at every account slot:
 * count = fixed + l·L + n·N + s·S + a·A + e·E + nA·N·A + sA·S·A + lA·L·A + aA·A·A. Each coefficient is a difference of compiled sizes, at the position width
 * and with the shared tree levels of the `large` shape. `--shapes` (default small,dev) compiles those shapes as well (dev: under 2 minutes, medium: about 3).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { batchSource, mainSource } from '../circuits/build/circuits.ts';
import { compileCircom } from '../circuits/build/compile.ts';
import { SHAPES } from '../protocol/shapes.ts';
import type { ShapeName } from '../protocol/types.ts';

interface Sizes {
  readonly L: number;
  readonly N: number;
  readonly S: number;
  readonly A: number;
  readonly E: number;
}

const BITS = 9; // of `large`: positions up to 272
const BASE: Sizes = { L: 1, N: 1, S: 1, A: 2, E: 1 };
const SHARED = 2; // likewise
/** Steps of 15 slots of words fill whole blocks of the sponges (15 words each), so that slopes are exact. */
const STEP: Sizes = { L: 15, N: 15, S: 15, A: 1, E: 15 };

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, shapes: { type: 'string', default: 'small,dev' } },
});
const names = values.shapes.split(',').filter((name): name is ShapeName => Object.hasOwn(SHAPES, name));

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

async function count(source: string, label: string): Promise<{ constraints: number; seconds: number }> {
  const outDir = await mkdtemp(path.join(os.tmpdir(), 'engram-bench-'));
  const start = performance.now();
  try {
    const { constraints } = await compileCircom({ source, outDir });
    const seconds = (performance.now() - start) / 1000;
    say(`${label}: ${constraints} constraints, ${seconds.toFixed(1)} s`);
    return { constraints, seconds };
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}

/** Constraints with the named slot numbers one step up; a name given twice goes up two steps. */
async function at(...up: (keyof Sizes)[]): Promise<number> {
  const sizes = { ...BASE };
  for (const key of up) sizes[key] += STEP[key];
  return (await count(batchSource({ ...sizes, bits: BITS, shared: SHARED }), JSON.stringify(sizes))).constraints;
}

const base = await at();
const single = { L: await at('L'), N: await at('N'), S: await at('S'), A: await at('A'), E: await at('E') };
const slope = (key: keyof Sizes): number => (single[key] - base) / STEP[key];
async function cross(p: keyof Sizes, q: keyof Sizes): Promise<number> {
  return ((await at(p, q)) - single[p] - single[q] + base) / (STEP[p] * STEP[q]);
}
const product = {
  NA: await cross('N', 'A'),
  SA: await cross('S', 'A'),
  LA: await cross('L', 'A'),
  AA: ((await at('A', 'A')) - 2 * single.A + base) / 2,
};
// Slopes at the base sizes, with the products taken out.
const own = {
  L: slope('L') - product.LA * BASE.A,
  N: slope('N') - product.NA * BASE.A,
  S: slope('S') - product.SA * BASE.A,
  A: slope('A') - product.NA * BASE.N - product.SA * BASE.S - product.LA * BASE.L - product.AA * (2 * BASE.A + 1),
  E: slope('E'),
};
const perOp = (A: number): number => own.N + product.NA * A;
const perSignature = (A: number): number => own.S + product.SA * A;
const perL1Op = (A: number): number => own.L + product.LA * A;
const perAccount = (A: number): number => own.A + product.AA * A;
const variable = ({ L, N, S, A, E }: Sizes): number =>
  perL1Op(A) * L + perOp(A) * N + perSignature(A) * S + perAccount(A) * A + own.E * E;
const fixed = base - variable(BASE);
const total = (sizes: Sizes): number => fixed + variable(sizes);

// The model against sizes that no slope was taken from. The sponges hash whole blocks of words, so it may be off by up to a block (609) each.
const CHECK: Sizes = { L: 4, N: 21, S: 7, A: 9, E: 5 };
const compiled = (await count(batchSource({ ...CHECK, bits: BITS, shared: SHARED }), JSON.stringify(CHECK)))
  .constraints;
const modelCheck = {
  ...CHECK,
  compiled,
  modelled: Math.round(total(CHECK)),
  difference: compiled - Math.round(total(CHECK)),
};

const shapes: Record<string, unknown> = {};
for (const name of names) {
  const { constraints, seconds } = await count(await mainSource(`batch-${name}`), name);
  const { L, N, S, A, E } = SHAPES[name];
  shapes[name] = { L, N, S, A, E, constraints, constraintsPerOp: Math.round(constraints / N), compileSeconds: seconds };
}
const large = SHAPES.large;
const largeTotal = Math.round(total(large));
const result = {
  perSignature: perSignature(64),
  perSignatureAt: { 8: perSignature(8), 32: perSignature(32), 64: perSignature(64) },
  perAccount: perAccount(64),
  perOp: perOp(64),
  perOpAt: Object.fromEntries(Object.values(SHAPES).map(({ A }) => [`A=${A}`, perOp(A)])),
  perL1Op: perL1Op(64),
  perExitSlot: own.E,
  perOpPerAccount: product.NA,
  fixed,
  holdsAt:
    'A = 64; perAccount: its own constraints and its look at the accounts it refers to; what ops and signatures pay to look at it is in theirs',
  shapes,
  modelCheck,
  modelled: { large: { constraints: largeTotal, constraintsPerOp: Math.round(largeTotal / large.N) } },
};

if (values.json) {
  console.log(JSON.stringify(result));
} else {
  console.table({
    'op slot (A = 64)': { constraints: result.perOp, goal: 1600 },
    'signature slot (A = 64)': { constraints: result.perSignature },
    'account slot (A = 64)': { constraints: result.perAccount },
    'L1 op slot (A = 64)': { constraints: result.perL1Op },
    'exit slot': { constraints: result.perExitSlot },
    'an operation of large, all counted': { constraints: result.modelled.large.constraintsPerOp, goal: 4600 },
  });
  console.table({ 'model against compiled sizes': modelCheck });
  console.table({ ...shapes, 'large (by the slopes)': result.modelled.large });
}
