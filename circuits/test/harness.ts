/**
 * Complete witnesses for circuit tests. Circuits are compiled as in production (`--O2`), but the witness generator does not stop at a violated
 * constraint, so a forged input gives a complete witness, which is then held against every constraint of the r1cs.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { compileCircom, reachableSources } from '../build/compile.ts';
import { defaultCacheDir, packageVersion } from '../build/paths.ts';
import type { CircuitInput, CircuitInputs } from '../input.ts';
import { fromLittleEndian, R_BN254, readR1csInfo } from '../keys/r1cs.ts';

/** wire numbers and coefficients of one linear combination */
interface Combination {
  readonly wires: Uint32Array;
  readonly coefficients: readonly bigint[];
}

export type Witness = bigint[];

export class TestCircuit {
  readonly #generator: WebAssembly.Module;
  readonly #constraints: readonly (readonly [Combination, Combination, Combination])[];
  readonly #wireOf: ReadonlyMap<string, number>;
  readonly #nameOf: ReadonlyMap<number, string>;
  #users: readonly (readonly number[])[] | undefined;

  private constructor(
    generator: WebAssembly.Module,
    constraints: readonly (readonly [Combination, Combination, Combination])[],
    wireOf: ReadonlyMap<string, number>,
  ) {
    this.#generator = generator;
    this.#constraints = constraints;
    this.#wireOf = wireOf;
    const names = new Map<number, string>();
    for (const [name, wire] of wireOf) if (!names.has(wire)) names.set(wire, name);
    this.#nameOf = names;
  }

  /** Compiles (cached by content) the main file `source`. */
  static async compile(source: string): Promise<TestCircuit> {
    const files = await reachableSources(source);
    const hash = createHash('sha256').update(source).update(packageVersion('circom2'));
    for (const file of files) hash.update(await readFile(file));
    const dir = path.join(defaultCacheDir(), 'test-circuits', hash.digest('hex').slice(0, 32));
    if (!existsSync(dir)) {
      const draft = `${dir}.${process.pid}`;
      await mkdir(draft, { recursive: true });
      await compileCircom({ source, outDir: draft, symbols: true });
      const wasm = path.join(draft, 'circuit.wasm');
      await writeFile(wasm, withoutAsserts(await readFile(wasm)));
      // Another process may have won the race: its result is the same.
      await rename(draft, dir).catch(() => rm(draft, { recursive: true, force: true }));
    }
    const [constraints, wireOf] = await Promise.all([
      readConstraints(path.join(dir, 'circuit.r1cs')),
      readSymbols(path.join(dir, 'circuit.sym')),
    ]);
    const generator = await WebAssembly.compile(await readFile(path.join(dir, 'circuit.wasm')));
    return new TestCircuit(generator, constraints, wireOf);
  }

  get constraintCount(): number {
    return this.#constraints.length;
  }

  /** A complete witness; it satisfies the constraints only if the input is honest. */
  solve(inputs: CircuitInputs): Promise<Witness> {
    return generateWitness(this.#generator, inputs);
  }

  /** Wire of a signal that the optimiser kept, e.g. `main.op[0].amount`. */
  wire(name: string): number {
    const wire = this.#wireOf.get(name);
    if (wire === undefined) throw new TypeError(`no wire for ${name}`);
    return wire;
  }

  /** False if the optimiser expressed the signal through others. */
  has(name: string): boolean {
    return this.#wireOf.has(name);
  }

  name(wire: number): string {
    return this.#nameOf.get(wire) ?? `wire ${wire}`;
  }

  /** Numbers of the constraints that the witness violates. */
  violations(witness: Witness): number[] {
    const violated: number[] = [];
    for (let i = 0; i < this.#constraints.length; i++) if (!this.#holds(i, witness)) violated.push(i);
    return violated;
  }

  /** True if some constraint that mentions the wire fails when the wire alone is changed to `value`. */
  notices(witness: Witness, wire: number, value: bigint): boolean {
    const old = witness[wire] ?? 0n;
    witness[wire] = value;
    const noticed = (this.users()[wire] ?? []).some((i) => !this.#holds(i, witness));
    witness[wire] = old;
    return noticed;
  }

  /** Signals that a constraint mentions, to see which rule a violation is about. */
  describe(constraint: number): string[] {
    const parts = this.#constraints[constraint] ?? [];
    return [...new Set(parts.flatMap((part) => [...part.wires]))].map((wire) => this.name(wire));
  }

  users(): readonly (readonly number[])[] {
    if (this.#users === undefined) {
      const users: number[][] = [];
      this.#constraints.forEach((parts, i) => {
        for (const wire of new Set(parts.flatMap((part) => [...part.wires]))) {
          const list = users[wire] ?? [];
          list.push(i);
          users[wire] = list;
        }
      });
      this.#users = users;
    }
    return this.#users;
  }

  #holds(i: number, witness: Witness): boolean {
    const constraint = this.#constraints[i];
    if (constraint === undefined) return true;
    const [a, b, c] = constraint;
    return (evaluate(a, witness) * evaluate(b, witness) - evaluate(c, witness)) % R_BN254 === 0n;
  }
}

