/** The bridge's contracts, compiled (genesis/compiler.ts); its errors are BridgeErrors here. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as compiler from '../genesis/compiler.ts';
import { GenesisError } from '../genesis/errors.ts';
import { BridgeError } from './client/errors.ts';

const contractsDir = join(dirname(fileURLToPath(import.meta.url)), 'contracts');

/** The bridge's contracts. */
export function buildContracts(): Promise<compiler.Artifacts> {
  return compileOwn((file) => !file.startsWith('test/'));
}

/** Mocks and tokens of contracts/test, with the libraries they exercise. */
export function buildTestContracts(): Promise<compiler.Artifacts> {
  return compileOwn((file) => /^(test|lib|interfaces)\/|^(Errors|Types)\.sol$/.test(file));
}

async function compileOwn(isWanted: (file: string) => boolean): Promise<compiler.Artifacts> {
  return compile(await compiler.readSources(contractsDir, isWanted));
}

/** Compiles any sources. Throws BridgeError COMPILE_FAILED; a warning in our own contracts is an error too. */
export async function compile(sources: compiler.Sources): Promise<compiler.Artifacts> {
  try {
    return await compiler.compile(sources);
  } catch (error) {
    throw asBridgeError(error);
  }
}

/** Picks one contract. Throws COMPILE_FAILED if it is missing. */
export function artifact(artifacts: compiler.Artifacts, name: string): compiler.ContractArtifact {
  try {
    return compiler.artifact(artifacts, name);
  } catch (error) {
    throw asBridgeError(error);
  }
}

function asBridgeError(error: unknown): unknown {
  if (error instanceof GenesisError && error.code === 'COMPILE_FAILED') {
    return new BridgeError('COMPILE_FAILED', error.data, { cause: error });
  }
  return error;
}
