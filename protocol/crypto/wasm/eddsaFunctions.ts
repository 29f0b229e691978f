import { R_FIELD } from '../../field.ts';
import { A, D } from '../babyjub.ts';
import type { FieldFunctions } from './arithmetic.ts';
import {
  block,
  branch,
  branchIf,
  type Callable,
  type Code,
  i32,
  type Local,
  loop,
  type ModuleBuilder,
  returnValue,
  when,
} from './assembler.ts';
import { ELEMENT_BYTES } from './limbs.ts';
import { allocate, constantElement, writeInteger } from './memory.ts';
import { AFFINE_ENTRY_BYTES, ENTRY_BYTES, KAPPA, POINT_BYTES, type PointFunctions } from './pointFunctions.ts';

/** The table of multiples of BASE8: entry j − 1 of window w is j · 2^(7w) · BASE8, j = 1 … 64. 36 windows cover scalars < 2^251.9. */
const WINDOW_BITS = 7;
export const WINDOWS = 36;
export const WINDOW_ENTRIES = 1 << (WINDOW_BITS - 1);
const BASE_TABLE_BYTES = WINDOWS * WINDOW_ENTRIES * AFFINE_ENTRY_BYTES;

const INTEGER_BYTES = 32;
const NAF_WIDTH = 5;
const NAF_BITS = 256;

/** Of a prepared key, for each chunk of CHUNK_BITS bits of the hash: 1, 3, … 15 times 2^(32·chunk) · 8A. */
export const CHUNKS = 8;
export const CHUNK_BITS = NAF_BITS / CHUNKS;
export const CHUNK_ENTRIES = 1 << (NAF_WIDTH - 2);
export const KEY_TABLE_BYTES = CHUNKS * CHUNK_ENTRIES * AFFINE_ENTRY_BYTES;

/** Where `verify` expects its operands: R8x, R8y, Ax, Ay, M as consecutive 32-byte integers (the hash's inputs), then S. */
export interface EddsaAddresses {
  readonly operands: number;
  readonly scalar: number;
  readonly baseTable: number;
  readonly accumulator: number;
  /** KEY_TABLE_BYTES: the prepared key that `verifyPrepared` uses. */
  readonly preparedTable: number;
}

