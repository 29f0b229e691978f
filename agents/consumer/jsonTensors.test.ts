import { describe, expect, it } from 'vitest';
import { decodeTensors, encodeTensors, type TensorSpec } from '../execution/tensors.ts';
import { tensorsFromJson, tensorsToJson } from './jsonTensors.ts';

const X: TensorSpec = { name: 'x', type: 'float32', dimensions: [null, 2] };
const N: TensorSpec = { name: 'n', type: 'int64', dimensions: [] };

describe('tensors as JSON', () => {
  it('are read by name, or alone where there is one input; a flat list fills the dimensions', () => {
    const wanted = encodeTensors([
      { name: 'x', type: 'float32', dimensions: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
    ]);
    for (const json of [
      {
        x: [
          [1, 2],
          [3, 4],
        ],
      },
      [
        [1, 2],
        [3, 4],
      ],
      [1, 2, 3, 4],
    ]) {
      expect(tensorsFromJson(json, [X])).toEqual(wanted);
    }
    const [, second] = decodeTensors(tensorsFromJson({ x: [[1, 2]], n: '9007199254740993' }, [X, N]));
    expect(second).toMatchObject({ name: 'x' });
  });

  it('come back as they were, with NaN, infinity and 64-bit integers as text', () => {
    const bytes = encodeTensors([
      {
        name: 'x',
        type: 'float32',
        dimensions: [1, 3],
        data: Float32Array.of(1.5, Number.NaN, Number.POSITIVE_INFINITY),
      },
      { name: 'n', type: 'int64', dimensions: [], data: BigInt64Array.of(-5n) },
      { name: 'b', type: 'bool', dimensions: [2], data: Uint8Array.of(0, 1) },
    ]);
    expect(tensorsToJson(bytes)).toEqual({ x: [[1.5, 'NaN', 'Infinity']], n: '-5', b: [false, true] });
  });

  it.each([
    ['a missing input', {}, [X], 'BAD_INPUT'],
    ['an input too many', { x: [[1, 2]], y: 1 }, [X], 'BAD_INPUT'],
    ['values alone for two inputs', [1, 2], [X, N], 'BAD_INPUT'],
    ['rows of different lengths', [[1, 2], [3]], [X], 'BAD_INPUT'],
    ['text for numbers', [['a', 'b']], [X], 'BAD_INPUT'],
    ['an integer over 64 bits', { n: '9223372036854775808' }, [N], 'BAD_INPUT'],
    ['other sizes', [[1, 2, 3]], [X], 'BAD_TENSOR'],
    ['nesting without end', JSON.parse(`${'['.repeat(20)}${']'.repeat(20)}`), [X], 'BAD_INPUT'],
  ] as const)('are refused: %s', (_, json, specs, code) => {
    expect(() => tensorsFromJson(json, specs)).toThrow(expect.objectContaining({ code }));
  });
});
