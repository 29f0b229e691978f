/** Models of a few hundred bytes, for tests of whatever runs models. */
import type { OnnxGraph, OnnxNode, OnnxValue } from '../../models/onnxModel.ts';
import { onnxModel } from '../../models/onnxModel.ts';
import { encodeTensors } from '../tensors.ts';

const X: OnnxValue = { name: 'x', type: 'float32', dimensions: ['batch', 4] };
const Y: OnnxValue = { name: 'y', type: 'float32', dimensions: ['batch', 3] };

/** `y = softmax(x · W + b)`: x is batch × 4, y batch × 3. Another `scale` is another model. */
export function tinyModel({ scale = 1 }: { readonly scale?: number } = {}): Uint8Array {
  return onnxModel({
    name: 'tiny',
    inputs: [X],
    outputs: [Y],
    weights: [
      {
        name: 'w',
        type: 'float32',
        dimensions: [4, 3],
        data: Float32Array.from({ length: 12 }, (_, i) => scale * Math.fround((i * 7) % 11) * 0.1 - 0.4),
      },
      { name: 'b', type: 'float32', dimensions: [3], data: Float32Array.of(0.1, -0.2, 0.3) },
    ],
    nodes: [
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['xw'] },
      { op: 'Add', inputs: ['xw', 'b'], outputs: ['logits'] },
      { op: 'Softmax', inputs: ['logits'], outputs: ['y'], attributes: { axis: { int: -1 } } },
    ],
  });
}

/** An input of `tinyModel`: rows of four numbers. */
export function tinyInput(...rows: readonly (readonly [number, number, number, number])[]): Uint8Array {
  const data = Float32Array.from(rows.flat());
  return encodeTensors([{ name: 'x', type: 'float32', dimensions: [rows.length, 4], data }]);
}

/** One operator over x (any length) to y. */
export function unaryModel(op: string, attributes: NonNullable<OnnxNode['attributes']> = {}): Uint8Array {
  return onnxModel({
    name: op,
    inputs: [{ name: 'x', type: 'float32', dimensions: ['n'] }],
    outputs: [{ name: 'y', type: 'float32', dimensions: ['n'] }],
    nodes: [{ op, inputs: ['x'], outputs: ['y'], attributes }],
  });
}

export function vector(...values: readonly number[]): Uint8Array {
  return encodeTensors([{ name: 'x', type: 'float32', dimensions: [values.length], data: Float32Array.from(values) }]);
}

/** Copies x as often as `times` says: a few bytes in, as many out as somebody likes. */
export function repeatingModel(): Uint8Array {
  return onnxModel({
    name: 'repeating',
    inputs: [
      { name: 'times', type: 'int64', dimensions: [1] },
      { name: 'x', type: 'float32', dimensions: ['n'] },
    ],
    outputs: [{ name: 'y', type: 'float32', dimensions: ['m'] }],
    nodes: [{ op: 'Tile', inputs: ['x', 'times'], outputs: ['y'] }],
  });
}

export function repeatingInput(times: number, values: readonly number[]): Uint8Array {
  return encodeTensors([
    { name: 'times', type: 'int64', dimensions: [1], data: BigInt64Array.of(BigInt(times)) },
    { name: 'x', type: 'float32', dimensions: [values.length], data: Float32Array.from(values) },
  ]);
}

/** Adds 1 to x as often as `times` says: with a large number it does not come to an end. */
export function loopingModel(): Uint8Array {
  const body: OnnxGraph = {
    name: 'body',
    inputs: [
      { name: 'i', type: 'int64', dimensions: [] },
      { name: 'goesOn', type: 'bool', dimensions: [] },
      { name: 'sum', type: 'float32', dimensions: ['n'] },
    ],
    outputs: [
      { name: 'stillGoesOn', type: 'bool', dimensions: [] },
      { name: 'more', type: 'float32', dimensions: ['n'] },
    ],
    weights: [{ name: 'one', type: 'float32', dimensions: [1], data: Float32Array.of(1) }],
    nodes: [
      { op: 'Identity', inputs: ['goesOn'], outputs: ['stillGoesOn'] },
      { op: 'Add', inputs: ['sum', 'one'], outputs: ['more'] },
    ],
  };
  return onnxModel({
    name: 'looping',
    inputs: [
      { name: 'times', type: 'int64', dimensions: [] },
      { name: 'x', type: 'float32', dimensions: ['n'] },
    ],
    outputs: [{ name: 'y', type: 'float32', dimensions: ['n'] }],
    weights: [{ name: 'yes', type: 'bool', dimensions: [], data: Uint8Array.of(1) }],
    nodes: [{ op: 'Loop', inputs: ['times', 'yes', 'x'], outputs: ['y'], attributes: { body: { graph: body } } }],
  });
}

export function loopingInput(times: number): Uint8Array {
  return encodeTensors([
    { name: 'times', type: 'int64', dimensions: [], data: BigInt64Array.of(BigInt(times)) },
    { name: 'x', type: 'float32', dimensions: [1], data: Float32Array.of(1) },
  ]);
}

const WIDE = 256;

/** Products, sums and powers large enough to be shared out among threads: 64 × 256 numbers to as many. */
export function wideModel(): Uint8Array {
  const weights = Float32Array.from(
    { length: WIDE * WIDE },
    (_, i) => (((i * 2_654_435_761) % 65_521) / 65_521 - 0.5) / 8,
  );
  return onnxModel({
    name: 'wide',
    inputs: [{ name: 'x', type: 'float32', dimensions: [64, WIDE] }],
    outputs: [{ name: 'y', type: 'float32', dimensions: [64, WIDE] }],
    weights: [{ name: 'w', type: 'float32', dimensions: [WIDE, WIDE], data: weights }],
    nodes: [
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['a'] },
      { op: 'Tanh', inputs: ['a'], outputs: ['b'] },
      { op: 'MatMul', inputs: ['b', 'w'], outputs: ['c'] },
      { op: 'Erf', inputs: ['c'], outputs: ['d'] },
      { op: 'MatMul', inputs: ['d', 'w'], outputs: ['e'] },
      { op: 'Softmax', inputs: ['e'], outputs: ['y'], attributes: { axis: { int: -1 } } },
    ],
  });
}

export function wideInput(): Uint8Array {
  const data = Float32Array.from({ length: 64 * WIDE }, (_, i) => ((i * 40_503) % 9973) / 9973 - 0.5);
  return encodeTensors([{ name: 'x', type: 'float32', dimensions: [64, WIDE], data }]);
}
