import { R_FIELD } from '../../field.ts';
import { mod } from '../modular.ts';
import {
  type Callable,
  type Code,
  type FunctionBuilder,
  i32,
  i64,
  type Local,
  type ModuleBuilder,
  v128,
  when,
} from './assembler.ts';
import { balancedLimbs, ELEMENT_BYTES, LIMB_BITS, LIMBS, MODULUS_LIMBS, MONTGOMERY } from './limbs.ts';

const MASK = i64.const((1n << BigInt(LIMB_BITS)) - 1n);
const SHIFT = i64.const(BigInt(LIMB_BITS));
const HALF_LIMB = i64.const(28n);
const SIGN_SHIFT = i64.const(BigInt(64 - LIMB_BITS));
const MODULUS = MODULUS_LIMBS.map((limb) => i64.const(limb));
const COLUMNS = 2 * LIMBS - 1;
const INDICES = Array.from({ length: LIMBS }, (_, i) => i);

function sum(terms: readonly Code[]): Code {
  return terms.reduce((total, term) => i64.add(total, term));
}

export function loadLimbs(f: FunctionBuilder, pointer: Code): Local[] {
  const limbs = f.locals('i64', LIMBS);
  for (const i of INDICES) f.emit((limbs[i] as Local).set(i64.load32S(pointer, 4 * i)));
  return limbs;
}

export function storeLimbs(f: FunctionBuilder, pointer: Code, limbs: readonly Local[]): void {
  limbs.forEach((limb, i) => {
    f.emit(i64.store32(pointer, limb.get, 4 * i));
  });
}

/** Low part (may be a full 64-bit value) and, if split, an extra carry of a column of a product. */
interface Column {
  readonly low: Code | undefined;
  readonly high?: Code;
}

/**
 * Montgomery reduction of a product given by columns of weight 2^(29·k), one limb of r added at a time. The result's value is
 * product / R + [0, r). Limbs come out balanced, or (for the way out) in [0, 2^29) when the value is known not to be negative.
 */
function reduce(f: FunctionBuilder, columns: readonly Column[], isBalanced = true): Local[] {
  const quotients: Local[] = [];
  const result: Local[] = [];
  const carry = f.local('i64');
  const total = f.local('i64');
  for (let k = 0; k < COLUMNS; k++) {
    const column = columns[k] as Column;
    const terms: Code[] = column.low === undefined ? [] : [column.low];
    for (const i of INDICES) {
      const j = k - i;
      const quotient = quotients[i];
      if (quotient !== undefined && j >= 0 && j < LIMBS) terms.push(i64.mul(quotient.get, MODULUS[j] as Code));
    }
    if (k > 0) terms.push(carry.get);
    f.emit(total.set(sum(terms)));
    if (k < LIMBS) {
      const quotient = f.local('i64');
      quotients.push(quotient);
      // The limb of r added here is −(2^28 − 1) and its negated inverse 2^28 − 1 (modulo 2^29): shifts do for both products.
      f.emit(
        quotient.set(i64.and(i64.sub(i64.shl(total.get, HALF_LIMB), total.get), MASK)),
        carry.set(i64.shrS(i64.sub(i64.add(total.get, quotient.get), i64.shl(quotient.get, HALF_LIMB)), SHIFT)),
      );
    } else {
      const limb = f.local('i64');
      result.push(limb);
      if (isBalanced) {
        f.emit(
          limb.set(i64.shrS(i64.shl(total.get, SIGN_SHIFT), SIGN_SHIFT)),
          carry.set(i64.shrS(i64.sub(total.get, limb.get), SHIFT)),
        );
      } else {
        f.emit(limb.set(i64.and(total.get, MASK)), carry.set(i64.shrS(total.get, SHIFT)));
      }
    }
    if (column.high !== undefined) f.emit(carry.set(i64.add(carry.get, column.high)));
  }
  return [...result, carry];
}

type Limb = Local | Code;
const read = (limb: Limb): Code => ('get' in limb ? limb.get : limb);

export function multiply(f: FunctionBuilder, a: readonly Limb[], b: readonly Limb[], isBalanced = true): Local[] {
  const columns = Array.from({ length: COLUMNS }, (_, k) => {
    const pairs = INDICES.filter((i) => k - i >= 0 && k - i < LIMBS);
    return { low: sum(pairs.map((i) => i64.mul(read(a[i] as Limb), read(b[k - i] as Limb)))) };
  });
  return reduce(f, columns, isBalanced);
}

