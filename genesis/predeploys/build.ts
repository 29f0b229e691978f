import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Artifacts, artifact, compile, readSources, type Sources } from '../compiler.ts';

const folder = dirname(fileURLToPath(import.meta.url));

/** Predeploys that know none of the others, with the precompiles' interfaces that they use. */
const ALONE: Readonly<Record<string, readonly string[]>> = {
  Oracle: ['ILedgerRead.sol'],
  DataEscrow: [],
};

/** Sources of Inbox, Outbox, TokenFactory and BridgedToken, which know each other. */
export function laneSources(): Promise<Sources> {
  const others = Object.keys(ALONE).flatMap((name) => [`${name}.sol`, `I${name}.sol`]);
  return readSources(join(folder, 'contracts'), (file) => !others.includes(file));
}

/** Sources of one of the others: itself, its interface, and in `interfaces/` those of the precompiles. */
export async function aloneSources(name: string): Promise<Sources> {
  const wanted = ALONE[name] ?? [];
  const own = await readSources(join(folder, 'contracts'), (file) => file === `${name}.sol` || file === `I${name}.sol`);
  const interfaces = await readSources(join(folder, 'interfaces'), (file) => wanted.includes(file));
  const named = Object.entries(interfaces).map(([file, text]) => [`interfaces/${file}`, text]);
  return { ...own, ...Object.fromEntries(named) };
}

/**
 * The contracts that come with the protocol. solc's bytes may depend on what is compiled along: those that know each other are compiled
 * together, each of the others by itself, and a change of one leaves the code of the rest as it is.
 */
export async function buildPredeploys(): Promise<Artifacts> {
  const lane = await compile(await laneSources());
  const others: [string, Artifacts[string]][] = [];
  for (const name of Object.keys(ALONE)) others.push([name, artifact(await compile(await aloneSources(name)), name)]);
  return { ...lane, ...Object.fromEntries(others) };
}

/** The Solidity interfaces of the precompiles. */
export async function buildInterfaces(): Promise<Artifacts> {
  return compile(await readSources(join(folder, 'interfaces')));
}