/**
 * The witness generator with its asserts taken out. After a violated `===` circom's code does
 * `call $printErrorMessage; i32.const 4; return` at the end of an `if`; the last two become no-ops of the same length.
 */
function withoutAsserts(wasm: Buffer): Buffer {
  const failed = Buffer.from([0x10, 0x01, 0x41, 0x04, 0x0f, 0x0b]);
  const patched = Buffer.from(wasm);
  for (let at = patched.indexOf(failed); at !== -1; at = patched.indexOf(failed, at + 1))
    patched.fill(0x01, at + 2, at + 5);
  return patched;
}

function evaluate({ wires, coefficients }: Combination, witness: Witness): bigint {
  let sum = 0n;
  for (let k = 0; k < wires.length; k++) sum += (coefficients[k] ?? 0n) * (witness[wires[k] ?? 0] ?? 0n);
  return sum % R_BN254;
}

async function readConstraints(file: string): Promise<(readonly [Combination, Combination, Combination])[]> {
  const info = await readR1csInfo(file);
  const bytes = (await readFile(file)).subarray(info.constraintsOffset, info.constraintsOffset + info.constraintsBytes);
  const interned = new Map<string, bigint>();
  let at = 0;
  const combination = (): Combination => {
    const terms = bytes.readUInt32LE(at);
    at += 4;
    const wires = new Uint32Array(terms);
    const coefficients = new Array<bigint>(terms);
    for (let k = 0; k < terms; k++) {
      wires[k] = bytes.readUInt32LE(at);
      const key = bytes.toString('latin1', at + 4, at + 36);
      let value = interned.get(key);
      if (value === undefined) {
        value = fromLittleEndian(bytes.subarray(at + 4, at + 36));
        if (value > R_BN254 / 2n) value -= R_BN254;
        interned.set(key, value);
      }
      coefficients[k] = value;
      at += 36;
    }
    return { wires, coefficients };
  };
  const constraints: (readonly [Combination, Combination, Combination])[] = [];
  for (let i = 0; i < info.constraints; i++) constraints.push([combination(), combination(), combination()]);
  return constraints;
}

/** Lines `label,wire,component,name`; wire −1: optimised away. */
async function readSymbols(file: string): Promise<Map<string, number>> {
  const wires = new Map<string, number>();
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    const [, wire, , name] = line.split(',');
    if (name !== undefined && wire !== undefined && wire !== '-1') wires.set(name, Number(wire));
  }
  return wires;
}

/** circom's generator as WebAssembly (version 2 of its interface): field elements pass through 8 shared 32-bit words. */
interface GeneratorExports {
  init(sanityCheck: number): void;
  writeSharedRWMemory(word: number, value: number): void;
  readSharedRWMemory(word: number): number;
  setInputSignal(hashHigh: number, hashLow: number, position: number): void;
  getInputSignalSize(hashHigh: number, hashLow: number): number;
  getWitnessSize(): number;
  getWitness(wire: number): void;
}

/** Names of input signals travel as 64-bit FNV-1a hashes. */
function fnv1a(name: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(name))
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return hash;
}

async function generateWitness(generator: WebAssembly.Module, inputs: CircuitInputs): Promise<Witness> {
  const silent = (): void => undefined;
  const { exports } = await WebAssembly.instantiate(generator, {
    runtime: {
      exceptionHandler: (code: number) => {
        throw new TypeError(`witness generator: error ${code}`);
      },
      printErrorMessage: silent,
      writeBufferMessage: silent,
      showSharedRWMemory: silent,
    },
  });
  // The generator's interface is fixed by circom; the module was compiled by this harness.
  const api = exports as unknown as GeneratorExports;
  api.init(0);
  for (const [name, input] of Object.entries(inputs)) {
    const hash = fnv1a(name);
    const high = Number(hash >> 32n);
    const low = Number(hash & 0xffffffffn);
    const values = flatten(input);
    const size = api.getInputSignalSize(high, low);
    if (size !== values.length) throw new TypeError(`input ${name}: ${values.length} values for ${size}`);
    values.forEach((value, position) => {
      let rest = ((value % R_BN254) + R_BN254) % R_BN254;
      for (let word = 0; word < 8; word++, rest >>= 32n) api.writeSharedRWMemory(word, Number(rest & 0xffffffffn));
      api.setInputSignal(high, low, position);
    });
  }
  return Array.from({ length: api.getWitnessSize() }, (_, wire) => {
    api.getWitness(wire);
    let value = 0n;
    for (let word = 7; word >= 0; word--) value = (value << 32n) | BigInt(api.readSharedRWMemory(word) >>> 0);
    return value;
  });
}

function flatten(input: CircuitInput): bigint[] {
  return typeof input === 'bigint' ? [input] : input.flatMap(flatten);
}
