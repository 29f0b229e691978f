import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../models/seededRandom.ts';
import type { NamedTensor, TensorSpec } from './tensors.ts';
import { checkTensors, decodeTensors, encodedLength, encodeTensors } from './tensors.ts';

const float = (name: string, ...values: number[]): NamedTensor => ({
  name,
  type: 'float32',
  dimensions: [values.length],
  data: Float32Array.from(values),
});

/** One float32 tensor `x` of one element with these bits. */
const oneFloat = (bits: string) => Buffer.from(`01 01 78 01 01 00000001 ${bits}`.replaceAll(' ', ''), 'hex');

const badTensor = expect.objectContaining({ code: 'BAD_TENSOR' });

describe('encodeTensors', () => {
  it('writes exactly the bytes of docs/ai.md', () => {
    const bytes = encodeTensors([
      float('x', 1, -0),
      { name: 'ids', type: 'int64', dimensions: [1, 1], data: BigInt64Array.of(-2n) },
      { name: 'mask', type: 'bool', dimensions: [], data: Uint8Array.of(1) },
    ]);
    expect(Buffer.from(bytes).toString('hex')).toBe(
      [
        '03',
        '03696473 03 02 00000001 00000001 feffffffffffffff',
        '046d61736b 05 00 01',
        '0178 01 01 00000002 0000803f 00000080',
      ]
        .join('')
        .replaceAll(' ', ''),
    );
  });

  it('gives the same bytes whatever the order, and as many as it says', () => {
    const tensors = [float('b', 1), float('a', 2, 3), float('ab', 4)];
    expect(encodeTensors(tensors)).toEqual(encodeTensors(tensors.toReversed()));
    expect(encodeTensors(tensors).length).toBe(encodedLength(tensors));
  });

  it('turns every NaN into the canonical one', () => {
    const data = new Float32Array(Uint32Array.of(0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff, 0x7f800000).buffer);
    const bytes = encodeTensors([{ name: 'x', type: 'float32', dimensions: [5], data }]);
    expect(Buffer.from(bytes.slice(-20)).toString('hex')).toBe(`${'0000c07f'.repeat(4)}0000807f`);
  });

  it('takes data that begin inside a buffer', () => {
    const data = new Float32Array([9, 9, 1, 2]).subarray(2);
    expect(encodeTensors([{ name: 'x', type: 'float32', dimensions: [2], data }])).toEqual(
      encodeTensors([float('x', 1, 2)]),
    );
  });

  it.each([
    ['a name twice', [float('x', 1), float('x', 1)]],
    ['an empty name', [float('', 1)]],
    ['a name that is not ASCII', [float('é', 1)]],
    ['a name of 256 letters', [float('x'.repeat(256), 1)]],
    ['data that do not fill the dimensions', [{ ...float('x', 1), dimensions: [2] }]],
    ['a bool of 2', [{ name: 'x', type: 'bool', dimensions: [1], data: Uint8Array.of(2) }]],
    ['data of another type', [{ name: 'x', type: 'int32', dimensions: [1], data: Float32Array.of(2) }]],
    ['256 tensors', Array.from({ length: 256 }, (_, i) => float(`x${i}`, 1))],
    ['nine dimensions', [{ ...float('x', 1), dimensions: [1, 1, 1, 1, 1, 1, 1, 1, 1] }]],
  ] satisfies [string, NamedTensor[]][])('refuses %s', (_, tensors) => {
    expect(() => encodeTensors(tensors)).toThrow(badTensor);
  });
});

