/** Tensors as bytes: docs/ai.md section 1. One set of tensors has exactly one encoding, so that its hash names it. */
import { endianness } from 'node:os';
import { ExecutionError } from './executionError.ts';

export type TensorType = 'float32' | 'int32' | 'int64' | 'uint8' | 'bool';

/** What a model takes or gives. A dimension that is null may have any size. */
export interface TensorSpec {
  readonly name: string;
  readonly type: TensorType;
  readonly dimensions: readonly (number | null)[];
}

export type TensorData = Float32Array | Int32Array | BigInt64Array | Uint8Array;

/** `data` is row-major and as long as the product of the dimensions; a bool is a byte 0 or 1. */
export interface NamedTensor {
  readonly name: string;
  readonly type: TensorType;
  readonly dimensions: readonly number[];
  readonly data: TensorData;
}

export interface TensorLimits {
  /** Default 16 MiB. */
  readonly maxBytes?: number;
}

export const DEFAULT_MAX_TENSOR_BYTES = 16 * 2 ** 20;
export const MAX_TENSORS = 255;
const MAX_RANK = 8;
/** Of one dimension, and of the product of those that are not 0: what the runtime's 32-bit sizes can hold. */
const MAX_ELEMENTS = 2 ** 31 - 1;
const CANONICAL_NAN = 0x7fc00000;
const PLUS_INFINITY = 0x7f800000;
const IS_BIG_ENDIAN = endianness() === 'BE';

const TYPES = {
  float32: { code: 1, bytes: 4, make: (buffer: ArrayBuffer) => new Float32Array(buffer) },
  int32: { code: 2, bytes: 4, make: (buffer: ArrayBuffer) => new Int32Array(buffer) },
  int64: { code: 3, bytes: 8, make: (buffer: ArrayBuffer) => new BigInt64Array(buffer) },
  uint8: { code: 4, bytes: 1, make: (buffer: ArrayBuffer) => new Uint8Array(buffer) },
  bool: { code: 5, bytes: 1, make: (buffer: ArrayBuffer) => new Uint8Array(buffer) },
} as const satisfies Record<TensorType, unknown>;

const TYPE_OF_CODE = new Map<number, TensorType>(
  Object.entries(TYPES).map(([type, { code }]) => [code, type as TensorType]), // the record's own keys
);

export function isTensorType(type: string): type is TensorType {
  return Object.hasOwn(TYPES, type);
}

/** 1 to 255 printable ASCII letters. */
export function isTensorName(name: string): boolean {
  return /^[\x20-\x7e]{1,255}$/.test(name);
}

/** How many bytes `encodeTensors` makes of them. */
export function encodedLength(tensors: readonly NamedTensor[]): number {
  return tensors.reduce(
    (sum, { name, type, dimensions, data }) =>
      sum + 3 + name.length + 4 * dimensions.length + data.length * TYPES[type].bytes,
    1,
  );
}

/** In the order of their names, whatever the order given; every NaN becomes the canonical one. @throws ExecutionError BAD_TENSOR */
export function encodeTensors(tensors: readonly NamedTensor[]): Uint8Array {
  if (tensors.length > MAX_TENSORS) throw bad('too many tensors', { count: tensors.length });
  const sorted = [...tensors].sort((left, right) => (left.name < right.name ? -1 : 1)); // ASCII: UTF-16 order is byte order
  sorted.forEach(checkTensor);
  const bytes = new Uint8Array(encodedLength(sorted));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, sorted.length);
  let at = 1;
  let before = '';
  for (const { name, type, dimensions, data } of sorted) {
    if (name === before) throw bad('a name twice', { name });
    before = name;
    view.setUint8(at, name.length);
    for (let i = 0; i < name.length; i += 1) view.setUint8(at + 1 + i, name.charCodeAt(i));
    at += 1 + name.length;
    view.setUint8(at, TYPES[type].code);
    view.setUint8(at + 1, dimensions.length);
    at += 2;
    for (const dimension of dimensions) {
      view.setUint32(at, dimension);
      at += 4;
    }
    const target = bytes.subarray(at, at + data.byteLength);
    target.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    toLittleEndian(target, TYPES[type].bytes);
    if (type === 'float32') canonicalNans(view, at, data.length);
    at += data.byteLength;
  }
  return bytes;
}

/** The tensors, each with data of its own. @throws ExecutionError BAD_TENSOR, INPUT_TOO_LARGE */
export function decodeTensors(
  bytes: Uint8Array,
  { maxBytes = DEFAULT_MAX_TENSOR_BYTES }: TensorLimits = {},
): NamedTensor[] {
  if (bytes.length > maxBytes) {
    throw new ExecutionError('INPUT_TOO_LARGE', 'tensors are over the limit', { bytes: bytes.length, maxBytes });
  }
  const reader = new Reader(bytes);
  const count = reader.uint8();
  const tensors: NamedTensor[] = [];
  for (let i = 0; i < count; i += 1) {
    const tensor = readTensor(reader);
    const before = tensors.at(-1)?.name;
    if (before !== undefined && before >= tensor.name) {
      throw bad('names out of order or twice', { name: tensor.name });
    }
    tensors.push(tensor);
  }
  if (reader.left > 0) throw bad('trailing bytes', { bytes: reader.left });
  return tensors;
}