/** Adds invert, multiplyBase, verify and verifyPrepared; all work in static memory, at the addresses returned. */
export function addEddsaFunctions(
  module: ModuleBuilder,
  field: FieldFunctions,
  points: PointFunctions,
  poseidon: Callable,
): EddsaAddresses {
  const operands = allocate(5 * INTEGER_BYTES);
  const scalar = allocate(INTEGER_BYTES + 16);
  const hash = allocate(INTEGER_BYTES + 16);
  const digits = allocate(NAF_BITS + 16);
  const accumulator = allocate(POINT_BYTES);
  const baseTable = allocate(BASE_TABLE_BYTES);
  const keyTable = allocate(CHUNK_ENTRIES * ENTRY_BYTES);
  const preparedTable = allocate(KEY_TABLE_BYTES);
  const twiceEntry = allocate(ENTRY_BYTES);
  const coordinates = allocate(4 * ELEMENT_BYTES);
  const temporaries = Array.from({ length: 3 }, () => allocate(ELEMENT_BYTES)) as [number, number, number];
  const unused = allocate(INTEGER_BYTES);
  const constants = {
    one: constantElement(1n),
    kappa: constantElement(KAPPA),
    a: constantElement(A),
    d: constantElement(D),
  };
  const at = i32.const;

  addInvert(module, field, temporaries[0]);
  const isZero = (address: number): Code => field.leave(at(unused), at(address));
  const copy = (to: number, from: number): Code => [at(to), at(from), at(ELEMENT_BYTES), [0xfc, 0x0a, 0x00, 0x00]];
  const clear = (to: number, length: number): Code => [at(to), at(0), at(length), [0xfc, 0x0b, 0x00]];
  const bitsOf = (integer: number, bit: Code, count: number): Code =>
    i32.and(i32.shrU(i32.load(i32.add(at(integer), i32.shrU(bit, at(3)))), i32.and(bit, at(7))), at((1 << count) - 1));

  const setIdentity = module.add({ params: [] }, (f) => {
    f.emit(
      clear(accumulator, POINT_BYTES),
      copy(accumulator + ELEMENT_BYTES, constants.one),
      copy(accumulator + 2 * ELEMENT_BYTES, constants.one),
    );
  });

  // accumulator += scalar · BASE8, in signed windows: a digit above 64 becomes negative and carries one.
  const addBaseMultiple = module.add({ params: [] }, (f) => {
    const [window, digit, carry] = f.locals('i32', 3) as [Local, Local, Local];
    const entry = (index: Code) =>
      i32.add(
        at(baseTable - AFFINE_ENTRY_BYTES),
        i32.mul(i32.add(i32.mul(window.get, at(WINDOW_ENTRIES)), index), at(AFFINE_ENTRY_BYTES)),
      );
    f.emit(
      f.for(
        window,
        at(0),
        at(WINDOWS),
        1,
        digit.set(i32.add(bitsOf(scalar, i32.mul(window.get, at(WINDOW_BITS)), WINDOW_BITS), carry.get)),
        carry.set(i32.ltS(at(WINDOW_ENTRIES), digit.get)),
        digit.set(i32.sub(digit.get, i32.shl(carry.get, at(WINDOW_BITS)))),
        when(i32.ltS(at(0), digit.get), points.addAffine(at(accumulator), entry(digit.get), at(0))),
        when(i32.ltS(digit.get, at(0)), points.addAffine(at(accumulator), entry(i32.sub(at(0), digit.get)), at(1))),
      ),
    );
  });

  module.add({ params: [], exportName: 'multiplyBase' }, (f) => {
    f.emit(setIdentity(), addBaseMultiple());
  });

  // 1 if the affine point (x, y) at `x` satisfies a·x² + y² = 1 + d·x²·y².
  const isOnCurve = module.add({ params: ['i32'], result: 'i32' }, (f, params) => {
    const [x] = params as [Local];
    const [t0, t1, t2] = temporaries;
    f.emit(
      field.square(at(t0), x.get),
      field.square(at(t1), i32.add(x.get, at(ELEMENT_BYTES))),
      field.multiply(at(t2), at(t0), at(t1)),
      field.multiply(at(t2), at(t2), at(constants.d)),
      field.multiply(at(t0), at(t0), at(constants.a)),
      field.add(at(t0), at(t0), at(t1)),
      field.subtract(at(t0), at(t0), at(t2)),
      field.subtract(at(t0), at(t0), at(constants.one)),
      isZero(t0),
    );
  });

  // Width-5 non-adjacent form of the integer at `hash` into `digits`, one signed byte a bit: odd, |digit| ≤ 15, or 0.
  const recodeHash = module.add({ params: [] }, (f) => {
    const [bit, carry, word] = f.locals('i32', 3) as [Local, Local, Local];
    f.emit(
      clear(digits, NAF_BITS + 16),
      block(
        loop(
          branchIf(1, i32.geS(bit.get, at(NAF_BITS))),
          when(i32.eq(bitsOf(hash, bit.get, 1), carry.get), bit.set(i32.add(bit.get, at(1))), branch(1)),
          word.set(i32.add(bitsOf(hash, bit.get, NAF_WIDTH), carry.get)),
          carry.set(i32.shrU(word.get, at(NAF_WIDTH - 1))),
          carry.set(i32.and(carry.get, at(1))),
          i32.store8(i32.add(at(digits), bit.get), i32.sub(word.get, i32.shl(carry.get, at(NAF_WIDTH)))),
          bit.set(i32.add(bit.get, at(NAF_WIDTH))),
          branch(0),
        ),
      ),
    );
  });

  const [rx, ry, ax, ay] = [0, 1, 2, 3].map((k) => coordinates + k * ELEMENT_BYTES) as [number, number, number, number];
  const [x, y, z, t] = [0, 1, 2, 3].map((k) => accumulator + k * ELEMENT_BYTES) as [number, number, number, number];
  const rejectIf = (condition: Code) => when(condition, returnValue(at(0)));

  // accumulator += S·B8, then whether it is R8 as a point, not up to torsion: X = κ·R8x·Z and Y = R8y·Z.
  const endsInR8 = module.add({ params: [], result: 'i32' }, (f) => {
    f.emit(
      addBaseMultiple(),
      field.multiply(at(t), at(rx), at(constants.kappa)),
      field.multiply(at(t), at(t), at(z)),
      field.subtract(at(t), at(t), at(x)),
      rejectIf(i32.eqz(isZero(t))),
      field.multiply(at(t), at(ry), at(z)),
      field.subtract(at(t), at(t), at(y)),
      isZero(t),
    );
  });

  // (descriptor of Poseidon5) → 1 if the signature at `operands`, `scalar` verifies. Canonical coordinates and S < l are the caller's.
  module.add({ params: ['i32'], result: 'i32', exportName: 'verify' }, (f, params) => {
    const [descriptor] = params as [Local];
    const [i, digit] = f.locals('i32', 2) as [Local, Local];
    const keyEntry = (index: Code) => i32.add(at(keyTable), i32.mul(index, at(ENTRY_BYTES)));
    f.emit(
      ...[rx, ry, ax, ay].map((to, k) => field.enter(at(to), at(operands + k * INTEGER_BYTES))),
      rejectIf(i32.eqz(isOnCurve(at(rx)))),
      rejectIf(i32.eqz(isOnCurve(at(ax)))),
      // accumulator = 8A; its x is 0 only if it is the neutral element, 8A being of odd order.
      field.multiply(at(x), at(ax), at(constants.kappa)),
      copy(y, ay),
      copy(z, constants.one),
      points.double(at(accumulator)),
      points.double(at(accumulator)),
      points.doubleExtended(at(accumulator)),
      rejectIf(isZero(x)),
      // keyTable = 1, 3, … 15 times 8A.
      points.makeEntry(at(keyTable), at(accumulator)),
      points.doubleExtended(at(accumulator)),
      points.makeEntry(at(twiceEntry), at(accumulator)),
      setIdentity(),
      points.add(at(accumulator), at(keyTable), at(0)),
      f.for(
        i,
        at(1),
        at(CHUNK_ENTRIES),
        1,
        points.add(at(accumulator), at(twiceEntry), at(0)),
        points.makeEntry(keyEntry(i.get), at(accumulator)),
      ),
      // accumulator = −h·8A + S·B8
      poseidon(descriptor.get, at(operands), at(hash)),
      recodeHash(),
      setIdentity(),
      i.set(at(NAF_BITS - 1)),
      block(
        loop(
          branchIf(1, i32.ltS(i.get, at(1))),
          branchIf(1, i32.load8S(i32.add(at(digits), i.get))),
          i.set(i32.sub(i.get, at(1))),
          branch(0),
        ),
      ),
      loop(
        digit.set(i32.load8S(i32.add(at(digits), i.get))),
        // T is read by additions only: after a digit, and after the last doubling.
        when(i32.eqz(digit.get), when(i.get, points.double(at(accumulator)))),
        when(i32.or(digit.get, i32.eqz(i.get)), points.doubleExtended(at(accumulator))),
        when(i32.ltS(at(0), digit.get), points.add(at(accumulator), keyEntry(i32.shrS(digit.get, at(1))), at(1))),
        when(
          i32.ltS(digit.get, at(0)),
          points.add(at(accumulator), keyEntry(i32.shrS(i32.sub(at(0), digit.get), at(1))), at(0)),
        ),
        i.set(i32.sub(i.get, at(1))),
        branchIf(0, i32.geS(i.get, at(0))),
      ),
      endsInR8(),
    );
  });

  // As verify, for the key whose multiples lie in `preparedTable` and whose coordinates are among the operands. What depends on the
  // key alone (on the curve, 8A ≠ O) was checked when the table was made.
  module.add({ params: ['i32'], result: 'i32', exportName: 'verifyPrepared' }, (f, params) => {
    const [descriptor] = params as [Local];
    const [i, chunk, digit] = f.locals('i32', 3) as [Local, Local, Local];
    // Entry of the odd number `index`, 1 … 15.
    const entry = (index: Code) =>
      i32.add(
        at(preparedTable),
        i32.mul(i32.add(i32.mul(chunk.get, at(CHUNK_ENTRIES)), i32.shrS(index, at(1))), at(AFFINE_ENTRY_BYTES)),
      );
    f.emit(
      ...[rx, ry].map((to, k) => field.enter(at(to), at(operands + k * INTEGER_BYTES))),
      rejectIf(i32.eqz(isOnCurve(at(rx)))),
      poseidon(descriptor.get, at(operands), at(hash)),
      recodeHash(),
      setIdentity(),
      i.set(at(CHUNK_BITS - 1)),
      loop(
        points.doubleExtended(at(accumulator)),
        f.for(
          chunk,
          at(0),
          at(CHUNKS),
          1,
          digit.set(i32.load8S(i32.add(at(digits), i32.add(i32.mul(chunk.get, at(CHUNK_BITS)), i.get)))),
          when(i32.ltS(at(0), digit.get), points.addAffine(at(accumulator), entry(digit.get), at(1))),
          when(i32.ltS(digit.get, at(0)), points.addAffine(at(accumulator), entry(i32.sub(at(0), digit.get)), at(0))),
        ),
        i.set(i32.sub(i.get, at(1))),
        branchIf(0, i32.geS(i.get, at(0))),
      ),
      endsInR8(),
    );
  });
  return { operands, scalar, baseTable, accumulator, preparedTable };
}

