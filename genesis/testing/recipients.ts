import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Artifacts, compile, readSources } from '../compiler.ts';
import { laneSources } from '../predeploys/build.ts';

const folder = dirname(fileURLToPath(import.meta.url));

/** The contracts of testing/contracts/Recipients.sol, which see the lane's predeploys' sources beside them. */
export async function buildRecipients(): Promise<Artifacts> {
  const own = await readSources(join(folder, 'contracts'), (file) => file === 'Recipients.sol');
  return compile({ ...(await laneSources()), ...own });
}
