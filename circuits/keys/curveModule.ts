import { createRequire } from 'node:module';
import { toLittleEndian } from './r1cs.ts';

/**
 * BN254 in WebAssembly (iden3's wasmcurves) plus the few loops the key generator needs. Running them inside the
 * module saves a call from JavaScript per field operation, and batch-affine additions cost about half of mixed ones.
 *
 * Points are affine, coordinates in Montgomery form, little-endian, the point at infinity all zero: exactly what a
 * snarkjs `.zkey` holds. Scalars are plain little-endian integers.
 */

// wasmbuilder and wasmcurves ship no types; these are the parts used here.
type Code = number[];
interface CodeBuilder {
  call(fn: string, ...args: Code[]): Code;
  i32_const(n: number): Code;
  i32_add(a: Code, b: Code): Code;
  i32_sub(a: Code, b: Code): Code;
  i32_mul(a: Code, b: Code): Code;
  i32_eq(a: Code, b: Code): Code;
  i32_eqz(a: Code): Code;
  i32_lt_s(a: Code, b: Code): Code;
  i32_ge_u(a: Code, b: Code): Code;
  i32_or(a: Code, b: Code): Code;
  i32_load(p: Code, offset?: number, align?: number): Code;
  i32_store(p: Code, value: Code): Code;
  i32_store(p: Code, offset: number, value: Code): Code;
  if(condition: Code, then: Code, otherwise?: Code): Code;
  block(code: Code): Code;
  loop(...code: Code[]): Code;
  br(depth: number): Code;
  br_if(depth: number, condition: Code): Code;
  setLocal(name: string, value: Code): Code;
  getLocal(name: string): Code;
  unreachable(): Code;
}
interface FunctionBuilder {
  addParam(name: string, type: 'i32'): void;
  addLocal(name: string, type: 'i32'): void;
  addCode(...code: Code[]): void;
  getCodeBuilder(): CodeBuilder;
}
interface ModuleBuilder {
  setMemory(pages: number): void;
  addFunction(name: string): FunctionBuilder;
  exportFunction(name: string): void;
  alloc(bytes: number | Uint8Array): number;
  build(): Uint8Array;
  modules: { bn128: { pG1gen: number; pG2gen: number } };
}

const require = createRequire(import.meta.url);
const { ModuleBuilder } = require('wasmbuilder') as { ModuleBuilder: new () => ModuleBuilder };
const { buildBn128 } = require('wasmcurves') as { buildBn128(module: ModuleBuilder): void };

export type Group = 'g1m' | 'g2m';
/** Bytes of a coordinate and of an affine point. */
export const COORDINATE_BYTES: Readonly<Record<Group, number>> = { g1m: 32, g2m: 64 };
export const POINT_BYTES: Readonly<Record<Group, number>> = { g1m: 64, g2m: 128 };
/** One term of a constraint in an `.r1cs` file: wire (u32), coefficient. */
export const R1CS_TERM_BYTES = 36;
/** One coefficient of a `.zkey`: matrix, constraint, wire (u32 each), coefficient · R². */
export const ZKEY_COEF_BYTES = 44;

export interface CurveCode {
  readonly module: WebAssembly.Module;
  /** Addresses of the generators, Jacobian, whose first bytes are the affine coordinates. */
  readonly generators: Readonly<Record<Group, number>>;
}

/** Builds and compiles the module; takes about a third of a second, and the result can be posted to worker threads. */
export function buildCurveCode(r: bigint): CurveCode {
  const builder = new ModuleBuilder();
  builder.setMemory(25);
  buildBn128(builder);
  addLinearCombination(builder, r);
  addTableAddition(builder, 'g1m', 'f1m');
  addTableAddition(builder, 'g2m', 'f2m');
  const { pG1gen, pG2gen } = builder.modules.bn128;
  return { module: new WebAssembly.Module(Uint8Array.from(builder.build())), generators: { g1m: pG1gen, g2m: pG2gen } };
}

/**
 * `linearCombination(pTerms, n, pScale, pSums, wires, pOut, matrix, constraint)`: for each r1cs term (wire, k) adds
 * k · scale to sums[wire] (scale in Montgomery form, so the sums stay plain); if pOut is not 0 also writes the term
 * as `.zkey` coefficient. Traps on a wire out of range: the file is untrusted.
 */
function addLinearCombination(builder: ModuleBuilder, r: bigint): void {
  const f = builder.addFunction('linearCombination');
  for (const name of ['p', 'n', 'pScale', 'pSums', 'wires', 'pOut', 'matrix', 'constraint']) f.addParam(name, 'i32');
  for (const name of ['wire', 'sum']) f.addLocal(name, 'i32');
  const c = f.getCodeBuilder();
  const get = (name: string) => c.getLocal(name);
  const product = c.i32_const(builder.alloc(32));
  // Montgomery product with R^3 turns k into k·R^2, the form snarkjs stores.
  const rCubed = c.i32_const(builder.alloc(toLittleEndian((1n << 768n) % r)));
  f.addCode(
    c.block(
      c.loop(
        c.br_if(1, c.i32_eqz(get('n'))),
        c.setLocal('wire', c.i32_load(get('p'), 0, 0)),
        c.if(c.i32_ge_u(get('wire'), get('wires')), c.unreachable()),
        c.setLocal('sum', c.i32_add(get('pSums'), c.i32_mul(get('wire'), c.i32_const(32)))),
        c.call('frm_mul', c.i32_add(get('p'), c.i32_const(4)), get('pScale'), product),
        c.call('frm_add', get('sum'), product, get('sum')),
        c.if(get('pOut'), [
          ...c.i32_store(get('pOut'), 0, get('matrix')),
          ...c.i32_store(get('pOut'), 4, get('constraint')),
          ...c.i32_store(get('pOut'), 8, get('wire')),
          ...c.call('frm_mul', c.i32_add(get('p'), c.i32_const(4)), rCubed, c.i32_add(get('pOut'), c.i32_const(12))),
          ...c.setLocal('pOut', c.i32_add(get('pOut'), c.i32_const(ZKEY_COEF_BYTES))),
        ]),
        c.setLocal('p', c.i32_add(get('p'), c.i32_const(R1CS_TERM_BYTES))),
        c.setLocal('n', c.i32_sub(get('n'), c.i32_const(1))),
        c.br(0),
      ),
    ),
  );
  builder.exportFunction('linearCombination');
}