/** Every tensor of the specification is there with its type and sizes, and no other. @throws ExecutionError BAD_TENSOR */
export function checkTensors(tensors: readonly NamedTensor[], specs: readonly TensorSpec[]): void {
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  for (const { name, type, dimensions } of tensors) {
    const spec = byName.get(name);
    if (spec === undefined) throw bad('the model has no such tensor', { name });
    if (spec.type !== type) throw bad('another type than the model takes', { name, type, wanted: spec.type });
    const fits =
      spec.dimensions.length === dimensions.length &&
      spec.dimensions.every((size, axis) => size === null || size === dimensions[axis]);
    if (!fits) {
      throw bad('other sizes than the model takes', {
        name,
        dimensions: dimensions.join('x'),
        wanted: spec.dimensions.map((size) => size ?? '?').join('x'),
      });
    }
    byName.delete(name);
  }
  const [missing] = byName.keys();
  if (missing !== undefined) throw bad('a tensor is missing', { name: missing });
}

function readTensor(reader: Reader): NamedTensor {
  const name = reader.ascii(reader.uint8());
  const code = reader.uint8();
  const type = TYPE_OF_CODE.get(code);
  if (type === undefined) throw bad('unknown type', { name, code });
  const rank = reader.uint8();
  if (rank > MAX_RANK) throw bad('too many dimensions', { name, rank });
  const dimensions = Array.from({ length: rank }, () => reader.uint32());
  const { bytes: elementBytes, make } = TYPES[type];
  const raw = reader.bytes(elementsOf(name, dimensions) * elementBytes);
  if (type === 'float32') refuseOtherNans(raw, name);
  if (type === 'bool' && raw.some((byte) => byte > 1)) throw bad('a bool that is neither 0 nor 1', { name });
  const copy = new Uint8Array(raw); // not slice(): of a Buffer that would be no copy
  toLittleEndian(copy, elementBytes);
  return { name, type, dimensions, data: make(copy.buffer) };
}

function checkTensor({ name, type, dimensions, data }: NamedTensor): void {
  if (!isTensorName(name)) throw bad('a name that is not 1 to 255 printable ASCII letters');
  if (!isTensorType(type)) throw bad('unknown type', { name, type: String(type) });
  if (dimensions.length > MAX_RANK) throw bad('too many dimensions', { name, rank: dimensions.length });
  if (elementsOf(name, dimensions) !== data.length) {
    throw bad('data do not fill the dimensions', { name, dimensions: dimensions.join('x'), elements: data.length });
  }
  if (!(data instanceof TYPES[type].make(new ArrayBuffer(0)).constructor)) throw bad('data of another type', { name });
  if (type === 'bool' && (data as Uint8Array).some((byte) => byte > 1)) {
    throw bad('a bool that is neither 0 nor 1', { name }); // the constructor was compared above
  }
}

function elementsOf(name: string, dimensions: readonly number[]): number {
  let product = 1;
  for (const dimension of dimensions) {
    if (!Number.isInteger(dimension) || dimension < 0 || dimension > MAX_ELEMENTS) {
      throw bad('a dimension out of range', { name, dimension });
    }
    if (dimension > 0) product *= dimension;
    if (product > MAX_ELEMENTS) throw bad('too many elements', { name });
  }
  return dimensions.includes(0) ? 0 : product;
}

/** Bits, not numbers: an engine may change a NaN's bits when it reads it as a number. */
function canonicalNans(view: DataView, from: number, elements: number): void {
  for (let at = from; at < from + 4 * elements; at += 4) {
    if ((view.getUint32(at, true) & 0x7fffffff) > PLUS_INFINITY) view.setUint32(at, CANONICAL_NAN, true);
  }
}

function refuseOtherNans(raw: Uint8Array, name: string): void {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  for (let at = 0; at < raw.byteLength; at += 4) {
    const bits = view.getUint32(at, true);
    if ((bits & 0x7fffffff) > PLUS_INFINITY && bits !== CANONICAL_NAN) {
      throw bad('a NaN that is not the canonical one', { name, element: at / 4 });
    }
  }
}

function toLittleEndian(bytes: Uint8Array, elementBytes: number): void {
  if (!IS_BIG_ENDIAN || elementBytes === 1) return;
  for (let at = 0; at < bytes.length; at += elementBytes) bytes.subarray(at, at + elementBytes).reverse();
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  ascii(length: number): string {
    const bytes = this.bytes(length);
    if (length === 0 || bytes.some((byte) => byte < 0x20 || byte > 0x7e)) {
      throw bad('a name that is not 1 to 255 printable ASCII letters');
    }
    return String.fromCharCode(...bytes);
  }

  #take(length: number): number {
    if (length > this.left) throw bad('truncated', { wanted: length, left: this.left });
    const at = this.#at;
    this.#at += length;
    return at;
  }
}

function bad(message: string, data: Readonly<Record<string, string | number>> = {}): ExecutionError {
  return new ExecutionError('BAD_TENSOR', message, data);
}
