import { A, D } from '../babyjub.ts';
import { inverse, mod, squareRoot } from '../modular.ts';
import type { FieldFunctions } from './arithmetic.ts';
import { type Callable, type Code, i32, type Local, type ModuleBuilder, when } from './assembler.ts';
import { ELEMENT_BYTES, LIMBS } from './limbs.ts';
import { allocate, constantElement } from './memory.ts';

/**
 * Points in the WebAssembly module are on −X² + y² = 1 + d'·X²·y², where X = κ·x with κ² = −a: the form with the cheapest formulas.
 * d' = −d/a is a non-square like d, so these formulas hold for all pairs of points of the curve, torsion included.
 */
// −a is a square: the root exists.
export const KAPPA = squareRoot(-A) as bigint;
const D_TWISTED = mod(-D * inverse(A));
export const TWICE_D = mod(2n * D_TWISTED);

/** Extended coordinates X, Y, Z, T with T = X·Y/Z. */
export const POINT_BYTES = 4 * ELEMENT_BYTES;
/** Y − X, Y + X, 2·d'·T of a point with Z = 1. */
export const AFFINE_ENTRY_BYTES = 3 * ELEMENT_BYTES;
/** Y − X, Y + X, 2·d'·T, 2·Z. */
export const ENTRY_BYTES = 4 * ELEMENT_BYTES;

export interface PointFunctions {
  /** (point): doubles in place; T is not kept up to date. */
  readonly double: Callable;
  /** (point): doubles in place. */
  readonly doubleExtended: Callable;
  /** (point, entry, isNegative): adds or subtracts an entry of ENTRY_BYTES. */
  readonly add: Callable;
  /** The same for an entry of AFFINE_ENTRY_BYTES. */
  readonly addAffine: Callable;
  /** (entry, point): the entry of ENTRY_BYTES for a point. */
  readonly makeEntry: Callable;
}

/**
 * Magnitudes of limbs, with m = 2^28 for a product: the largest products below are E·F = 3m·4m and F·G = 3m·3m, within what `multiply`
 * can sum (limbs.ts). Values stay below 5r, so that a product lies in (−r/5, 6r/5).
 * Products are calls on static temporaries: inlined, they spill so much that a doubling takes half as long again.
 */
export function addPointFunctions(module: ModuleBuilder, field: FieldFunctions): PointFunctions {
  const [a, b, c, d, e, f, g, h] = Array.from({ length: 8 }, () => i32.const(allocate(ELEMENT_BYTES))) as [
    Code,
    Code,
    Code,
    Code,
    Code,
    Code,
    Code,
    Code,
  ];
  const twiceD = i32.const(constantElement(TWICE_D));
  /** Writes an element limb by limb; `load(address)` reads the limb at the same place of another element. */
  const limbwise = (to: Code, value: (load: (address: Code) => Code) => Code): Code =>
    Array.from({ length: LIMBS }, (_, i) =>
      i32.store(
        to,
        value((address) => i32.load(address, 4 * i)),
        4 * i,
      ),
    );
  const difference = (to: Code, x: Code, y: Code) => limbwise(to, (load) => i32.sub(load(x), load(y)));
  const sum = (to: Code, x: Code, y: Code) => limbwise(to, (load) => i32.add(load(x), load(y)));
  const coordinate = (point: Local, i: number): Code =>
    i === 0 ? point.get : i32.add(point.get, i32.const(i * ELEMENT_BYTES));
  const finish = (point: Local, hasT: boolean): Code => [
    field.multiply(coordinate(point, 0), e, f),
    field.multiply(coordinate(point, 1), g, h),
    field.multiply(coordinate(point, 2), f, g),
    hasT ? field.multiply(coordinate(point, 3), e, h) : [],
  ];

  // Hisil–Wong–Carter–Dawson 2008, "dbl-2008-hwcd" with a = −1.
  const double = (isExtended: boolean) =>
    module.add({ params: ['i32'], ...(isExtended ? { exportName: 'double' } : {}) }, (builder, params) => {
      const [point] = params as [Local];
      const [x, y, z] = [coordinate(point, 0), coordinate(point, 1), coordinate(point, 2)];
      builder.emit(
        field.square(a, x),
        field.square(b, y),
        field.square(c, z),
        sum(e, x, y),
        field.square(e, e),
        limbwise(e, (load) => i32.sub(i32.sub(load(e), load(a)), load(b))),
        difference(g, b, a),
        limbwise(f, (load) => i32.sub(load(g), i32.shl(load(c), i32.const(1)))),
        limbwise(h, (load) => i32.sub(i32.sub(i32.const(0), load(a)), load(b))),
        finish(point, isExtended),
      );
    });

  // The same paper's unified addition for a = −1 (section 3.1). Minus a point: Y − X and Y + X change places, T changes its sign,
  // which is to say F and G change places.
  const add = (isAffine: boolean) =>
    module.add({ params: ['i32', 'i32', 'i32'], exportName: isAffine ? 'addAffine' : 'add' }, (builder, params) => {
      const [point, entry, isNegative] = params as [Local, Local, Local];
      const [x, y, z, t] = [coordinate(point, 0), coordinate(point, 1), coordinate(point, 2), coordinate(point, 3)];
      const swap = i32.mul(isNegative.get, i32.const(ELEMENT_BYTES));
      builder.emit(
        difference(a, y, x),
        sum(b, y, x),
        field.multiply(a, a, i32.add(entry.get, swap)),
        field.multiply(b, b, i32.sub(coordinate(entry, 1), swap)),
        field.multiply(c, t, coordinate(entry, 2)),
        isAffine ? sum(d, z, z) : field.multiply(d, z, coordinate(entry, 3)),
        when(isNegative.get, difference(g, d, c), sum(f, d, c)),
        when(i32.eqz(isNegative.get), difference(f, d, c), sum(g, d, c)),
        difference(e, b, a),
        sum(h, b, a),
        finish(point, true),
      );
    });

  const makeEntry = module.add({ params: ['i32', 'i32'], exportName: 'makeEntry' }, (builder, params) => {
    const [entry, point] = params as [Local, Local];
    const [x, y, z, t] = [coordinate(point, 0), coordinate(point, 1), coordinate(point, 2), coordinate(point, 3)];
    builder.emit(
      difference(coordinate(entry, 0), y, x),
      sum(coordinate(entry, 1), y, x),
      field.multiply(coordinate(entry, 2), t, twiceD),
      sum(coordinate(entry, 3), z, z),
    );
  });

  return { double: double(false), doubleExtended: double(true), add: add(false), addAffine: add(true), makeEntry };
}
