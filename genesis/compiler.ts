/** Compiles Solidity with solc from npm; results are cached by content hash in $ENGRAM_CACHE or ~/.cache/engram. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import type { Abi } from 'viem';
import { withFileLock } from '../circuits/build/fileLock.ts';
import { defaultCacheDir, packageVersion } from '../circuits/build/paths.ts';
import type { Hex } from '../protocol/lane/types.ts';
import { GenesisError } from './errors.ts';

export interface ContractArtifact {
  readonly abi: Abi;
  readonly bytecode: Hex;
  /** Deployed code; where `hasImmutables`, with zeros in the places a constructor fills in. */
  readonly runtime: Hex;
  readonly hasImmutables: boolean;
  /** Bytes of runtime code (EIP-170 allows 24576). */
  readonly runtimeBytes: number;
}

export type Artifacts = Readonly<Record<string, ContractArtifact>>;

/** Source text by path, as in solc's standard JSON. */
export type Sources = Readonly<Record<string, string>>;

interface SolcContract {
  readonly abi: Abi;
  readonly evm: {
    readonly bytecode: { readonly object: string };
    readonly deployedBytecode: {
      readonly object: string;
      readonly immutableReferences?: Readonly<Record<string, unknown>>;
    };
  };
}

interface SolcOutput {
  readonly errors?: readonly { severity: string; formattedMessage: string; sourceLocation?: { file: string } }[];
  readonly contracts?: Record<string, Record<string, SolcContract>>;
}

const require = createRequire(import.meta.url);

const SETTINGS = {
  optimizer: { enabled: true, runs: 1000 },
  viaIR: true,
  evmVersion: 'cancun',
  metadata: { bytecodeHash: 'none' },
  outputSelection: {
    '*': {
      '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object', 'evm.deployedBytecode.immutableReferences'],
    },
  },
} as const;

/** The Solidity files below `folder`, by their paths in it; those that `isWanted` picks. */
export async function readSources(folder: string, isWanted: (file: string) => boolean = () => true): Promise<Sources> {
  const entries = await readdir(folder, { recursive: true });
  const files = entries
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.sol') && isWanted(name));
  const sources: Record<string, string> = {};
  for (const file of files.sort()) sources[file] = await readFile(join(folder, file), 'utf8');
  return sources;
}

/**
 * Compiles any sources (a verifier exported from a verifying key, for instance). Imports of npm packages are resolved.
 * Throws GenesisError COMPILE_FAILED; a warning in our own contracts is an error too.
 */
export async function compile(sources: Sources): Promise<Artifacts> {
  const cachePath = join(defaultCacheDir(), 'solidity', `${cacheKey(sources)}.json`);
  const cached = await readCache(cachePath);
  if (cached !== undefined) return cached;
  // The compiler takes all of a core for a while: other processes had better wait for its result.
  return withFileLock(`${cachePath}.lock`, async () => {
    const meanwhile = await readCache(cachePath);
    if (meanwhile !== undefined) return meanwhile;
    const artifacts = runCompiler(sources);
    // Written beside and renamed: a reader never sees half a file.
    const temporary = `${cachePath}.${process.pid}.tmp`;
    await writeFile(temporary, JSON.stringify(artifacts));
    await rename(temporary, cachePath);
    return artifacts;
  });
}

async function readCache(path: string): Promise<Artifacts | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Artifacts); // our own file, named by the hash of its inputs
}

function cacheKey(sources: Sources): string {
  const hash = createHash('sha256');
  for (const name of ['solc', '@openzeppelin/contracts']) hash.update(`${name}@${packageVersion(name)}\n`);
  hash.update(JSON.stringify(SETTINGS));
  hash.update(JSON.stringify(Object.entries(sources).sort(([a], [b]) => (a < b ? -1 : 1))));
  return hash.digest('hex');
}

function runCompiler(sources: Sources): Artifacts {
  // Loaded only when needed: instantiating the compiler takes longer than a cached build.
  const solc = require('solc') as { compile(input: string, callbacks: { import(path: string): unknown }): string };
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(Object.entries(sources).map(([path, content]) => [path, { content }])),
    settings: SETTINGS,
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: resolveImport })) as SolcOutput;
  // Warnings inside npm packages are not ours to mend.
  const problems = (output.errors ?? [])
    .filter((e) => e.severity === 'error' || (e.severity === 'warning' && !e.sourceLocation?.file.startsWith('@')))
    .map((e) => e.formattedMessage);
  if (problems.length > 0 || output.contracts === undefined) {
    throw new GenesisError('COMPILE_FAILED', { problems });
  }
  const artifacts: Record<string, ContractArtifact> = {};
  for (const [path, contracts] of Object.entries(output.contracts)) {
    if (sources[path] === undefined) continue;
    for (const [name, contract] of Object.entries(contracts)) artifacts[name] = toArtifact(contract);
  }
  return artifacts;
}

function toArtifact({ abi, evm }: SolcContract): ContractArtifact {
  return {
    abi,
    bytecode: `0x${evm.bytecode.object}`,
    runtime: `0x${evm.deployedBytecode.object}`,
    hasImmutables: Object.keys(evm.deployedBytecode.immutableReferences ?? {}).length > 0,
    runtimeBytes: evm.deployedBytecode.object.length / 2,
  };
}

/** solc's callback is synchronous; it is asked only for what is not among the sources, i.e. npm packages. */
function resolveImport(path: string): { contents: string } | { error: string } {
  const prefix = '@openzeppelin/contracts/';
  if (!path.startsWith(prefix)) return { error: `no such source: ${path}` };
  const root = dirname(require.resolve('@openzeppelin/contracts/package.json'));
  const file = join(root, path.slice(prefix.length));
  if (relative(root, file).startsWith('..')) return { error: `outside the package: ${path}` };
  return { contents: readFileSync(file, 'utf8') };
}

/** Picks one contract. Throws COMPILE_FAILED if it is missing. */
export function artifact(artifacts: Artifacts, name: string): ContractArtifact {
  const found = artifacts[name];
  if (found === undefined) throw new GenesisError('COMPILE_FAILED', { missing: name });
  return found;
}