/** invert(to, from): x^(r−2), so 0 stays 0. `square` is the address of a free element. */
function addInvert(module: ModuleBuilder, field: FieldFunctions, square: number): Callable {
  const exponent = allocate(INTEGER_BYTES + 16);
  writeInteger(exponent, R_FIELD - 2n);
  return module.add({ params: ['i32', 'i32'], exportName: 'invert' }, (f, params) => {
    const [to, from] = params as [Local, Local];
    const bit = f.local('i32');
    const word = i32.shrU(
      i32.load(i32.add(i32.const(exponent), i32.shrU(bit.get, i32.const(3)))),
      i32.and(bit.get, i32.const(7)),
    );
    // From the highest bit down, which is set: the result starts as x itself.
    f.emit(
      i32.const(square),
      from.get,
      i32.const(ELEMENT_BYTES),
      [0xfc, 0x0a, 0x00, 0x00],
      bit.set(i32.const(252)),
      loop(
        field.square(i32.const(square), i32.const(square)),
        when(i32.and(word, i32.const(1)), field.multiply(i32.const(square), i32.const(square), from.get)),
        bit.set(i32.sub(bit.get, i32.const(1))),
        branchIf(0, i32.geS(bit.get, i32.const(0))),
      ),
      to.get,
      i32.const(square),
      i32.const(ELEMENT_BYTES),
      [0xfc, 0x0a, 0x00, 0x00],
    );
  });
}
