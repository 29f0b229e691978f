/** `npm run models [-- <folder>] [--json]`: makes the models (or takes them from the cache), a question for each task, and prints what they are. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultCacheDir } from '../../circuits/build/paths.ts';
import { tensorsToJson } from '../consumer/jsonTensors.ts';
import { buildModels } from './buildModels.ts';
import type { ModelCatalog } from './catalog.ts';
import { labelled, type Task } from './task.ts';

const args = process.argv.slice(2);
const isJson = args.includes('--json');
const folder = args.find((arg) => !arg.startsWith('--')) ?? join(defaultCacheDir(), 'models', 'latest');
const started = performance.now();
const catalog = await buildModels(folder, {
  onProgress: (name) => {
    if (!isJson) console.error(`training ${name} …`);
  },
});
for (const task of ['digits', 'text'] as const) await writeExample(task);
const seconds = (performance.now() - started) / 1000;

if (isJson) console.log(JSON.stringify({ folder, seconds, ...printable(catalog) }, null, 2));
else printTable(catalog);

/** Something to ask: what `engram infer` takes. */
async function writeExample(task: Task): Promise<void> {
  const [question] = labelled(task, { seed: 'example', count: 1 });
  if (question === undefined) return;
  await writeFile(join(folder, `${task}.example.json`), `${JSON.stringify(tensorsToJson(question.input))}\n`);
}

function printTable({ slow, ...models }: ModelCatalog): void {
  for (const { name, task, parent, metrics, sha256 } of Object.values(models)) {
    const shifted = metrics.shifted === undefined ? '' : ` (${percent(metrics.shifted)} of bad ones)`;
    const from = parent === undefined ? '' : `, from ${parent}`;
    console.log(`${name.padEnd(12)} ${percent(metrics.accuracy)} of ${task}${shifted}${from}`);
    console.log(`             SHA-256 ${hex(sha256)}`);
  }
  console.log(`slow         for measurements\n             SHA-256 ${hex(slow.sha256)}`);
  console.log(`\n${folder}, ${seconds.toFixed(1)} s`);
}

function printable(catalog: ModelCatalog): object {
  const text = JSON.stringify(catalog, (key, value: unknown) => {
    if (key === 'input') return undefined;
    return value instanceof Uint8Array ? hex(value) : value;
  });
  return JSON.parse(text) as object; // written on the line above
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
