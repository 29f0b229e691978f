/** Makes data, trains, exports: all files of the catalogue into one folder. The same code gives the same bytes. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../../protocol/documents/canonicalJson.ts';
import type { ModelName } from './catalog.ts';
import type { Example, Training } from './denseNet.ts';
import { DenseNet } from './denseNet.ts';
import { drawDigits } from './digits.ts';
import { denseOnnx, letterOnnx, slowOnnx } from './exportOnnx.ts';
import { LetterNet } from './letterNet.ts';
import type { DigitName, DigitRecipe, TextRecipe } from './recipes.ts';
import {
  DIGIT_RECIPES,
  digitDataset,
  digitExamples,
  MEASURED_QUESTIONS,
  TEXT_RECIPE,
  textExamples,
} from './recipes.ts';
import { reviewCodes, writeReviews } from './reviews.ts';
import type { Task } from './task.ts';

/** What a cache says about one model; files are named after it. */
export interface ModelEntry {
  readonly name: ModelName;
  readonly task: Task;
  readonly parent?: ModelName;
  readonly sha256: string;
  readonly datasetSha256: string;
  readonly trainingSha256: string;
  readonly metrics: { readonly accuracy: number; readonly shifted?: number };
}

export interface ModelIndex {
  readonly models: readonly ModelEntry[];
  readonly slowSha256: string;
}

export interface TrainOptions {
  readonly folder: string;
  /** SHA-256 of the code that trains, hex: it stands in the documents. */
  readonly code: string;
}

/** @param onProgress hears the name of what begins. Runs to its end without a pause: use a thread. */
export function trainModels({ folder, code }: TrainOptions, onProgress: (name: string) => void): ModelIndex {
  const digits = new Map<DigitName, { readonly net: DenseNet; readonly sha256: string }>();
  const keep = (entry: Kept) => keepModel(folder, code, entry);
  const models = DIGIT_RECIPES.map((recipe) => {
    onProgress(recipe.name);
    const parent = recipe.parent === undefined ? undefined : digits.get(recipe.parent);
    const examples = digitExamples(recipe);
    const net = parent?.net.copy() ?? DenseNet.fresh(recipe.shape, recipe.training.seed);
    net.train(examples, recipe.training);
    const entry = keep({
      recipe,
      task: 'digits',
      parentSha256: parent?.sha256 ?? null,
      model: denseOnnx(recipe.name, net),
      dataset: digitDataset(examples),
      examples: examples.length,
      metrics: { accuracy: net.accuracy(pictures('plain')), shifted: net.accuracy(pictures('shifted')) },
    });
    digits.set(recipe.name, { net, sha256: entry.sha256 });
    return entry;
  });
  onProgress(TEXT_RECIPE.name);
  const { examples, dataset } = textExamples(TEXT_RECIPE);
  const net = LetterNet.fresh(TEXT_RECIPE.shape, TEXT_RECIPE.training.seed);
  net.train(examples, TEXT_RECIPE.training);
  models.push(
    keep({
      recipe: TEXT_RECIPE,
      task: 'text',
      parentSha256: null,
      model: letterOnnx(TEXT_RECIPE.name, net),
      dataset,
      examples: examples.length,
      metrics: { accuracy: net.accuracy(reviews()) },
    }),
  );
  const slow = slowOnnx();
  writeFileSync(join(folder, 'slow.onnx'), slow);
  return { models, slowSha256: sha256(slow) };
}

export const modelFiles = (name: ModelName) => ({
  model: `${name}.onnx`,
  dataset: `${name}.${name === 'text' ? 'tsv' : 'data'}`,
  training: `${name}.training.json`,
});

interface Kept {
  readonly recipe: DigitRecipe | TextRecipe;
  readonly task: Task;
  readonly parentSha256: string | null;
  readonly model: Uint8Array;
  readonly dataset: Uint8Array;
  readonly examples: number;
  readonly metrics: ModelEntry['metrics'];
}

function keepModel(folder: string, code: string, kept: Kept): ModelEntry {
  const { recipe, task, parentSha256, model, dataset, examples, metrics } = kept;
  const { name, shape, training } = recipe;
  const [modelSha256, datasetSha256] = [sha256(model), sha256(dataset)];
  const document = canonicalJson({
    code: `0x${code}`,
    dataset: { examples, sha256: `0x${datasetSha256}` },
    metrics: Object.fromEntries(Object.entries(metrics).map(([key, share]) => [`${key}PerMyriad`, perMyriad(share)])),
    model: `0x${modelSha256}`,
    name,
    network: { ...shape },
    parent: parentSha256 === null ? null : `0x${parentSha256}`,
    task,
    training: optionsOf(training),
    version: 1,
  });
  const files = modelFiles(name);
  writeFileSync(join(folder, files.model), model);
  writeFileSync(join(folder, files.dataset), dataset);
  writeFileSync(join(folder, files.training), document);
  return {
    name,
    task,
    ...('parent' in recipe && recipe.parent !== undefined && { parent: recipe.parent }),
    sha256: modelSha256,
    datasetSha256,
    trainingSha256: sha256(new TextEncoder().encode(document)),
    metrics,
  };
}

/** Canonical JSON has no fractions: they are texts. */
function optionsOf({ batch, decay, epochs, momentum, rate, seed }: Training): Record<string, string | number> {
  return { batch, decay: String(decay), epochs, momentum: String(momentum), rate: String(rate), seed };
}

function pictures(domain: 'plain' | 'shifted'): Example[] {
  return drawDigits('measuring', MEASURED_QUESTIONS, domain).map(({ pixels, label }) => ({ values: pixels, label }));
}

function reviews(): Example[] {
  return writeReviews('measuring', MEASURED_QUESTIONS, 'asking').map(({ text, label }) => ({
    values: reviewCodes(text),
    label,
  }));
}

function perMyriad(share: number): number {
  return Math.round(share * 10_000);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
