import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { ensureArtifacts, ensureCompiled } from '../../circuits/build/artifacts.ts';
import { CIRCUIT_NAMES, type CircuitName, circuitName } from '../../circuits/build/circuits.ts';
import { constraintsOf } from '../../circuits/build/compile.ts';
import { CircuitError } from '../../circuits/build/errors.ts';
import { progressReporter } from '../../circuits/build/progress.ts';
import {
  beacon,
  type CeremonyOptions,
  contribute,
  exportKeys,
  importPtau,
  newKey,
  verifyKey,
} from '../../circuits/keys/ceremony.ts';
import { isDevKey, isForgeableKey, parseVerifyingKeyText } from '../../circuits/keys/checks.ts';
import { readVerifyingKey, zkeyInfo } from '../../circuits/keys/vkey.ts';

/** Circuits built when none is named: those a devnet needs. */
const DEFAULT_CIRCUITS: readonly CircuitName[] = ['batch-small', 'batch-dev', 'account-proof'];

interface Output {
  readonly json?: boolean;
}

/** `engram keys …`: build dev keys, look at keys, run a ceremony. */
export function registerKeysCommands(program: Command): void {
  const keys = program.command('keys').description('proving and verifying keys');
  keys
    .command('build')
    .description('compile circuits and make their dev keys (cached)')
    .option('--circuit <name>', `one of ${CIRCUIT_NAMES.join(', ')}; default: what a devnet needs`, circuit)
    .option('--cache <dir>', 'cache folder (default: $ENGRAM_CACHE or ~/.cache/engram)')
    .option('--json', 'print one JSON object last')
    .action((options: Output & { circuit?: CircuitName; cache?: string }) => guarded(options, () => build(options)));
  keys
    .command('info')
    .description(
      'describe a verifying key (.json) or proving key (.zkey): circuit size, whether it is the dev key, whether it is safe',
    )
    .argument('<file>')
    .option('--json', 'print one JSON object last')
    .action((file: string, options: Output) => guarded(options, () => info(file)));
  registerCeremony(
    keys.command('ceremony').description('phase-2 ceremony for real keys; every step writes a new file'),
  );
}

function registerCeremony(ceremony: Command): void {
  ceremony
    .command('ptau')
    .description('verify a powers-of-tau file and prepare it for phase 2')
    .requiredOption('--ptau <file>')
    .requiredOption('--out <file>')
    .option('--json', 'print one JSON object last')
    .action((o: Output & { ptau: string; out: string }) => guarded(o, () => importPtau(o, lines())));
  circuitOptions(ceremony.command('new'))
    .description('the key before any contribution')
    .requiredOption('--out <zkey>')
    .action((o: CircuitOptions & { out: string }) =>
      guarded(o, async () => newKey({ ptau: o.ptau, out: o.out, r1cs: (await circuitFiles(o)).r1cs }, lines())),
    );
  ceremony
    .command('contribute')
    .description('add a contribution (randomness comes from the operating system; words are mixed in)')
    .requiredOption('--zkey <file>')
    .requiredOption('--out <file>')
    .requiredOption('--name <name>', 'who contributes; published in the transcript')
    .option('--words <text>', 'your own entropy, in addition')
    .option('--json', 'print one JSON object last')
    .action((o: Output & { zkey: string; out: string; name: string; words?: string }) =>
      guarded(o, () => contribute(o, { name: o.name, ...(o.words === undefined ? {} : { words: o.words }) }, lines())),
    );
  ceremony
    .command('beacon')
    .description('close the ceremony with a public random value')
    .requiredOption('--zkey <file>')
    .requiredOption('--out <file>')
    .requiredOption('--hash <hex>', 'the value, e.g. the hash of a block announced beforehand')
    .option('--iterations-exp <n>', 'it is hashed 2^n times', integer, 10)
    .option('--name <name>', 'name in the transcript', 'beacon')
    .option('--json', 'print one JSON object last')
    .action((o: Output & { zkey: string; out: string; hash: string; iterationsExp: number; name: string }) =>
      guarded(o, () => beacon(o, { hash: o.hash, iterationsExp: o.iterationsExp, name: o.name }, lines())),
    );
  circuitOptions(ceremony.command('verify'))
    .description('check the whole transcript of a key against the circuit and the ptau')
    .requiredOption('--zkey <file>')
    .action((o: CircuitOptions & { zkey: string }) =>
      guarded(o, async () => verifyKey({ ptau: o.ptau, zkey: o.zkey, r1cs: (await circuitFiles(o)).r1cs }, lines())),
    );
  circuitOptions(ceremony.command('export'))
    .description(
      'verify, then write key, verifying key, Solidity verifier and manifest (use them with ENGRAM_KEYS=<dir>)',
    )
    .requiredOption('--zkey <file>')
    .requiredOption('--out <dir>')
    .action((o: CircuitOptions & { zkey: string; out: string }) =>
      guarded(o, async () => {
        const { r1cs, hash } = await circuitFiles(o);
        const contractName = `${o.circuit.replace(/(^|-)(\w)/g, (_, _dash, letter: string) => letter.toUpperCase())}Verifier`;
        const exported = await exportKeys(
          { ptau: o.ptau, zkey: o.zkey, r1cs, outDir: o.out },
          { name: o.circuit, circuitHash: hash, contractName },
          lines(),
        );
        return { contributions: exported.contributions, contractName, ...exported.files };
      }),
    );
}

