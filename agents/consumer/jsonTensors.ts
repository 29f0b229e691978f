/** Tensors as people write them: `{"x": [[0, 1], [2, 3]]}`, or the values alone where a model has one input. */
import {
  checkTensors,
  decodeTensors,
  encodeTensors,
  type NamedTensor,
  type TensorData,
  type TensorSpec,
  type TensorType,
} from '../execution/tensors.ts';
import { ConsumerError } from './consumerError.ts';

const MAX_RANK = 8;

function bad(message: string): ConsumerError {
  return new ConsumerError('BAD_INPUT', message);
}

/** Tensors' bytes of a JSON value for a model's inputs. @throws ConsumerError BAD_INPUT; ExecutionError BAD_TENSOR */
export function tensorsFromJson(json: unknown, specs: readonly TensorSpec[]): Uint8Array {
  const values = membersOf(json, specs);
  const tensors = specs.map((spec): NamedTensor => {
    const value = values[spec.name];
    if (value === undefined) throw bad(`there is no ${spec.name}: the model takes ${specs.map(text).join(', ')}`);
    const flat: unknown[] = [];
    const dimensions = shapeOf(value, flat, 0);
    return { name: spec.name, type: spec.type, dimensions: fitted(dimensions, spec), data: dataOf(flat, spec.type) };
  });
  const more = Object.keys(values).find((name) => specs.every((spec) => spec.name !== name));
  if (more !== undefined) throw bad(`the model has no input ${more}`);
  checkTensors(tensors, specs);
  return encodeTensors(tensors);
}

/** The other way, for people; int64 as decimal strings. @throws ExecutionError BAD_TENSOR */
export function tensorsToJson(bytes: Uint8Array): Record<string, unknown> {
  return Object.fromEntries(
    decodeTensors(bytes).map(({ name, dimensions, data, type }) => {
      const flat = Array.from<number | bigint, unknown>(data, (value) => shown(value, type));
      return [name, nested(flat, dimensions)];
    }),
  );
}

function shown(value: number | bigint, type: TensorType): number | string | boolean {
  if (typeof value === 'bigint') return value.toString();
  if (type === 'bool') return value === 1;
  return Number.isFinite(value) ? value : String(value);
}

function membersOf(json: unknown, specs: readonly TensorSpec[]): Record<string, unknown> {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return { ...json };
  const [only, ...others] = specs;
  if (only === undefined || others.length > 0)
    throw bad(`expected {${specs.map(({ name }) => `"${name}": …`).join(', ')}}`);
  return { [only.name]: json };
}

function shapeOf(value: unknown, flat: unknown[], depth: number): number[] {
  if (!Array.isArray(value)) {
    flat.push(value);
    return [];
  }
  if (depth === MAX_RANK) throw bad('nested too deeply');
  const items: unknown[] = value;
  const [shape, ...others] = items.map((item) => shapeOf(item, flat, depth + 1));
  if (others.some((other) => other.join() !== shape?.join())) throw bad('rows of different lengths');
  return [items.length, ...(shape ?? [])];
}

/** A flat list fills the dimensions, if only one of them is open. */
function fitted(dimensions: readonly number[], { dimensions: wanted }: TensorSpec): readonly number[] {
  const [count = 0] = dimensions;
  if (dimensions.length !== 1 || wanted.length === 1) return dimensions;
  const known = wanted.reduce<number>((product, size) => product * (size ?? 1), 1);
  const open = wanted.filter((size) => size === null).length;
  if (open > 1 || known === 0 || count % known !== 0) return dimensions;
  return wanted.map((size) => size ?? count / known);
}

function dataOf(flat: readonly unknown[], type: TensorType): TensorData {
  switch (type) {
    case 'float32':
      return Float32Array.from(flat, number);
    case 'int32':
      return Int32Array.from(flat, (value) => integer(value, -(2 ** 31), 2 ** 31 - 1));
    case 'int64':
      return BigInt64Array.from(flat, big);
    case 'uint8':
      return Uint8Array.from(flat, (value) => integer(value, 0, 255));
    case 'bool':
      return Uint8Array.from(flat, (value) => (typeof value === 'boolean' ? Number(value) : integer(value, 0, 1)));
  }
}

function number(value: unknown): number {
  if (typeof value === 'number') return value;
  throw bad('expected numbers');
}

function integer(value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw bad(`expected integers from ${least} to ${most}`);
}

function big(value: unknown): bigint {
  const isInteger = (typeof value === 'number' && Number.isSafeInteger(value)) || /^-?\d{1,19}$/.test(String(value));
  const found = isInteger ? BigInt(String(value)) : undefined;
  if (found !== undefined && BigInt.asIntN(64, found) === found) return found;
  throw bad('expected integers of 64 bits');
}

function nested(flat: readonly unknown[], dimensions: readonly number[]): unknown {
  const [first, ...rest] = dimensions;
  if (first === undefined) return flat[0];
  const size = first === 0 ? 0 : flat.length / first;
  return Array.from({ length: first }, (_, i) => nested(flat.slice(i * size, (i + 1) * size), rest));
}

function text({ name, type, dimensions }: TensorSpec): string {
  return `${name} (${type} ${dimensions.map((size) => size ?? '?').join('×')})`;
}
