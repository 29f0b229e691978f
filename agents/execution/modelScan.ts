/**
 * Reads an ONNX file as far as it takes to refuse what cannot be run again by somebody else. Every occurrence of a field counts: the
 * runtime merges fields that stand twice, so looking at "the" graph would overlook half of it. Field numbers: onnx.proto.
 */
import { ExecutionError } from './executionError.ts';

/** Operators that throw dice, or that do when they are told to train. A seed does not help: the generator goes on from run to run. */
const DICE = new Set([
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
  'Multinomial',
  'Bernoulli',
  'Sampling',
  'BiasDropout',
  'BitmaskDropout',
  'BitmaskBiasDropout',
]);
/** Dropout's third input switches it on. */
const DROPOUT_TRAINING_INPUT = 2;
/** Subgraphs in subgraphs; a file that nests deeper is made to hurt. */
const MAX_DEPTH = 64;
/** Flatbuffers of the runtime's own format have this at byte 4: the runtime would read them instead of protobuf. */
const ORT_FORMAT = 'ORTM';

const MODEL = { graph: 7, training: 20, function: 25 } as const;
const GRAPH = { node: 1, initializer: 5, sparseInitializer: 15 } as const;
const FUNCTION = { node: 7, attribute: 11 } as const;
const NODE = { input: 1, type: 4, attribute: 5 } as const;
const ATTRIBUTE = { tensor: 5, graph: 6, tensors: 10, graphs: 11, sparse: 22, sparses: 23 } as const;
const TENSOR = { externalData: 13, location: 14 } as const;
const SPARSE = { values: 1, indices: 2 } as const;

type Visit = (number: number, value: Uint8Array | bigint) => void;

/** @throws ExecutionError MODEL_INVALID */
export function scanModel(bytes: Uint8Array): void {
  if (Buffer.from(bytes.subarray(4, 8)).toString('latin1') === ORT_FORMAT) {
    throw invalid('not ONNX but a format of the runtime');
  }
  let graphs = 0;
  fields(bytes, (number, value) => {
    if (number === MODEL.graph) {
      graphs += 1;
      graph(message(value), 0);
    }
    if (number === MODEL.training) throw invalid('a model with training information');
    if (number === MODEL.function) modelFunction(message(value));
  });
  if (graphs === 0) throw invalid('no graph in it');
}

function graph(bytes: Uint8Array, depth: number): void {
  if (depth > MAX_DEPTH) throw invalid('graphs nested too deep', { depth });
  fields(bytes, (number, value) => {
    if (number === GRAPH.node) node(message(value), depth);
    if (number === GRAPH.initializer) tensor(message(value));
    if (number === GRAPH.sparseInitializer) sparseTensor(message(value));
  });
}

function modelFunction(bytes: Uint8Array): void {
  fields(bytes, (number, value) => {
    if (number === FUNCTION.node) node(message(value), 0);
    if (number === FUNCTION.attribute) attribute(message(value), 0);
  });
}

function node(bytes: Uint8Array, depth: number): void {
  let inputs = 0;
  let isTrained = false;
  let isDropout = false;
  fields(bytes, (number, value) => {
    if (number === NODE.input) {
      if (inputs === DROPOUT_TRAINING_INPUT && message(value).length > 0) isTrained = true;
      inputs += 1;
    }
    if (number === NODE.type) {
      const type = Buffer.from(message(value)).toString('latin1');
      if (DICE.has(type)) throw invalid('an operator that throws dice', { operator: type });
      if (type === 'Dropout') isDropout = true;
    }
    if (number === NODE.attribute) attribute(message(value), depth);
  });
  if (isDropout && isTrained) throw invalid('an operator that throws dice', { operator: 'Dropout' });
}

function attribute(bytes: Uint8Array, depth: number): void {
  fields(bytes, (number, value) => {
    if (number === ATTRIBUTE.tensor || number === ATTRIBUTE.tensors) tensor(message(value));
    if (number === ATTRIBUTE.sparse || number === ATTRIBUTE.sparses) sparseTensor(message(value));
    if (number === ATTRIBUTE.graph || number === ATTRIBUTE.graphs) graph(message(value), depth + 1);
  });
}

function sparseTensor(bytes: Uint8Array): void {
  fields(bytes, (number, value) => {
    if (number === SPARSE.values || number === SPARSE.indices) tensor(message(value));
  });
}

/** The file's SHA-256 says nothing about weights that lie in another file. */
function tensor(bytes: Uint8Array): void {
  fields(bytes, (number, value) => {
    if (number === TENSOR.externalData || (number === TENSOR.location && value !== 0n)) {
      throw invalid('weights in another file');
    }
  });
}

function message(value: Uint8Array | bigint): Uint8Array {
  if (typeof value === 'bigint') throw invalid('a field of another type than ONNX has');
  return value;
}

/** The fields of one protobuf message, in order. Fixed-size values are of no interest here and are passed over. */
function fields(bytes: Uint8Array, visit: Visit): void {
  let at = 0;
  const varint = (): bigint => {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined) break;
      at += 1;
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, result);
    }
    throw invalid('no protobuf', { at });
  };
  const skip = (length: number): number => {
    const from = at;
    at += length;
    if (at > bytes.length) throw invalid('truncated', { at: bytes.length });
    return from;
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = Math.floor(tag / 8);
    if (number === 0 || tag >= 2 ** 32) throw invalid('no protobuf', { at });
    switch (tag % 8) {
      case 0:
        visit(number, varint());
        break;
      case 1:
        skip(8);
        break;
      case 2: {
        const length = Number(varint());
        const from = skip(length);
        visit(number, bytes.subarray(from, at));
        break;
      }
      case 5:
        skip(4);
        break;
      default:
        throw invalid('no protobuf', { at }); // groups are no part of ONNX
    }
  }
}

function invalid(text: string, data: Readonly<Record<string, string | number>> = {}): ExecutionError {
  return new ExecutionError('MODEL_INVALID', text, data);
}