/**
 * `<g>_addFromTable(pAcc, n, pTable, pDigits, pScratch)`: acc[i] += sign(d)·table[|d| − 1], d = digits[i] (i32), for
 * all i at once with a single field inversion. `pScratch` has room for n coordinates. Sums whose operands share an x
 * (a doubling, or P − P) and infinite accumulators are handled apart, so the result is exact for every input.
 */
function addTableAddition(builder: ModuleBuilder, group: Group, field: string): void {
  const n8 = COORDINATE_BYTES[group];
  const point = POINT_BYTES[group];
  const f = builder.addFunction(`${group}_addFromTable`);
  for (const name of ['pAcc', 'n', 'pTable', 'pDigits', 'pScratch']) f.addParam(name, 'i32');
  for (const name of ['i', 'acc', 'dig', 'inv', 'd', 'pt']) f.addLocal(name, 'i32');
  const c = f.getCodeBuilder();
  const get = (name: string) => c.getLocal(name);
  const y = (p: Code) => c.i32_add(p, c.i32_const(n8));
  const lambda = c.i32_const(builder.alloc(n8));
  const x3 = c.i32_const(builder.alloc(n8));
  const addend = c.i32_const(builder.alloc(point));
  const jacobian = c.i32_const(builder.alloc(3 * n8));

  const start = [
    ...c.setLocal('i', get('n')),
    ...c.setLocal('acc', get('pAcc')),
    ...c.setLocal('dig', get('pDigits')),
    ...c.setLocal('inv', get('pScratch')),
  ];
  const entry = (digit: Code) =>
    c.setLocal('pt', c.i32_add(get('pTable'), c.i32_mul(c.i32_sub(digit, c.i32_const(1)), c.i32_const(point))));
  const absolute = c.if(
    c.i32_lt_s(get('d'), c.i32_const(0)),
    entry(c.i32_sub(c.i32_const(0), get('d'))),
    entry(get('d')),
  );
  const each = (...body: Code[]) => [
    ...start,
    ...c.block(
      c.loop(
        c.br_if(1, c.i32_eqz(get('i'))),
        c.setLocal('d', c.i32_load(get('dig'))),
        ...body,
        c.setLocal('acc', c.i32_add(get('acc'), c.i32_const(point))),
        c.setLocal('dig', c.i32_add(get('dig'), c.i32_const(4))),
        c.setLocal('inv', c.i32_add(get('inv'), c.i32_const(n8))),
        c.setLocal('i', c.i32_sub(get('i'), c.i32_const(1))),
        c.br(0),
      ),
    ),
  ];

  f.addCode(
    each(
      c.if(c.i32_eqz(get('d')), c.call(`${field}_zero`, get('inv')), [
        ...absolute,
        ...c.if(
          c.call(`${group}_isZeroAffine`, get('acc')),
          c.call(`${field}_zero`, get('inv')),
          c.call(`${field}_sub`, get('pt'), get('acc'), get('inv')),
        ),
      ]),
    ),
    // Zero differences stay zero.
    c.call(`${field}_batchInverse`, get('pScratch'), c.i32_const(n8), get('n'), get('pScratch'), c.i32_const(n8)),
    each(
      c.if(get('d'), [
        ...absolute,
        ...c.call(`${group}_copyAffine`, get('pt'), addend),
        ...c.if(c.i32_lt_s(get('d'), c.i32_const(0)), c.call(`${field}_neg`, y(addend), y(addend))),
        ...c.if(
          c.call(`${group}_isZeroAffine`, get('acc')),
          c.call(`${group}_copyAffine`, addend, get('acc')),
          c.if(
            c.call(`${field}_isZero`, get('inv')),
            [
              ...c.call(`${group}_addAffine`, get('acc'), addend, jacobian),
              ...c.call(`${group}_toAffine`, jacobian, get('acc')),
            ],
            [
              ...c.call(`${field}_sub`, y(addend), y(get('acc')), lambda),
              ...c.call(`${field}_mul`, lambda, get('inv'), lambda),
              ...c.call(`${field}_square`, lambda, x3),
              ...c.call(`${field}_sub`, x3, get('acc'), x3),
              ...c.call(`${field}_sub`, x3, addend, x3),
              ...c.call(`${field}_sub`, get('acc'), x3, addend),
              ...c.call(`${field}_mul`, addend, lambda, addend),
              ...c.call(`${field}_sub`, addend, y(get('acc')), y(get('acc'))),
              ...c.call(`${field}_copy`, x3, get('acc')),
            ],
          ),
        ),
      ]),
    ),
  );
  builder.exportFunction(`${group}_addFromTable`);
}
