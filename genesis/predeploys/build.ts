import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Artifacts, artifact, compile, readSources, type Sources } from '../compiler.ts';

const folder = dirname(fileURLToPath(import.meta.url));

/** Predeploys that read the ledger; each is compiled with its interface and LedgerRead's, and with nothing else. */
const READERS: readonly string[] = ['Oracle'];

const ALONE: readonly string[] = [...READERS, 'DataEscrow'];

/** Files of a predeploy that reads the ledger: itself and its interface. */
function isOf(name: string, file: string): boolean {
  return file === `${name}.sol` || file === `I${name}.sol`;
}

/** Sources of Inbox, Outbox, TokenFactory and BridgedToken: what knows each other. */
export function laneSources(): Promise<Sources> {
  return readSources(join(folder, 'contracts'), (file) => !ALONE.some((name) => isOf(name, file)));
}

/** Sources of a predeploy that reads the ledger, with LedgerRead's interface in `interfaces/` beside it. */
export async function readerSources(name: string): Promise<Sources> {
  const own = await readSources(join(folder, 'contracts'), (file) => isOf(name, file));
  const ledger = await readSources(join(folder, 'interfaces'), (file) => file === 'ILedgerRead.sol');
  return { ...own, 'interfaces/ILedgerRead.sol': ledger['ILedgerRead.sol'] ?? '' };
}

/**
 * The contracts that come with the protocol. solc's bytes may depend on what is compiled along, so those that know each other are compiled
 * together and each of the others alone: a change of one leaves the code of the rest as it is.
 */
export async function buildPredeploys(): Promise<Artifacts> {
  const lane = await compile(await laneSources());
  const readers = await Promise.all(
    READERS.map(async (name) => [name, artifact(await compile(await readerSources(name)), name)] as const),
  );
  return { ...lane, ...Object.fromEntries(readers) };
}

/** The Solidity interfaces of the precompiles. */
export async function buildInterfaces(): Promise<Artifacts> {
  return compile(await readSources(join(folder, 'interfaces')));
}
