import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { artifact, type ContractArtifact, compile, readSources } from '../../genesis/compiler.ts';

const folder = dirname(fileURLToPath(import.meta.url));
const PREDEPLOYS = join(folder, '../../genesis/predeploys');

/** Compiles `ReceiptMarket.sol` with the interfaces of precompiles and predeploys as `./interfaces`. @throws GenesisError COMPILE_FAILED */
export async function buildReceiptMarket(): Promise<ContractArtifact> {
  const interfaces = {
    ...(await readSources(join(PREDEPLOYS, 'interfaces'))),
    ...(await readSources(join(PREDEPLOYS, 'contracts'), (file) => file === 'ITokenFactory.sol')),
  };
  const named = Object.fromEntries(Object.entries(interfaces).map(([file, text]) => [`interfaces/${file}`, text]));
  return artifact(await compile({ ...(await readSources(folder)), ...named }), 'ReceiptMarket');
}
