import onnxProto from 'onnx-proto';
import { describe, expect, it } from 'vitest';
import { onnxModel } from '../models/onnxModel.ts';
import { SeededRandom } from '../models/seededRandom.ts';
import { scanModel } from './modelScan.ts';
import { loopingModel, tinyModel, unaryModel } from './testing/testModels.ts';

const { onnx } = onnxProto;
const invalid = expect.objectContaining({ code: 'MODEL_INVALID' });

/** The tiny model with something of its protobuf changed. */
function changed(change: (model: InstanceType<typeof onnx.ModelProto>) => void): Uint8Array {
  const model = onnx.ModelProto.decode(tinyModel());
  change(model);
  return onnx.ModelProto.encode(model).finish();
}

const withNode = (op: string, input: string[] = []) =>
  changed((model) => model.graph?.node?.push({ opType: op, input, output: ['z'] }));

/** A graph in an attribute of a graph in an attribute of … */
function nested(depth: number): Uint8Array {
  let graph = onnx.GraphProto.encode({ node: [{ opType: 'Identity' }] }).finish();
  for (let i = 0; i < depth; i += 1) {
    const inner = onnx.GraphProto.decode(graph);
    graph = onnx.GraphProto.encode({ node: [{ opType: 'If', attribute: [{ name: 'b', g: inner }] }] }).finish();
  }
  return onnx.ModelProto.encode({ graph: onnx.GraphProto.decode(graph) }).finish();
}

describe('scanModel', () => {
  it('takes what has no dice in it', () => {
    for (const model of [tinyModel(), loopingModel(), unaryModel('Relu')]) expect(() => scanModel(model)).not.toThrow();
    expect(() => scanModel(withNode('Dropout', ['x']))).not.toThrow();
    expect(() => scanModel(withNode('Dropout', ['x', 'ratio', '']))).not.toThrow();
    expect(() => scanModel(nested(10))).not.toThrow();
  });

  it.each(['RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike', 'Multinomial', 'Bernoulli'])(
    'refuses %s: two runs would differ',
    (op) => {
      expect(() => scanModel(withNode(op))).toThrow(invalid);
    },
  );

  it('refuses a dropout that is switched on', () => {
    expect(() => scanModel(withNode('Dropout', ['x', 'ratio', 'training']))).toThrow(invalid);
  });

  it('finds dice in the body of a loop', () => {
    const value = { name: 'i', type: 'int64', dimensions: [] } as const;
    const body = {
      name: 'body',
      inputs: [value],
      outputs: [value],
      nodes: [{ op: 'RandomNormal', inputs: [], outputs: ['r'] }],
    };
    const nodes = [{ op: 'Loop', inputs: [], outputs: ['i'], attributes: { body: { graph: body } } }];
    expect(() => scanModel(onnxModel({ name: 'loop', inputs: [value], outputs: [value], nodes }))).toThrow(invalid);
  });

  it('finds dice in a function of the model', () => {
    const model = changed((proto) => {
      proto.functions = [{ name: 'f', domain: 'own', node: [{ opType: 'Bernoulli' }] }];
    });
    expect(() => scanModel(model)).toThrow(invalid);
  });

  it('finds dice in a first graph that a reader of the last one would not see', () => {
    const hidden = Buffer.concat([withNode('RandomUniform'), tinyModel()]);
    expect(onnx.ModelProto.decode(hidden).graph?.node?.map(({ opType }) => opType)).not.toContain('RandomUniform');
    expect(() => scanModel(hidden)).toThrow(invalid);
  });

  it.each([
    ['said by its place', { dataLocation: 1 }],
    ['said by its entries', { externalData: [{ key: 'location', value: '/etc/passwd' }] }],
  ])('refuses weights in another file, %s', (_, more) => {
    const model = changed((proto) => proto.graph?.initializer?.push({ name: 'far', dataType: 1, dims: [1], ...more }));
    expect(() => scanModel(model)).toThrow(invalid);
  });

  it('refuses the format that the runtime prefers to ONNX', () => {
    const bytes = tinyModel();
    bytes.set(Buffer.from('ORTM'), 4);
    expect(() => scanModel(bytes)).toThrow(invalid);
  });

  it('refuses training information and graphs nested without end', () => {
    expect(() => scanModel(changed((proto) => proto.trainingInfo.push({})))).toThrow(invalid);
    expect(() => scanModel(nested(65))).toThrow(invalid);
  });

  it('ends with a code on whatever bytes', () => {
    const seed = 'scan 1';
    const random = new SeededRandom(seed);
    const model = loopingModel();
    let refused = 0;
    for (let i = 0; i < 3000; i += 1) {
      const bytes = model.slice();
      for (let n = 1 + random.below(4); n > 0; n -= 1) bytes[random.below(bytes.length)] = random.below(256);
      try {
        scanModel(bytes);
      } catch (error) {
        expect(error, `${seed}, ${i}`).toEqual(invalid);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });

  it('refuses every truncation that loses the end of the graph, and what is no protobuf', () => {
    const bytes = tinyModel();
    const graphEnd = Buffer.from(bytes).lastIndexOf(Buffer.from([0x42, 0x04])); // the opset, after the graph
    expect(graphEnd).toBeGreaterThan(0);
    for (let length = 0; length < graphEnd; length += 1) {
      expect(() => scanModel(bytes.subarray(0, length)), `${length}`).toThrow(invalid);
    }
    for (const text of ['not a model', '\x0b\x0b', '\x07', '\xff'.repeat(20), '\x3a\xff\xff\xff\xff\x0f']) {
      expect(() => scanModel(Buffer.from(text, 'latin1')), text).toThrow(invalid);
    }
  });
});
