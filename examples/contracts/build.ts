import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { artifact, type ContractArtifact, compile, readSources } from '../../genesis/compiler.ts';

const folder = dirname(fileURLToPath(import.meta.url));
const PREDEPLOYS = join(folder, '../../genesis/predeploys');

const USED = {
  ReceiptMarket: ['ILedgerRead.sol', 'IModelAttestation.sol', 'ITokenFactory.sol'],
  AskModel: ['IOracle.sol'],
} as const satisfies Record<string, readonly string[]>;

/** Compiles one contract of this folder with the interfaces of precompiles and predeploys that it uses as `./interfaces`. @throws GenesisError COMPILE_FAILED */
async function build(name: keyof typeof USED): Promise<ContractArtifact> {
  const isUsed = (file: string): boolean => (USED[name] as readonly string[]).includes(file);
  const interfaces = {
    ...(await readSources(join(PREDEPLOYS, 'interfaces'), isUsed)),
    ...(await readSources(join(PREDEPLOYS, 'contracts'), isUsed)),
  };
  const named = Object.fromEntries(Object.entries(interfaces).map(([file, text]) => [`interfaces/${file}`, text]));
  const own = await readSources(folder, (file) => file === `${name}.sol`);
  return artifact(await compile({ ...own, ...named }), name);
}

export function buildReceiptMarket(): Promise<ContractArtifact> {
  return build('ReceiptMarket');
}

export function buildAskModel(): Promise<ContractArtifact> {
  return build('AskModel');
}
