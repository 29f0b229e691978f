/** The files that are attested: a dataset, a model trained from it, a fine-tune of that model, each with a document of where it comes from. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { BigramModel, sampleText } from './aiModel.ts';

export interface Artefact {
  readonly file: string;
  readonly sha256: Uint8Array;
  /** Of the provenance document beside it. */
  readonly provenance: Uint8Array;
}

export interface Artefacts {
  readonly dataset: Artefact;
  readonly model: Artefact;
  readonly fineTune: Artefact;
}

const TOPIC = 'a ledger proves what a model did and pays who made it while nobody has to trust the one who runs it';
const FINE_TUNE_TOPIC = 'the weather of tomorrow is rain in the north wind in the west and sun in the south';

/** Writes them into `folder`; the same bytes every time. */
export async function makeArtefacts(folder: string): Promise<Artefacts> {
  await mkdir(folder, { recursive: true });
  const text = sampleText(TOPIC, 500);
  const dataset = await store(join(folder, 'dataset.txt'), new TextEncoder().encode(text), {
    made: 'by the demo, from a seed',
    lines: 500,
  });
  const base = BigramModel.train(text);
  const model = await store(join(folder, 'model.bin'), base.toBytes(), {
    made: 'bigrams counted in the dataset',
    dataset: hex(dataset.sha256),
  });
  const tuned = BigramModel.train(sampleText(FINE_TUNE_TOPIC, 100), { base, weight: 8 });
  const fineTune = await store(join(folder, 'fine-tune.bin'), tuned.toBytes(), {
    made: 'bigrams of 100 more lines on top of the model, each counted 8 times',
    parent: hex(model.sha256),
  });
  return { dataset, model, fineTune };
}

export async function sha256File(file: string): Promise<Uint8Array> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest();
}

async function store(file: string, bytes: Uint8Array, provenance: object): Promise<Artefact> {
  await writeFile(file, bytes);
  const document = `${file}.provenance.json`;
  await writeFile(document, JSON.stringify(provenance, null, 2));
  return { file, sha256: await sha256File(file), provenance: await sha256File(document) };
}

export function hex(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}
