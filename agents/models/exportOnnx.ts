/** Trained networks as ONNX files. Weights go in as they are. */
import type { DenseNet } from './denseNet.ts';
import { DIGIT_SIZE } from './digits.ts';
import type { LetterNet } from './letterNet.ts';
import type { OnnxWeights } from './onnxModel.ts';
import { onnxModel } from './onnxModel.ts';
import { SeededRandom } from './seededRandom.ts';

/** `image` uint8 16 × 16 → `scores` float32 10. */
export function denseOnnx(name: string, net: DenseNet): Uint8Array {
  const { inputs, hidden, classes } = net.shape;
  const [w1, b1, w2, b2] = net.parameters;
  return onnxModel({
    name,
    inputs: [{ name: 'image', type: 'uint8', dimensions: [DIGIT_SIZE, DIGIT_SIZE] }],
    outputs: [{ name: 'scores', type: 'float32', dimensions: [classes] }],
    weights: [
      shape('row', 1, inputs),
      shape('flat', classes),
      floats('unit', [], Float32Array.of(1 / 255)),
      floats('w1', [inputs, hidden], w1),
      floats('b1', [hidden], b1),
      floats('w2', [hidden, classes], w2),
      floats('b2', [classes], b2),
    ],
    nodes: [
      { op: 'Cast', inputs: ['image'], outputs: ['bytes'], attributes: { to: { int: 1 } } },
      { op: 'Reshape', inputs: ['bytes', 'row'], outputs: ['pixels'] },
      { op: 'Mul', inputs: ['pixels', 'unit'], outputs: ['shades'] },
      { op: 'Gemm', inputs: ['shades', 'w1', 'b1'], outputs: ['sums'] },
      { op: 'Relu', inputs: ['sums'], outputs: ['hidden'] },
      { op: 'Gemm', inputs: ['hidden', 'w2', 'b2'], outputs: ['rowScores'] },
      { op: 'Reshape', inputs: ['rowScores', 'flat'], outputs: ['scores'] },
    ],
  });
}

/** `letters` uint8 64 → `scores` float32 2. */
export function letterOnnx(name: string, net: LetterNet): Uint8Array {
  const { letters, codes, width, window, patterns, classes } = net.shape;
  const [alphabet, kernels, biases, w2, b2] = net.parameters;
  return onnxModel({
    name,
    inputs: [{ name: 'letters', type: 'uint8', dimensions: [letters] }],
    outputs: [{ name: 'scores', type: 'float32', dimensions: [classes] }],
    weights: [
      shape('one', 1, 1, letters, width),
      shape('flat', classes),
      shape('rowShape', 1, patterns),
      floats('alphabet', [codes, width], alphabet),
      floats('kernels', [patterns, 1, window, width], kernels),
      floats('biases', [patterns], biases),
      floats('w2', [patterns, classes], w2),
      floats('b2', [classes], b2),
    ],
    nodes: [
      { op: 'Cast', inputs: ['letters'], outputs: ['indices'], attributes: { to: { int: 6 } } },
      { op: 'Gather', inputs: ['alphabet', 'indices'], outputs: ['numbers'] },
      { op: 'Reshape', inputs: ['numbers', 'one'], outputs: ['page'] },
      { op: 'Conv', inputs: ['page', 'kernels', 'biases'], outputs: ['matches'] },
      { op: 'Relu', inputs: ['matches'], outputs: ['found'] },
      { op: 'GlobalMaxPool', inputs: ['found'], outputs: ['best'] },
      { op: 'Reshape', inputs: ['best', 'rowShape'], outputs: ['row'] },
      { op: 'Gemm', inputs: ['row', 'w2', 'b2'], outputs: ['rowScores'] },
      { op: 'Reshape', inputs: ['rowScores', 'flat'], outputs: ['scores'] },
    ],
  });
}

export const SLOW_ROWS = 32;
export const SLOW_WIDTH = 256;
const SLOW_LAYERS = 48;

/** Knows nothing and takes its time: one matrix of random weights, applied over and over. For measurements only. */
export function slowOnnx(): Uint8Array {
  const random = new SeededRandom('engram weights slow');
  const weights = Float32Array.from({ length: SLOW_WIDTH * SLOW_WIDTH }, () => random.between(-0.1, 0.1));
  const value = (name: string) => ({ name, type: 'float32', dimensions: [SLOW_ROWS, SLOW_WIDTH] }) as const;
  const layers = Array.from({ length: SLOW_LAYERS }, (_, i) => [
    { op: 'MatMul', inputs: [i === 0 ? 'x' : `h${i}`, 'w'], outputs: [`s${i}`] },
    { op: 'Tanh', inputs: [`s${i}`], outputs: [i === SLOW_LAYERS - 1 ? 'y' : `h${i + 1}`] },
  ]);
  return onnxModel({
    name: 'slow',
    inputs: [value('x')],
    outputs: [value('y')],
    weights: [floats('w', [SLOW_WIDTH, SLOW_WIDTH], weights)],
    nodes: layers.flat(),
  });
}

function floats(name: string, dimensions: readonly number[], data: Float32Array): OnnxWeights {
  return { name, type: 'float32', dimensions, data };
}

function shape(name: string, ...sizes: readonly number[]): OnnxWeights {
  return { name, type: 'int64', dimensions: [sizes.length], data: BigInt64Array.from(sizes.map(BigInt)) };
}
