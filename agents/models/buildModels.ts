import { createHash, randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultCacheDir } from '../../circuits/build/paths.ts';
import { tsWorker } from '../../circuits/build/tsWorker.ts';
import { encodeTensors } from '../execution/tensors.ts';
import type { BuiltModel, ModelCatalog, ModelName } from './catalog.ts';
import { SLOW_ROWS, SLOW_WIDTH } from './exportOnnx.ts';
import { ModelsError } from './modelsError.ts';
import type { ModelEntry, ModelIndex } from './trainModels.ts';
import { modelFiles } from './trainModels.ts';
import type { TrainMessage } from './trainWorker.ts';

export interface BuildOptions {
  /** Hears the name of each model when its training begins; nothing if all was there already. */
  readonly onProgress?: (name: string) => void;
  /** Default `$ENGRAM_CACHE` or `~/.cache/engram`; models lie in `models/` below it. */
  readonly cacheDir?: string;
}

const INDEX_FILE = 'index.json';
const SLOW_FILE = 'slow.onnx';

/**
 * All models with their data and documents in `folder`: trained on a thread the first time (some 20 s), from the cache afterwards. The
 * cache is kept by the hash of the code that trains, and what lies in it is believed only if its hashes are right.
 * @throws ModelsError TRAINING_FAILED
 */
export async function buildModels(folder: string, options: BuildOptions = {}): Promise<ModelCatalog> {
  const { cacheDir = defaultCacheDir(), onProgress } = options;
  const code = await codeHash();
  const cached = join(cacheDir, 'models', code);
  const index = (await readCache(cached)) ?? (await fillCache(cached, code, onProgress));
  await mkdir(folder, { recursive: true });
  await Promise.all(filesOf(index).map(({ file }) => copyFile(join(cached, file), join(folder, file))));
  return catalogOf(index, folder);
}

/** The files of this folder, but its tests: what decides about the bytes of the models. */
async function codeHash(): Promise<string> {
  const folder = dirname(fileURLToPath(import.meta.url));
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts')).sort();
  const hash = createHash('sha256');
  for (const name of names) {
    const text = await readFile(join(folder, name), 'utf8');
    hash.update(`${name}\0${text.replaceAll('\r\n', '\n')}\0`);
  }
  return hash.digest('hex');
}

/** Undefined if it is not there, not complete or not what its index says. */
async function readCache(folder: string): Promise<ModelIndex | undefined> {
  try {
    const index = JSON.parse(await readFile(join(folder, INDEX_FILE), 'utf8')) as ModelIndex; // written by fillCache; its hashes are checked
    for (const { file, sha256 } of filesOf(index)) {
      const found = createHash('sha256').update(await readFile(join(folder, file)));
      if (found.digest('hex') !== sha256) return undefined;
    }
    return index;
  } catch {
    return undefined;
  }
}

async function fillCache(folder: string, code: string, onProgress: BuildOptions['onProgress']): Promise<ModelIndex> {
  const staging = `${folder}.${randomUUID()}`;
  await mkdir(staging, { recursive: true });
  try {
    const index = await train(staging, code, onProgress);
    await writeFile(join(staging, INDEX_FILE), JSON.stringify(index));
    await rename(staging, folder).catch(async () => {
      // Somebody else was quicker: the same code made the same bytes, and others may be reading them. Or what is there is no good.
      if ((await readCache(folder)) !== undefined) return;
      await rm(folder, { recursive: true, force: true });
      await rename(staging, folder);
    });
    return index;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

function train(folder: string, code: string, onProgress: BuildOptions['onProgress']): Promise<ModelIndex> {
  return new Promise((resolve, reject) => {
    const worker = tsWorker(new URL('./trainWorker.ts', import.meta.url), { folder, code });
    worker.on('message', (message: TrainMessage) => {
      if ('begins' in message) onProgress?.(message.begins);
      else resolve(message.index);
    });
    worker.on('error', (cause) => {
      reject(new ModelsError('TRAINING_FAILED', 'the thread that trains threw', {}, { cause }));
    });
    // After a result this changes nothing any more.
    worker.on('exit', (exitCode) => {
      reject(new ModelsError('TRAINING_FAILED', 'the thread that trains ended', { exitCode }));
    });
  });
}

function filesOf({ models, slowSha256 }: ModelIndex): { readonly file: string; readonly sha256: string }[] {
  return [
    ...models.flatMap(({ name, sha256, datasetSha256, trainingSha256 }) => {
      const { model, dataset, training } = modelFiles(name);
      return [
        { file: model, sha256 },
        { file: dataset, sha256: datasetSha256 },
        { file: training, sha256: trainingSha256 },
      ];
    }),
    { file: SLOW_FILE, sha256: slowSha256 },
  ];
}

function catalogOf({ models, slowSha256 }: ModelIndex, folder: string): ModelCatalog {
  const named = (name: ModelName): BuiltModel => {
    const entry = models.find((model) => model.name === name);
    if (entry === undefined) throw new ModelsError('TRAINING_FAILED', 'a model is missing', { name });
    return builtModel(entry, folder);
  };
  return {
    digits: named('digits'),
    digitsFine: named('digitsFine'),
    digitsSmall: named('digitsSmall'),
    text: named('text'),
    slow: { modelFile: join(folder, SLOW_FILE), sha256: bytes(slowSha256), input: slowInput() },
  };
}

function builtModel(entry: ModelEntry, folder: string): BuiltModel {
  const { name, task, parent, metrics } = entry;
  const files = modelFiles(name);
  return {
    name,
    task,
    ...(parent !== undefined && { parent }),
    modelFile: join(folder, files.model),
    sha256: bytes(entry.sha256),
    datasetFile: join(folder, files.dataset),
    datasetSha256: bytes(entry.datasetSha256),
    trainingFile: join(folder, files.training),
    trainingSha256: bytes(entry.trainingSha256),
    metrics,
  };
}

function slowInput(): Uint8Array {
  const data = Float32Array.from({ length: SLOW_ROWS * SLOW_WIDTH }, (_, i) => (i % 17) / 17 - 0.5);
  return encodeTensors([{ name: 'x', type: 'float32', dimensions: [SLOW_ROWS, SLOW_WIDTH], data }]);
}

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}
