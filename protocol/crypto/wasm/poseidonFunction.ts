import type { FieldFunctions } from './arithmetic.ts';
import { type Callable, type Code, i32, type Local, type ModuleBuilder } from './assembler.ts';
import { ELEMENT_BYTES } from './limbs.ts';

/** Words of the descriptor that tells the function about an arity: byte offsets. */
export const DESCRIPTOR = {
  t: 0,
  partialRounds: 4,
  constants: 8,
  matrix: 12,
  entry: 16,
  recursion: 20,
  exit: 24,
} as const;
export const DESCRIPTOR_BYTES = 32;

const MAX_WIDTH = 17;
const MAX_PARTIAL_ROUNDS = 70;
const PAIR_BYTES = 2 * ELEMENT_BYTES;
/** State, S-box outputs, and the history of (y, u) pairs from round −MAX_WIDTH on. */
export const POSEIDON_SCRATCH_BYTES = (2 * MAX_WIDTH + 2 * (MAX_WIDTH + MAX_PARTIAL_ROUNDS)) * ELEMENT_BYTES;

const HALF_FULL_ROUNDS = 4;

/**
 * poseidon(descriptor, inputs, output): `inputs` are t − 1 consecutive 32-byte canonical integers, `output` receives one.
 * `scratch` must be zero at the start: u_k for k < 0 is read and never written.
 */
export function addPoseidon(module: ModuleBuilder, field: FieldFunctions, scratch: number): Callable {
  const state = scratch;
  const boxed = state + MAX_WIDTH * ELEMENT_BYTES;
  const history = boxed + MAX_WIDTH * ELEMENT_BYTES + MAX_WIDTH * PAIR_BYTES;
  const bytes = (elements: Code): Code => i32.mul(elements, i32.const(ELEMENT_BYTES));

  // (t, constants): S-boxes of a full round, state → boxed.
  const sboxes = module.add({ params: ['i32', 'i32'] }, (f, [t, constants]) => {
    const i = f.local('i32');
    const from = i32.add(i32.const(state), i.get);
    f.emit(
      f.for(
        i,
        i32.const(0),
        bytes((t as Local).get),
        ELEMENT_BYTES,
        field.power5(i32.add(i32.const(boxed), i.get), from, i32.add((constants as Local).get, i.get)),
      ),
    );
  });
  // (rows, left, leftEnd, coefficients, to, step): `rows` dot products of one window with consecutive rows of coefficients.
  const rowsOf = module.add({ params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] }, (f, params) => {
    const [rows, left, leftEnd, coefficients, to, step] = params as [Local, Local, Local, Local, Local, Local];
    const i = f.local('i32');
    f.emit(
      f.for(
        i,
        i32.const(0),
        rows.get,
        1,
        field.dot(to.get, left.get, coefficients.get, leftEnd.get),
        coefficients.set(i32.add(coefficients.get, i32.sub(leftEnd.get, left.get))),
        to.set(i32.add(to.get, step.get)),
      ),
    );
  });

  return module.add({ params: ['i32', 'i32', 'i32'], exportName: 'poseidon' }, (f, params) => {
    const [descriptor, inputs, output] = params as [Local, Local, Local];
    const [t, constants, window, i, end] = f.locals('i32', 5) as [Local, Local, Local, Local, Local];
    const load = (offset: number) => i32.load(descriptor.get, offset);
    const boxedEnd = i32.add(i32.const(boxed), bytes(t.get));
    const advance = (elements: Code) => constants.set(i32.add(constants.get, bytes(elements)));
    const fullRound = (coefficients: number, rows: Code): Code => [
      sboxes(t.get, constants.get),
      advance(t.get),
      rowsOf(rows, i32.const(boxed), boxedEnd, load(coefficients), i32.const(state), i32.const(ELEMENT_BYTES)),
    ];
    f.emit(
      t.set(load(DESCRIPTOR.t)),
      constants.set(load(DESCRIPTOR.constants)),
      // state = [0, inputs]
      i32.const(state),
      i32.const(0),
      i32.const(ELEMENT_BYTES),
      [0xfc, 0x0b, 0x00],
      f.for(
        i,
        i32.const(1),
        t.get,
        1,
        field.enter(
          i32.add(i32.const(state), bytes(i.get)),
          i32.add(inputs.get, i32.shl(i32.sub(i.get, i32.const(1)), i32.const(5))),
        ),
      ),
      f.for(i, i32.const(1), i32.const(HALF_FULL_ROUNDS), 1, fullRound(DESCRIPTOR.matrix, t.get)),
      // The fourth round ends in y_0, which goes to its slot in the history, and the values y_0, y_−1, … of the linear past.
      sboxes(t.get, constants.get),
      advance(t.get),
      rowsOf(t.get, i32.const(boxed), boxedEnd, load(DESCRIPTOR.entry), i32.const(state), i32.const(ELEMENT_BYTES)),
      f.for(
        i,
        i32.const(1),
        t.get,
        1,
        i32.add(i32.const(history + PAIR_BYTES), i32.mul(i.get, i32.const(-PAIR_BYTES))),
        i32.add(i32.const(state), bytes(i.get)),
        i32.const(ELEMENT_BYTES),
        [0xfc, 0x0a, 0x00, 0x00],
      ),
      field.power5(i32.const(history + ELEMENT_BYTES), i32.const(state), constants.get),
      advance(i32.const(1)),
      // Partial rounds 1 …: i points at y_k, the window ends there.
      window.set(bytes(i32.sub(i32.shl(t.get, i32.const(1)), i32.const(1)))),
      end.set(i32.add(i32.const(history), i32.mul(load(DESCRIPTOR.partialRounds), i32.const(PAIR_BYTES)))),
      f.for(
        i,
        i32.const(history + PAIR_BYTES),
        end.get,
        PAIR_BYTES,
        field.dot(i.get, i32.sub(i.get, window.get), load(DESCRIPTOR.recursion), i.get),
        field.power5(i32.add(i.get, i32.const(ELEMENT_BYTES)), i.get, constants.get),
        advance(i32.const(1)),
      ),
      rowsOf(
        t.get,
        i32.sub(end.get, window.get),
        end.get,
        load(DESCRIPTOR.exit),
        i32.const(state),
        i32.const(ELEMENT_BYTES),
      ),
      f.for(i, i32.const(1), i32.const(HALF_FULL_ROUNDS), 1, fullRound(DESCRIPTOR.matrix, t.get)),
      // Only coordinate 0 leaves the permutation.
      fullRound(DESCRIPTOR.matrix, i32.const(1)),
      [field.leave(output.get, i32.const(state)), 0x1a],
    );
  });
}