describe('decodeTensors', () => {
  const all: NamedTensor[] = [
    { name: 'bool', type: 'bool', dimensions: [2], data: Uint8Array.of(0, 1) },
    float('float', 1.5, Number.NaN, -0, Number.NEGATIVE_INFINITY),
    { name: 'int32', type: 'int32', dimensions: [1, 2, 1], data: Int32Array.of(-(2 ** 31), 7) },
    { name: 'int64', type: 'int64', dimensions: [], data: BigInt64Array.of(-(2n ** 63n)) },
    { name: 'none', type: 'uint8', dimensions: [3, 0], data: new Uint8Array() },
    { name: 'uint8', type: 'uint8', dimensions: [3], data: Uint8Array.of(0, 128, 255) },
  ];

  it('reads back what was written, at any offset', () => {
    const bytes = encodeTensors(all);
    expect(decodeTensors(bytes)).toEqual(all);
    const shifted = Buffer.concat([Buffer.of(9, 9, 9), bytes]).subarray(3);
    expect(decodeTensors(shifted)).toEqual(all);
    expect(encodeTensors(decodeTensors(shifted))).toEqual(bytes);
  });

  it('gives data of its own: later changes of the bytes do not reach them', () => {
    const bytes = Buffer.from(encodeTensors([float('x', 1)]));
    const [tensor] = decodeTensors(bytes);
    bytes.fill(0xff);
    expect(tensor?.data).toEqual(Float32Array.of(1));
  });

  it('refuses every truncation and a trailing byte', () => {
    const bytes = encodeTensors(all);
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => decodeTensors(bytes.subarray(0, length)), `${length}`).toThrow(badTensor);
    }
    expect(() => decodeTensors(Uint8Array.of(...bytes, 0))).toThrow(badTensor);
  });

  it.each([
    ['a NaN with another sign', oneFloat('0000c0ff')],
    ['a NaN with another payload', oneFloat('0100c07f')],
    ['a signalling NaN', oneFloat('0100807f')],
    ['names out of order', '02 0162 04 00 00 0161 04 00 00'],
    ['a name twice', '02 0161 04 00 00 0161 04 00 00'],
    ['an empty name', '01 00 04 00 00'],
    ['a name that is not ASCII', '01 01e9 04 00 00'],
    ['type 0', '01 0161 00 00 00'],
    ['type 6: text goes in as codes', '01 0161 06 00 00000000'],
    ['a bool of 2', '01 0161 05 00 02'],
    ['nine dimensions', `01 0161 04 09 ${'00000001'.repeat(9)} 00`],
    ['a dimension of 2^31', '01 0161 04 02 80000000 00000000'],
    ['a product that wraps around 2^32 to 1 byte', '01 0161 04 02 00010001 ffff0001 00'],
    ['a product over 2^53', `01 0161 04 03 ${'7fffffff'.repeat(3)}`],
    ['more data than there are', '01 0161 04 01 7fffffff 00'],
  ])('refuses %s', (_, bytes) => {
    const input = typeof bytes === 'string' ? Buffer.from(bytes.replaceAll(' ', ''), 'hex') : bytes;
    expect(() => decodeTensors(input)).toThrow(badTensor);
  });

  it('takes the canonical NaN', () => {
    expect(decodeTensors(oneFloat('0000c07f'))[0]?.data[0]).toBeNaN();
  });

  it('reads nothing but what it would write itself', () => {
    const seed = 'tensors 1';
    const random = new SeededRandom(seed);
    const bytes = encodeTensors(all);
    let taken = 0;
    for (let i = 0; i < 3000; i += 1) {
      const other = bytes.slice();
      for (let n = 1 + random.below(3); n > 0; n -= 1) other[random.below(other.length)] = random.below(256);
      try {
        expect(encodeTensors(decodeTensors(other)), `${seed}, ${i}`).toEqual(other);
        taken += 1;
      } catch (error) {
        expect(error, `${seed}, ${i}`).toEqual(badTensor);
      }
    }
    expect(taken).toBeGreaterThan(100);
  });

  it('refuses what is over the limit before it reads it', () => {
    expect(() => decodeTensors(encodeTensors(all), { maxBytes: 10 })).toThrow(
      expect.objectContaining({ code: 'INPUT_TOO_LARGE' }),
    );
  });
});

describe('checkTensors', () => {
  const specs: TensorSpec[] = [
    { name: 'x', type: 'float32', dimensions: [null, 2] },
    { name: 'y', type: 'uint8', dimensions: [] },
  ];
  const x: NamedTensor = { name: 'x', type: 'float32', dimensions: [1, 2], data: Float32Array.of(1, 2) };
  const y: NamedTensor = { name: 'y', type: 'uint8', dimensions: [], data: Uint8Array.of(1) };

  it('takes any size where the model does', () => {
    expect(() => checkTensors([x, y], specs)).not.toThrow();
    expect(() => checkTensors([{ ...x, dimensions: [7, 2] }, y], specs)).not.toThrow();
  });

  it.each([
    ['a tensor too few', [x]],
    ['a tensor too many', [x, y, { ...y, name: 'z' }]],
    ['another type', [x, { ...y, type: 'bool' }]],
    ['another size', [{ ...x, dimensions: [1, 3] }, y]],
    ['another rank', [{ ...x, dimensions: [2] }, y]],
  ] satisfies [string, NamedTensor[]][])('refuses %s', (_, tensors) => {
    expect(() => checkTensors(tensors, specs)).toThrow(badTensor);
  });
});
