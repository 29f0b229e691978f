import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readR1csInfo } from '../keys/r1cs.ts';
import { CircuitError, throwIfAborted } from './errors.ts';
import { nodeModulesDir, PACKAGE_ROOT, packageFile } from './paths.ts';
import { withLargerGrowth } from './wasmGrowth.ts';

export interface CompileOptions {
  /** Text of the file that holds `component main`. Includes are looked up in the package root and in node_modules. */
  readonly source: string;
  readonly outDir: string;
  /** Also write `circuit.sym` (signal names; large, wanted by tests only). */
  readonly symbols?: boolean;
  /** Further include folders, absolute. */
  readonly includeDirs?: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** A line circom printed. */
  readonly onLine?: ((line: string) => void) | undefined;
}

export interface Compiled {
  readonly r1cs: string;
  readonly wasm: string;
  readonly sym?: string;
  readonly constraints: number;
}

/** Compiler flags: part of the content hash, since they change the constraints. */
export const CIRCOM_FLAGS: readonly string[] = ['--r1cs', '--wasm', '--O2'];

/**
 * Compiles with circom (WebAssembly, in a child process: a large circuit takes over a minute and gigabytes).
 * Writes `circuit.r1cs`, `circuit.wasm` and, if asked, `circuit.sym` to `outDir`.
 * @throws CircuitError COMPILE_FAILED with circom's own message, ABORTED.
 */
export async function compileCircom(options: CompileOptions): Promise<Compiled> {
  throwIfAborted(options.signal);
  const outDir = path.resolve(options.outDir);
  await mkdir(outDir, { recursive: true });
  const main = path.join(outDir, 'circuit.circom');
  await writeFile(main, options.source);
  const includes = [...(options.includeDirs ?? []), PACKAGE_ROOT, nodeModulesDir()];
  // circom sees the disk through WASI, which opens only paths below the working folder: hence the root as working folder.
  const root = path.parse(outDir).root;
  const under = (p: string) => path.relative(root, p);
  const compiler = path.join(outDir, 'circom.wasm');
  await writeFile(compiler, withLargerGrowth(await readFile(packageFile('circom2/circom.wasm'))));
  const args = [
    fileURLToPath(new URL('./circomChild.mjs', import.meta.url)),
    compiler,
    under(main),
    ...CIRCOM_FLAGS,
    ...(options.symbols ? ['--sym'] : []),
    ...includes.flatMap((dir) => ['-l', under(dir)]),
    '-o',
    under(outDir),
  ];
  try {
    await run(args, root, options);
  } finally {
    await rm(compiler, { force: true });
  }
  const js = path.join(outDir, 'circuit_js');
  const r1cs = path.join(outDir, 'circuit.r1cs');
  const wasm = path.join(outDir, 'circuit.wasm');
  if (!existsSync(r1cs) || !existsSync(path.join(js, 'circuit.wasm'))) {
    throw new CircuitError('COMPILE_FAILED', 'circom wrote no output', { outDir });
  }
  await rename(path.join(js, 'circuit.wasm'), wasm);
  await rm(js, { recursive: true, force: true });
  const { constraints } = await readR1csInfo(r1cs);
  return { r1cs, wasm, constraints, ...(options.symbols ? { sym: path.join(outDir, 'circuit.sym') } : {}) };
}

function run(args: readonly string[], cwd: string, options: CompileOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = (chunk: Buffer) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: strips circom's colour codes
      const text = chunk.toString('utf8').replace(/\u001b\[[0-9;]*m/g, '');
      output = (output + text).slice(-20_000);
      for (const line of text.split('\n')) if (line.trim() !== '') options.onLine?.(line.trim());
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const abort = () => child.kill('SIGKILL');
    options.signal?.addEventListener('abort', abort, { once: true });
    child.on('error', (cause) => reject(new CircuitError('COMPILE_FAILED', 'circom did not start', {}, { cause })));
    child.on('close', (code) => {
      options.signal?.removeEventListener('abort', abort);
      if (options.signal?.aborted) reject(new CircuitError('ABORTED', 'compilation cancelled'));
      else if (code === 0 && !/^error/m.test(output)) resolve();
      else reject(new CircuitError('COMPILE_FAILED', output.trim() || `exit code ${code}`, { exitCode: code ?? -1 }));
    });
  });
}

/** Number of constraints of a compiled circuit, for tables and budgets. */
export async function constraintsOf(r1cs: string): Promise<number> {
  return (await readR1csInfo(r1cs)).constraints;
}

/**
 * Absolute paths of every source a main file reaches through `include`, each once, sorted.
 * @throws CircuitError SOURCE_MISSING naming the include that was not found.
 */
export async function reachableSources(source: string, includeDirs: readonly string[] = []): Promise<string[]> {
  const found = new Set<string>();
  const search = [...includeDirs, PACKAGE_ROOT, nodeModulesDir()];
  const visit = async (text: string, dir: string | undefined): Promise<void> => {
    const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
    for (const match of code.matchAll(/\binclude\s+"([^"]+)"/g)) {
      const wanted = match[1] ?? '';
      const file = [...(dir === undefined ? [] : [dir]), ...search]
        .map((d) => path.resolve(d, wanted))
        .find(existsSync);
      if (file === undefined)
        throw new CircuitError('SOURCE_MISSING', `include "${wanted}" not found`, { include: wanted });
      if (found.has(file)) continue;
      found.add(file);
      await visit(await readFile(file, 'utf8'), path.dirname(file));
    }
  };
  await visit(source, undefined);
  return [...found].sort();
}
