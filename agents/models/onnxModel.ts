/** Writes ONNX files: the same graph always gives the same bytes. Opset 17, IR 8; weights as little-endian raw data. */
import type { onnx as Onnx } from 'onnx-proto';
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;
const OPSET = 17;
const IR_VERSION = 8;

export type OnnxType = 'float32' | 'int32' | 'int64' | 'uint8' | 'int8' | 'bool';

/** A dimension with a name may have any size. */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly dimensions: readonly (number | string)[];
}

export interface OnnxWeights {
  readonly name: string;
  readonly type: OnnxType;
  readonly dimensions: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array | Int8Array;
}

export type OnnxAttribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly graph: OnnxGraph };

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly weights?: readonly OnnxWeights[];
  readonly nodes: readonly OnnxNode[];
}

const ELEMENT = {
  float32: onnx.TensorProto.DataType.FLOAT,
  int32: onnx.TensorProto.DataType.INT32,
  int64: onnx.TensorProto.DataType.INT64,
  uint8: onnx.TensorProto.DataType.UINT8,
  int8: onnx.TensorProto.DataType.INT8,
  bool: onnx.TensorProto.DataType.BOOL,
} as const;

export function onnxModel(graph: OnnxGraph): Uint8Array {
  const model = onnx.ModelProto.create({
    irVersion: IR_VERSION,
    producerName: 'engram',
    opsetImport: [{ domain: '', version: OPSET }],
    graph: graphOf(graph),
  });
  return new Uint8Array(onnx.ModelProto.encode(model).finish());
}

function graphOf({ name, inputs, outputs, weights = [], nodes }: OnnxGraph): Onnx.GraphProto {
  return onnx.GraphProto.create({
    name,
    input: inputs.map(valueInfoOf),
    output: outputs.map(valueInfoOf),
    initializer: weights.map(({ name, type, dimensions, data }) => ({
      name,
      dataType: ELEMENT[type],
      dims: [...dimensions],
      rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    })),
    node: nodes.map(({ op, inputs, outputs, attributes = {} }, i) => ({
      name: `${op}${i}`,
      opType: op,
      input: [...inputs],
      output: [...outputs],
      attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
    })),
  });
}

function valueInfoOf({ name, type, dimensions }: OnnxValue): Onnx.IValueInfoProto {
  const dim = dimensions.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: ELEMENT[type], shape: { dim } } } };
}

function attributeOf(name: string, value: OnnxAttribute): Onnx.IAttributeProto {
  const { AttributeType } = onnx.AttributeProto;
  if ('int' in value) return { name, type: AttributeType.INT, i: value.int };
  if ('ints' in value) return { name, type: AttributeType.INTS, ints: [...value.ints] };
  if ('float' in value) return { name, type: AttributeType.FLOAT, f: value.float };
  return { name, type: AttributeType.GRAPH, g: graphOf(value.graph) };
}