interface CircuitOptions extends Output {
  readonly circuit: CircuitName;
  readonly ptau: string;
}

function circuitOptions(command: Command): Command {
  return command
    .requiredOption('--circuit <name>', `one of ${CIRCUIT_NAMES.join(', ')}`, circuit)
    .requiredOption('--ptau <file>', 'prepared powers of tau')
    .option('--json', 'print one JSON object last');
}

async function build(options: { circuit?: CircuitName; cache?: string }): Promise<object> {
  const progress = progressReporter();
  const abort = new AbortController();
  const stop = () => abort.abort();
  process.once('SIGINT', stop);
  try {
    const built = [];
    for (const name of options.circuit === undefined ? DEFAULT_CIRCUITS : [options.circuit]) {
      const cacheDir = options.cache;
      built.push(
        await ensureArtifacts(name, { cacheDir, signal: abort.signal, onProgress: (p) => progress.update(name, p) }),
      );
    }
    return { artifacts: built };
  } finally {
    process.off('SIGINT', stop);
    progress.stop();
  }
}

async function info(file: string): Promise<object> {
  if (path.extname(file) === '.r1cs') return { file, constraints: await constraintsOf(file) };
  const isZkey = path.extname(file) === '.zkey';
  const vkey = isZkey ? await readVerifyingKey(file) : parseVerifyingKeyText(await readFile(file, 'utf8'));
  return {
    file,
    publicSignals: vkey.nPublic,
    isDevKey: isDevKey(vkey),
    isForgeable: isForgeableKey(vkey),
    ...(isZkey ? await zkeyInfo(file) : {}),
  };
}

async function circuitFiles(o: CircuitOptions): Promise<{ r1cs: string; hash: string }> {
  const progress = progressReporter();
  try {
    return await ensureCompiled(o.circuit, { onProgress: (p) => progress.update(o.circuit, p) });
  } finally {
    progress.stop();
  }
}

/** snarkjs's messages go to stderr; stdout is for the result. */
function lines(): CeremonyOptions {
  return {
    onLine: (level, line) => {
      if (level !== 'debug') process.stderr.write(`${line}\n`);
    },
  };
}

/** Prints the result, or the coded error, and sets the exit code. */
async function guarded(options: Output, work: () => Promise<object>): Promise<void> {
  try {
    print(options, await work());
  } catch (error) {
    const { code, data } =
      error instanceof CircuitError ? error : { code: (error as NodeJS.ErrnoException).code, data: {} };
    if (code === undefined) throw error;
    process.stderr.write(`${(error as Error).message}\n`);
    if (options.json) console.log(JSON.stringify({ error: { code, ...data } }));
    process.exitCode = 1;
  }
}

function print(options: Output, result: object): void {
  if (options.json) {
    console.log(JSON.stringify(result));
    return;
  }
  const show = (value: object, indent: string): void => {
    for (const [key, entry] of Object.entries(value)) {
      if (entry !== null && typeof entry === 'object') {
        console.log(`${indent}${key}`);
        show(entry, `${indent}  `);
      } else console.log(`${indent}${key.padEnd(18)} ${entry}`);
    }
  };
  show(result, '');
}

function circuit(text: string): CircuitName {
  try {
    return circuitName(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function integer(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('not an integer');
  return value;
}
