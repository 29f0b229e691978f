import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultCacheDir } from '../../circuits/build/paths.ts';
import { parseCanonicalJson } from '../../protocol/documents/canonicalJson.ts';
import { ModelRunner } from '../execution/modelRunner.ts';
import { buildModels } from './buildModels.ts';
import type { BuiltModel, ModelCatalog, ModelName } from './catalog.ts';
import type { LabelledOptions } from './task.ts';
import { labelled, labelOf, TASK_INPUT } from './task.ts';

/** They hang on nothing but this folder's code: another hash on another machine is a defect. A change of a recipe changes them. */
const SHA256: Record<ModelName | 'slow', string> = {
  digits: '00b453141bc2d2be768575b8361f7e452d80c6dfc56780138f34b4b6c330d7e4',
  digitsFine: '4bd172db139221f2444648c535a08ae2fc0baa87fb3a63ddc6197382b0a5eb9f',
  digitsSmall: '7abe598115bf4940101ef76f134f9459e6374153fcb22a094eeee2219b02419a',
  text: '0799ac7745af7c91ba4cb1103933bbf956e7e3d05ca815f868202f0a5bf26e71',
  slow: '9b12b8b9477adc56036cce80b65b0d780a7ae25f6b060189e12c5492c30b9f43',
};

/** SHA-256 of a thousand answers: the runtime's dense layers, convolution and pooling give these bits on every machine. */
const ANSWERS = {
  digits: 'b2abc3ac87008579181476306b9d10c5a88512744cf8608032709ea3032d32e7',
  text: '4bb1e0eb01e9e0a0dcd858747874027e0177e68e1fbad5ffbf9843adcce7262b',
};

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const sha256 = async (file: string) =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');

/** Share of right answers of the ONNX file itself on questions that nobody has seen, and the SHA-256 of all answers. */
async function asked(
  model: BuiltModel,
  { threads = 1, ...options }: Omit<LabelledOptions, 'seed'> & { readonly threads?: number },
): Promise<{ readonly accuracy: number; readonly answers: string }> {
  const runner = await ModelRunner.load(model.modelFile, { threads });
  try {
    expect(runner.inputs).toEqual([TASK_INPUT[model.task]]);
    const questions = labelled(model.task, { seed: 'test', ...options });
    const answers = await Promise.all(questions.map(({ input }) => runner.run(input)));
    const right = questions.filter(({ label }, i) => labelOf(model.task, answers[i] ?? new Uint8Array()) === label);
    const hash = createHash('sha256').update(Buffer.concat(answers)).digest('hex');
    return { accuracy: right.length / questions.length, answers: hash };
  } finally {
    await runner.close();
  }
}

/** Where they lie in the cache: under the hash of the code, which stands in a training document. */
async function cacheOf(cacheDir: string, { digits }: ModelCatalog): Promise<string> {
  const { code } = JSON.parse(await readFile(digits.trainingFile, 'utf8')) as { code: string };
  return join(cacheDir, 'models', code.slice(2));
}

describe('buildModels', () => {
  let folder: string;
  let catalog: ModelCatalog;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'engram-models-'));
    catalog = await buildModels(join(folder, 'first'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('trains to the same bytes on every machine', () => {
    const found = Object.entries(catalog).map(([name, { sha256 }]) => [name, hex(sha256)]);
    expect(Object.fromEntries(found)).toEqual(SHA256);
  });

  it('says what is in the files', async () => {
    for (const model of [catalog.digits, catalog.digitsFine, catalog.digitsSmall, catalog.text]) {
      expect(await sha256(model.modelFile)).toBe(hex(model.sha256));
      expect(await sha256(model.datasetFile)).toBe(hex(model.datasetSha256));
      expect(await sha256(model.trainingFile)).toBe(hex(model.trainingSha256));
      const document = parseCanonicalJson(await readFile(model.trainingFile, 'utf8'));
      expect(document).toMatchObject({
        name: model.name,
        model: `0x${hex(model.sha256)}`,
        dataset: { sha256: `0x${hex(model.datasetSha256)}` },
        parent: model.parent === undefined ? null : `0x${hex(catalog[model.parent].sha256)}`,
      });
    }
    expect(catalog.digitsFine.parent).toBe('digits');
  });

  it('trains nothing that lies in the cache, and trains again, to the same bytes, what was changed there', async () => {
    const names: string[] = [];
    const options = { cacheDir: join(folder, 'cache'), onProgress: (name: string) => names.push(name) };
    const kept = await cacheOf(defaultCacheDir(), catalog);
    const copy = join(options.cacheDir, 'models', basename(kept));
    await cp(kept, copy, { recursive: true });
    await buildModels(join(folder, 'second'), options);
    expect(names).toEqual([]);
    await writeFile(join(copy, 'digits.onnx'), 'another model');
    const again = await buildModels(join(folder, 'third'), options);
    expect(names).toEqual(['digits', 'digitsFine', 'digitsSmall', 'text']);
    for (const name of names as ModelName[]) {
      expect(hex(again[name].trainingSha256)).toBe(hex(catalog[name].trainingSha256));
      expect(await sha256(again[name].modelFile)).toBe(SHA256[name]);
    }
    expect(await sha256(join(copy, 'digits.onnx'))).toBe(SHA256.digits);
  });

  it('makes a classifier of digits that is right in 95 % and more', async () => {
    const { accuracy, answers } = await asked(catalog.digits, { count: 1000 });
    expect(accuracy).toBeGreaterThanOrEqual(0.95);
    expect(Math.abs(accuracy - catalog.digits.metrics.accuracy)).toBeLessThan(0.02);
    expect(answers).toBe(ANSWERS.digits);
  });

  it('makes a fine-tune that is better, most of all where digits are written worse', async () => {
    const bad = { count: 600, domain: 'shifted' } as const;
    const [base, fine] = [await asked(catalog.digits, bad), await asked(catalog.digitsFine, bad)];
    expect(fine.accuracy).toBeGreaterThan(base.accuracy + 0.05);
    expect(catalog.digitsFine.metrics.accuracy).toBeGreaterThan(catalog.digits.metrics.accuracy);
  });

  it('makes a small one that is clearly worse, and not by cheating', async () => {
    const { accuracy } = await asked(catalog.digitsSmall, { count: 1000 });
    expect(accuracy).toBeGreaterThan(0.7);
    expect(accuracy).toBeLessThan(0.9);
  });

  it('makes a reader of reviews that is right in 90 % and more', async () => {
    const { accuracy, answers } = await asked(catalog.text, { count: 1000 });
    expect(accuracy).toBeGreaterThanOrEqual(0.9);
    expect(answers).toBe(ANSWERS.text);
  });

  it('answers with the same bits whatever the number of threads inside the runtime', async () => {
    expect((await asked(catalog.text, { count: 1000, threads: 4 })).answers).toBe(ANSWERS.text);
  });
});
