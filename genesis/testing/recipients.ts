import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Artifacts, compile, readSources } from '../compiler.ts';

const folder = dirname(fileURLToPath(import.meta.url));

/** The contracts of testing/contracts, which see the predeploys' sources beside them. */
export async function buildRecipients(): Promise<Artifacts> {
  const predeploys = await readSources(join(folder, '..', 'predeploys', 'contracts'));
  return compile({ ...predeploys, ...(await readSources(join(folder, 'contracts'))) });
}
