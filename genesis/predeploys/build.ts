import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Artifacts, compile, readSources } from '../compiler.ts';

const folder = dirname(fileURLToPath(import.meta.url));

/** Inbox, Outbox, TokenFactory and BridgedToken. Nothing else is compiled along: their bytes must depend on nothing else. */
export async function buildPredeploys(): Promise<Artifacts> {
  return compile(await readSources(join(folder, 'contracts')));
}

/** The Solidity interfaces of the precompiles. */
export async function buildInterfaces(): Promise<Artifacts> {
  return compile(await readSources(join(folder, 'interfaces')));
}