export function square(f: FunctionBuilder, a: readonly Local[]): Local[] {
  const doubled = f.locals('i64', LIMBS);
  for (const i of INDICES) f.emit((doubled[i] as Local).set(i64.shl((a[i] as Local).get, i64.const(1n))));
  const columns = Array.from({ length: COLUMNS }, (_, k) => {
    const pairs = INDICES.filter((i) => 2 * i < k && k - i < LIMBS);
    const terms = pairs.map((i) => i64.mul((doubled[i] as Local).get, (a[k - i] as Local).get));
    const middle = a[k / 2];
    if (middle !== undefined) terms.push(i64.mul(middle.get, middle.get));
    return { low: sum(terms) };
  });
  return reduce(f, columns);
}

export const FIELD_SCRATCH_BYTES = 304;

export interface FieldFunctions {
  /** (to, a, b): product. */
  readonly multiply: Callable;
  /** (to, a): square. */
  readonly square: Callable;
  /** (to, a, b): a + b and a − b, without carries: limbs and values grow. */
  readonly add: Callable;
  readonly subtract: Callable;
  /** (to, x, constant): (x + constant)^5. */
  readonly power5: Callable;
  /** (to, left, right, endOfLeft): Σ left[i]·right[i] over consecutive elements. At most 33 of them. */
  readonly dot: Callable;
  /** (to, from): element from a canonical 256-bit little-endian integer, and back to the canonical one. */
  readonly enter: Callable;
  readonly leave: Callable;
}

/** Adds the field's functions to the module; `scratch` is the address of FIELD_SCRATCH_BYTES. */
export function addFieldFunctions(module: ModuleBuilder, scratch: number): FieldFunctions {
  const three = ['i32', 'i32', 'i32'] as const;
  const at = (p: Local | undefined): Code => (p as Local).get;

  const multiplyFunction = module.add({ params: three, exportName: 'multiply' }, (f, [to, a, b]) => {
    storeLimbs(f, at(to), multiply(f, loadLimbs(f, at(a)), loadLimbs(f, at(b))));
  });
  const squareFunction = module.add({ params: ['i32', 'i32'], exportName: 'square' }, (f, [to, a]) => {
    storeLimbs(f, at(to), square(f, loadLimbs(f, at(a))));
  });
  const lanes = (operation: (a: Code, b: Code) => Code) =>
    module.add({ params: three }, (f, [to, a, b]) => {
      // Eight limbs as four-lane vectors would need i32x4 operations for one limb more; plain limbs are as fast.
      for (const i of INDICES) {
        f.emit(i64.store32(at(to), operation(i64.load32S(at(a), 4 * i), i64.load32S(at(b), 4 * i)), 4 * i));
      }
    });
  const power5 = module.add({ params: three, exportName: 'power5' }, (f, [to, x, constant]) => {
    const base = f.locals('i64', LIMBS);
    for (const i of INDICES) {
      f.emit((base[i] as Local).set(i64.add(i64.load32S(at(x), 4 * i), i64.load32S(at(constant), 4 * i))));
    }
    storeLimbs(f, at(to), multiply(f, square(f, square(f, base)), base));
  });
  return {
    multiply: multiplyFunction,
    square: squareFunction,
    add: lanes(i64.add),
    subtract: lanes(i64.sub),
    power5,
    dot: addDot(module, scratch),
    enter: module.add({ params: ['i32', 'i32'], exportName: 'enter' }, (f, [to, from]) => {
      const words = f.locals('i64', 4);
      words.forEach((word, i) => {
        f.emit(word.set(i64.load(at(from), 8 * i)));
      });
      const limbs = INDICES.map((i): Code => {
        const bit = i * LIMB_BITS;
        const [index, shift] = [bit >> 6, BigInt(bit & 63)];
        const low = i64.shrU((words[index] as Local).get, i64.const(shift));
        const next = words[index + 1];
        const isSplit = (bit & 63) + LIMB_BITS > 64 && next !== undefined;
        const both = isSplit ? i64.or(low, i64.shl(next.get, i64.const(64n - shift))) : low;
        return i64.and(both, MASK);
      });
      const named = f.locals('i64', LIMBS);
      named.forEach((limb, i) => {
        f.emit(limb.set(limbs[i] as Code));
      });
      const factor = balancedLimbs(mod(MONTGOMERY * MONTGOMERY)).map((limb) => i64.const(limb));
      storeLimbs(f, at(to), multiply(f, named, factor));
    }),
    leave: addLeave(module),
  };
}

