import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageFile } from '../../circuits/build/paths.ts';
import { ModelRunner } from './modelRunner.ts';
import { decodeTensors } from './tensors.ts';
import { tinyInput, tinyModel, unaryModel, vector, wideInput, wideModel } from './testing/testModels.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const nan = (bits: number) => new Float32Array(Uint32Array.of(bits).buffer)[0] ?? 0;

/** `wideModel` on `wideInput`, seen on the first machine that ran it. */
const WIDE_OUTPUT = '692aab7d4eb9c940f71e72fe5519f60ec18915945ca37d0d769c1cf361740137';

/** A module whose one function uses `i32x4.relaxed_dot_i8x16_i7x16_add_s`. */
const RELAXED_MODULE = '0061736d010000000105016000017b030201000a13011100' + '4101fd0f4102fd0f4103fd0f' + 'fd93020b';

describe('same model, same input: same bytes', () => {
  let runner: ModelRunner;
  let expected: string;

  beforeAll(async () => {
    runner = await ModelRunner.load(wideModel(), { workers: 2 });
    expected = sha256(await runner.run(wideInput()));
  });
  afterAll(() => runner.close());

  it('as on the machine where the hash below was written down', () => {
    expect(expected).toBe(WIDE_OUTPUT);
  });

  it('on repeated runs in several threads, whatever ran before', async () => {
    const other = Buffer.from(wideInput()).fill(0, 100);
    const outputs = await Promise.all(
      Array.from({ length: 40 }, (_, i) => runner.run(i % 3 === 2 ? other : wideInput())),
    );
    const hashes = outputs.filter((_, i) => i % 3 !== 2).map(sha256);
    expect(new Set(hashes)).toEqual(new Set([expected]));
    expect(sha256(outputs[2] ?? new Uint8Array())).not.toBe(expected);
  });

  it.each([
    ['another process', []],
    ['a process that never optimises', ['--liftoff-only']],
  ])('in %s', async (_, flags) => {
    const folder = await mkdtemp(join(tmpdir(), 'engram-execution-'));
    try {
      const [model, input] = [join(folder, 'model.onnx'), join(folder, 'input')];
      await Promise.all([writeFile(model, wideModel()), writeFile(input, wideInput())]);
      const script = `
        import { createHash } from 'node:crypto';
        import { readFileSync } from 'node:fs';
        const { ModelRunner } = await import(${JSON.stringify(new URL('./modelRunner.ts', import.meta.url).href)});
        const runner = await ModelRunner.load(${JSON.stringify(model)});
        const output = await runner.run(readFileSync(${JSON.stringify(input)}));
        console.log(createHash('sha256').update(output).digest('hex'));
        await runner.close();`;
      const args = [...flags, '--import', 'tsx', '--input-type=module', '--eval', script];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      expect(stdout.trim()).toBe(expected);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each([2, 4])('with %i threads inside the runtime, though the document then is another', async (threads) => {
    const threaded = await ModelRunner.load(wideModel(), { threads });
    try {
      expect(sha256(await threaded.run(wideInput()))).toBe(expected);
      expect(threaded.execution('public').document).toContain(`"threads":${threads},`);
      expect(threaded.execution('public').word).not.toBe(runner.execution('public').word);
    } finally {
      await threaded.close();
    }
  });

  it('row by row as together: nobody has to know what else was asked', async () => {
    const tiny = await ModelRunner.load(tinyModel());
    try {
      const rows = [
        [1, 2, 3, 4],
        [-1, 0.5, 0, 1e-3],
        [0.1, 0.2, 0.3, 0.4],
      ] as const;
      const single = await Promise.all(
        rows.map(async (row) => decodeTensors(await tiny.run(tinyInput(row)))[0]?.data as Float32Array),
      );
      const [together] = decodeTensors(await tiny.run(tinyInput(...rows)));
      expect(together?.data).toEqual(Float32Array.from(single.flatMap((row) => [...row])));
    } finally {
      await tiny.close();
    }
  });

  it('with every NaN as the canonical one, and the sign of 0 kept', async () => {
    const sqrt = await ModelRunner.load(unaryModel('Sqrt'));
    try {
      const output = await sqrt.run(vector(-1, nan(0xffc12345), -0, 4, Number.POSITIVE_INFINITY));
      expect(Buffer.from(output.slice(-20)).toString('hex')).toBe('0000c07f0000c07f00000080000000400000807f');
    } finally {
      await sqrt.close();
    }
  });
});

describe('what pins the bits', () => {
  it('the document names the SHA-256 of the binary that lies in the package, its version and the model', async () => {
    const model = tinyModel();
    const runner = await ModelRunner.load(model);
    try {
      const wasm = await readFile(packageFile('onnxruntime-web/ort-wasm-simd-threaded.wasm'));
      const document = JSON.parse(runner.execution('private').document) as Record<string, unknown>;
      expect(document).toMatchObject({
        audit: 'private',
        model: `0x${sha256(model)}`,
        version: '1.30.0',
        wasm: `0x${sha256(wasm)}`,
      });
      expect(Buffer.from(runner.sha256).toString('hex')).toBe(sha256(model));
    } finally {
      await runner.close();
    }
  });

  it('the binary has no relaxed instruction, whose result depends on the processor', async () => {
    const wasm = packageFile('onnxruntime-web/ort-wasm-simd-threaded.wasm');
    // Does the binary validate, and (to see that the switch works) would one that uses such an instruction?
    const script = `
      const binary = require('fs').readFileSync(${JSON.stringify(wasm)});
      console.log(WebAssembly.validate(binary), WebAssembly.validate(Buffer.from('${RELAXED_MODULE}', 'hex')))`;
    const args = ['--no-experimental-wasm-relaxed-simd', '--eval', script];
    expect((await promisify(execFile)(process.execPath, args)).stdout.trim()).toBe('true false');
  });
});
