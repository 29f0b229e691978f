import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { OnnxType } from '../models/onnxModel.ts';
import { onnxModel } from '../models/onnxModel.ts';
import type { ModelRunnerOptions } from './modelRunner.ts';
import { ModelRunner } from './modelRunner.ts';
import { decodeTensors, encodeTensors } from './tensors.ts';
import {
  loopingInput,
  loopingModel,
  repeatingInput,
  repeatingModel,
  tinyInput,
  tinyModel,
  unaryModel,
  vector,
} from './testing/testModels.ts';

const code = (code: string, data: Record<string, unknown> = {}) =>
  expect.objectContaining({ name: 'ExecutionError', code, data: expect.objectContaining(data) });
const FOREVER = 2 ** 52;

const opened: ModelRunner[] = [];
async function load(model: string | Uint8Array, options: ModelRunnerOptions = {}): Promise<ModelRunner> {
  const runner = await ModelRunner.load(model, options);
  opened.push(runner);
  return runner;
}
afterEach(() => Promise.all(opened.splice(0).map((runner) => runner.close())));

describe('ModelRunner.load', () => {
  it('says what the model takes and gives', async () => {
    const runner = await load(tinyModel());
    expect(runner.inputs).toEqual([{ name: 'x', type: 'float32', dimensions: [null, 4] }]);
    expect(runner.outputs).toEqual([{ name: 'y', type: 'float32', dimensions: [null, 3] }]);
  });

  it('takes a file, and refuses one that is too large before it reads it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'engram-execution-'));
    try {
      const file = join(folder, 'model.onnx');
      await writeFile(file, tinyModel());
      const runner = await load(file);
      expect(decodeTensors(await runner.run(tinyInput([1, 2, 3, 4])))[0]?.dimensions).toEqual([1, 3]);
      await expect(load(file, { maxModelBytes: 100 })).rejects.toEqual(code('MODEL_TOO_LARGE', { maxModelBytes: 100 }));
      await expect(load(join(folder, 'none'))).rejects.toEqual(code('MODEL_INVALID'));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each([
    ['nothing', () => new Uint8Array()],
    ['a text', () => Buffer.from('this is not a model')],
    ['half a model', () => tinyModel().slice(0, tinyModel().length / 2)],
    ['an operator that throws dice', () => unaryModel('RandomNormalLike')],
    ['an operator that nobody knows', () => unaryModel('Frobnicate')],
    ['a name that tensors cannot have', () => identityModel({ input: 'π' })],
    ['a type that tensors do not have', () => identityModel({ type: 'int8' })],
  ])('refuses %s', async (_, model) => {
    await expect(load(model())).rejects.toEqual(code('MODEL_INVALID'));
  });

  it('refuses bytes over the limit', async () => {
    await expect(load(tinyModel(), { maxModelBytes: 10 })).rejects.toEqual(code('MODEL_TOO_LARGE'));
  });
});

describe('ModelRunner.run', () => {
  let tiny: ModelRunner;
  beforeAll(async () => {
    tiny = await ModelRunner.load(tinyModel(), { maxInputBytes: 200 });
  });
  afterAll(() => tiny.close());

  it('computes', async () => {
    const [y] = decodeTensors(await tiny.run(tinyInput([0, 0, 0, 0])));
    const exp = [0.1, -0.2, 0.3].map(Math.exp);
    const sum = exp.reduce((a, b) => a + b);
    expect(y).toMatchObject({ name: 'y', type: 'float32', dimensions: [1, 3] });
    exp.forEach((value, i) => {
      expect(Number(y?.data[i])).toBeCloseTo(value / sum, 6);
    });
  });

  it.each([
    ['bytes that are no tensors', () => Buffer.from('hello')],
    ['no tensors', () => encodeTensors([])],
    ['a tensor too many', () => encodeTensors([...decodeTensors(tinyInput([1, 2, 3, 4])), bool('zz')])],
    ['another tensor', () => encodeTensors([bool('x')])],
    ['another size', () => vector(1, 2, 3, 4)],
  ])('refuses %s', async (_, input) => {
    await expect(tiny.run(input())).rejects.toEqual(code('BAD_TENSOR'));
  });

  it('runs the input as it was when it was given', async () => {
    const input = Buffer.from(tinyInput([1, 2, 3, 4]));
    const expected = await tiny.run(input);
    const runs = [tiny.run(input), tiny.run(input)];
    input.fill(0xff);
    expect(await Promise.all(runs)).toEqual([expected, expected]);
  });

  it('refuses an input over the limit', async () => {
    const rows = Array.from({ length: 20 }, () => [1, 2, 3, 4] as const);
    await expect(tiny.run(tinyInput(...rows))).rejects.toEqual(code('INPUT_TOO_LARGE', { maxInputBytes: 200 }));
  });

  it('refuses an output over the limit of the runner or of the caller', async () => {
    const runner = await load(repeatingModel(), { maxOutputBytes: 1000 });
    await expect(runner.run(repeatingInput(300, [1]))).rejects.toEqual(code('OUTPUT_TOO_LARGE', { bytes: 1209 }));
    await expect(runner.run(repeatingInput(20, [1]), { maxOutputBytes: 88 })).rejects.toEqual(
      code('OUTPUT_TOO_LARGE', { bytes: 89 }),
    );
    expect((await runner.run(repeatingInput(20, [1]), { maxOutputBytes: 89 })).length).toBe(89);
  });

  it('says so when the model does not take an input of the right form, and goes on', async () => {
    const runner = await load(repeatingModel());
    await expect(runner.run(repeatingInput(-1, [1]))).rejects.toEqual(code('RUN_FAILED', { reason: 'model' }));
    expect(decodeTensors(await runner.run(repeatingInput(2, [5])))[0]?.data).toEqual(Float32Array.of(5, 5));
  });

  it('refuses to wait behind more runs than it was told', async () => {
    const runner = await load(tinyModel(), { maxQueued: 2 });
    const runs = Array.from({ length: 5 }, () => runner.run(tinyInput([1, 2, 3, 4])));
    const results = await Promise.allSettled(runs);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(results.at(-1)).toMatchObject({ reason: { code: 'BUSY' } });
  });
});

describe('a model that means ill', () => {
  it('may not take more memory than the runner has', async () => {
    const runner = await load(repeatingModel(), { maxMemoryBytes: 64 * 2 ** 20 });
    await expect(runner.run(repeatingInput(100_000_000, [1]))).rejects.toEqual(
      code('RUN_FAILED', { reason: 'memory' }),
    );
    expect(decodeTensors(await runner.run(repeatingInput(2, [5])))[0]?.data).toEqual(Float32Array.of(5, 5));
  });

  it('is given up when it does not come to an end; others are answered by a new thread', async () => {
    const runner = await load(loopingModel(), { runTimeoutMs: 3_000 });
    const hung = runner.run(loopingInput(FOREVER));
    const behind = runner.run(loopingInput(3));
    await expect(hung).rejects.toEqual(code('RUN_FAILED', { reason: 'timeout' }));
    expect(decodeTensors(await behind)[0]?.data).toEqual(Float32Array.of(4));
  });

  it('does not keep anybody waiting while it loads', async () => {
    await expect(load(tinyModel(), { loadTimeoutMs: 1 })).rejects.toEqual(code('MODEL_INVALID', { reason: 'timeout' }));
  });

  it('takes only its own run with it when it kills its thread', async () => {
    const threads: Worker[] = [];
    const remember = (worker: Worker) => threads.push(worker);
    process.on('worker', remember);
    const runner = await load(loopingModel());
    process.off('worker', remember);
    const running = runner.run(loopingInput(FOREVER));
    const behind = runner.run(loopingInput(1));
    await threads.at(-1)?.terminate();
    await expect(running).rejects.toEqual(code('RUN_FAILED', { reason: 'crash' }));
    expect(decodeTensors(await behind)[0]?.data).toEqual(Float32Array.of(2));
  });
});

describe('a caller that goes away', () => {
  it('before it was its turn: the model does not run', async () => {
    const runner = await load(loopingModel());
    const controller = new AbortController();
    const first = runner.run(loopingInput(1000));
    const second = runner.run(loopingInput(FOREVER), { signal: controller.signal });
    controller.abort();
    await expect(second).rejects.toEqual(code('ABORTED'));
    expect(decodeTensors(await first)[0]?.data).toEqual(Float32Array.of(1001));
    await expect(runner.run(loopingInput(1), { signal: controller.signal })).rejects.toEqual(code('ABORTED'));
  });

  it('while it runs: at once for the caller, and an endless run is stopped for those behind it', async () => {
    const runner = await load(loopingModel());
    const controller = new AbortController();
    const endless = runner.run(loopingInput(FOREVER), { signal: controller.signal });
    const behind = runner.run(loopingInput(1));
    controller.abort();
    await expect(endless).rejects.toEqual(code('ABORTED'));
    expect(decodeTensors(await behind)[0]?.data).toEqual(Float32Array.of(2));
  });
});

describe('ModelRunner.close', () => {
  it('rejects what runs, what waits and what comes; can be called twice', async () => {
    const runner = await load(loopingModel());
    const runs = [runner.run(loopingInput(FOREVER)), runner.run(loopingInput(1))];
    const closing = runner.close();
    for (const run of runs) await expect(run).rejects.toEqual(code('CLOSED'));
    await closing;
    await runner.close();
    await expect(runner.run(loopingInput(1))).rejects.toEqual(code('CLOSED'));
  });
});

function identityModel({ input = 'x', type = 'float32' }: { input?: string; type?: OnnxType }): Uint8Array {
  return onnxModel({
    name: 'identity',
    inputs: [{ name: input, type, dimensions: [1] }],
    outputs: [{ name: 'y', type, dimensions: [1] }],
    nodes: [{ op: 'Identity', inputs: [input], outputs: ['y'] }],
  });
}

function bool(name: string) {
  return { name, type: 'bool', dimensions: [1], data: Uint8Array.of(1) } as const;
}
