import { A, D } from '../babyjub.ts';
import { inverse, mod, squareRoot } from '../modular.ts';
import { loadLimbs, multiply, square, storeLimbs } from './arithmetic.ts';
import {
  type Callable,
  type Code,
  type FunctionBuilder,
  i32,
  i64,
  type Local,
  type ModuleBuilder,
} from './assembler.ts';
import { balancedLimbs, ELEMENT_BYTES, MONTGOMERY } from './limbs.ts';

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

type Element = readonly Local[];

function combine(f: FunctionBuilder, limb: (i: number) => Code): Element {
  return balancedLimbs(0n).map((_, i) => {
    const local = f.local('i64');
    f.emit(local.set(limb(i)));
    return local;
  });
}

const limbOf = (x: Element, i: number): Code => (x[i] as Local).get;
const plus = (f: FunctionBuilder, a: Element, b: Element) => combine(f, (i) => i64.add(limbOf(a, i), limbOf(b, i)));
const minus = (f: FunctionBuilder, a: Element, b: Element) => combine(f, (i) => i64.sub(limbOf(a, i), limbOf(b, i)));

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
 */
export function addPointFunctions(module: ModuleBuilder): PointFunctions {
  const finish = (
    f: FunctionBuilder,
    point: Local,
    [e, ff, g, h]: [Element, Element, Element, Element],
    hasT: boolean,
  ) => {
    storeLimbs(f, point.get, multiply(f, e, ff));
    storeLimbs(f, i32.add(point.get, i32.const(ELEMENT_BYTES)), multiply(f, g, h));
    storeLimbs(f, i32.add(point.get, i32.const(2 * ELEMENT_BYTES)), multiply(f, ff, g));
    if (hasT) storeLimbs(f, i32.add(point.get, i32.const(3 * ELEMENT_BYTES)), multiply(f, e, h));
  };
  const coordinate = (f: FunctionBuilder, point: Local, i: number) =>
    loadLimbs(f, i32.add(point.get, i32.const(i * ELEMENT_BYTES)));

  const coordinates = (f: FunctionBuilder, point: Local) =>
    [coordinate(f, point, 0), coordinate(f, point, 1), coordinate(f, point, 2)] as const;

  // Hisil–Wong–Carter–Dawson 2008, "dbl-2008-hwcd" with a = −1.
  const double = (isExtended: boolean) =>
    module.add({ params: ['i32'], ...(isExtended ? { exportName: 'double' } : {}) }, (f, params) => {
      const [point] = params as [Local];
      const [x, y, z] = coordinates(f, point);
      const a = square(f, x);
      const b = square(f, y);
      const zz = square(f, z);
      const sum = square(f, plus(f, x, y));
      const e = combine(f, (i) => i64.sub(i64.sub(limbOf(sum, i), limbOf(a, i)), limbOf(b, i)));
      const g = minus(f, b, a);
      const ff = combine(f, (i) => i64.sub(limbOf(g, i), i64.shl(limbOf(zz, i), i64.const(1n))));
      const h = combine(f, (i) => i64.sub(i64.sub(i64.const(0n), limbOf(a, i)), limbOf(b, i)));
      finish(f, point, [e, ff, g, h], isExtended);
    });

  // The same paper's unified addition for a = −1 (section 3.1). Minus a point: Y − X and Y + X change places, T its sign.
  const add = (isAffine: boolean) =>
    module.add({ params: ['i32', 'i32', 'i32'], exportName: isAffine ? 'addAffine' : 'add' }, (f, params) => {
      const [point, entry, isNegative] = params as [Local, Local, Local];
      const [x, y, z, t] = [...coordinates(f, point), coordinate(f, point, 3)] as const;
      const swap = i32.mul(isNegative.get, i32.const(ELEMENT_BYTES));
      const a = multiply(f, minus(f, y, x), loadLimbs(f, i32.add(entry.get, swap)));
      const b = multiply(f, plus(f, y, x), loadLimbs(f, i32.sub(i32.add(entry.get, i32.const(ELEMENT_BYTES)), swap)));
      const sign = f.local('i64');
      f.emit(sign.set([i32.sub(i32.const(1), i32.shl(isNegative.get, i32.const(1))), 0xac]));
      const signed = combine(f, (i) => i64.mul(limbOf(t, i), sign.get));
      const c = multiply(f, signed, coordinate(f, entry, 2));
      const d = isAffine
        ? combine(f, (i) => i64.shl(limbOf(z, i), i64.const(1n)))
        : multiply(f, z, coordinate(f, entry, 3));
      finish(f, point, [minus(f, b, a), minus(f, d, c), plus(f, d, c), plus(f, b, a)], true);
    });

  const makeEntry = module.add({ params: ['i32', 'i32'], exportName: 'makeEntry' }, (f, params) => {
    const [entry, point] = params as [Local, Local];
    const [x, y, z, t] = [...coordinates(f, point), coordinate(f, point, 3)] as const;
    const factor = balancedLimbs(mod(TWICE_D * MONTGOMERY)).map((limb) => i64.const(limb));
    const store = (i: number, value: readonly Local[]) =>
      storeLimbs(f, i32.add(entry.get, i32.const(i * ELEMENT_BYTES)), value);
    store(0, minus(f, y, x));
    store(1, plus(f, y, x));
    store(2, multiply(f, t, factor));
    store(3, plus(f, z, z));
  });

  return { double: double(false), doubleExtended: double(true), add: add(false), addAffine: add(true), makeEntry };
}