/**
 * Sums of products with 128-bit vectors: limb i of the left factor times pairs of limbs of the right one gives two adjacent columns.
 * Even i land on even columns and odd i on odd ones, so there are two passes with nine sums each, which fit the registers.
 * Per pair of elements, a column lane takes at most four products of balanced limbs (the top limbs are small): 33 pairs fit 64 bits
 * for coefficients as checked in `poseidonParameters`. Only then does one Montgomery reduction follow.
 */
function addDot(module: ModuleBuilder, scratch: number): Callable {
  const rowBytes = 152;
  return module.add({ params: ['i32', 'i32', 'i32', 'i32'], exportName: 'dot' }, (f, [to, left, right, end]) => {
    const p = f.local('i32');
    const q = f.local('i32');
    const sums = f.locals('v128', LIMBS);
    const pairs = f.locals('v128', 3);
    const splat = f.local('v128');
    const leftEnd = end as Local;
    for (const parity of [0, 1]) {
      const body: Code[] = pairs.map((pair, i) => pair.set(v128.load(q.get, 16 * i)));
      for (const i of INDICES.filter((limb) => limb % 2 === parity)) {
        body.push(splat.set(v128.load32Splat(p.get, 4 * i)));
        for (let j = 0; j < 5; j++) {
          const target = sums[(i - parity) / 2 + j] as Local;
          const product = j % 2 === 0 ? v128.multiplyLow : v128.multiplyHigh;
          body.push(target.set(v128.add64(target.get, product(splat.get, (pairs[j >> 1] as Local).get))));
        }
      }
      body.push(q.set(i32.add(q.get, i32.const(ELEMENT_BYTES))));
      f.emit(
        ...sums.map((row) => row.set(v128.zero)),
        q.set((right as Local).get),
        f.for(p, (left as Local).get, leftEnd.get, ELEMENT_BYTES, ...body),
        ...sums.map((row, i) => v128.store(i32.const(scratch + parity * (rowBytes + 8)), row.get, 16 * i)),
      );
    }
    // Row 1 starts at column 1: written 8 bytes further, its lanes align with row 0.
    const columns = Array.from({ length: COLUMNS }, (_, k): Column => {
      const rows = [0, 1].map((parity) => {
        const column = f.local('i64');
        if (k < parity) f.emit(column.set(i64.const(0n)));
        else f.emit(column.set(i64.load(i32.const(scratch + parity * rowBytes), 8 * k)));
        return column;
      }) as [Local, Local];
      if (k === 0) return { low: i64.and(rows[0].get, MASK), high: i64.shrS(rows[0].get, SHIFT) };
      // Split before adding: each row alone may fill its 64 bits.
      return {
        low: i64.add(i64.and(rows[0].get, MASK), i64.and(rows[1].get, MASK)),
        high: i64.add(i64.shrS(rows[0].get, SHIFT), i64.shrS(rows[1].get, SHIFT)),
      };
    });
    storeLimbs(f, (to as Local).get, reduce(f, columns));
  });
}

/**
 * Montgomery multiplication by 1 of |value| < 8r yields an integer in [0, r]; r itself stands for 0. Returns 1 if the element is 0.
 */
function addLeave(module: ModuleBuilder): Callable {
  return module.add({ params: ['i32', 'i32'], result: 'i32', exportName: 'leave' }, (f, [to, from]) => {
    const loaded = loadLimbs(f, (from as Local).get);
    const columns = Array.from({ length: COLUMNS }, (_, k): Column => ({ low: loaded[k]?.get }));
    // Columns beyond the ninth are empty except for Montgomery terms.
    const limbs = reduce(f, columns, false);
    const words = f.locals('i64', 4);
    words.forEach((word, w) => {
      const parts: Code[] = [];
      limbs.forEach((limb, i) => {
        const offset = i * LIMB_BITS - w * 64;
        if (offset >= 64 || offset <= -LIMB_BITS) return;
        parts.push(
          offset >= 0 ? i64.shl(limb.get, i64.const(BigInt(offset))) : i64.shrU(limb.get, i64.const(BigInt(-offset))),
        );
      });
      f.emit(word.set(parts.reduce((total, part) => i64.or(total, part))));
    });
    const modulusWords = words.map((_, w) => i64.const(BigInt.asIntN(64, R_FIELD >> BigInt(64 * w))));
    const difference = words.map((word, w) => i64.xor(word.get, modulusWords[w] as Code));
    f.emit(
      when(
        i64.eqz(difference.reduce((total, part) => i64.or(total, part))),
        ...words.map((word) => word.set(i64.const(0n))),
      ),
      ...words.map((word, w) => i64.store((to as Local).get, word.get, 8 * w)),
      i64.eqz(words.map((word) => word.get).reduce((total, part) => i64.or(total, part))),
    );
  });
}
