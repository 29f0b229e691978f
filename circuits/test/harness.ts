/**
 * Complete witnesses for circuit tests. Circuits are compiled as in production (`--O2`), but the witness generator does not stop at a violated
 * constraint, so a forged input gives a complete witness, which is then held against every constraint of the r1cs.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as snarkjs from 'snarkjs';
import { compileCircom, reachableSources } from '../build/compile.ts';
import { defaultCacheDir, packageVersion } from '../build/paths.ts';
import type { CircuitInputs } from '../input.ts';
import { fromLittleEndian, R_BN254, readR1csInfo } from '../keys/r1cs.ts';

/** wire numbers and coefficients of one linear combination */
interface Combination {
  readonly wires: Uint32Array;
  readonly coefficients: readonly bigint[];
}

export type Witness = bigint[];

export class TestCircuit {
  readonly #wasm: string;
  readonly #constraints: readonly (readonly [Combination, Combination, Combination])[];
  readonly #wireOf: ReadonlyMap<string, number>;
  readonly #nameOf: ReadonlyMap<number, string>;
  #users: readonly (readonly number[])[] | undefined;

  private constructor(
    wasm: string,
    constraints: readonly (readonly [Combination, Combination, Combination])[],
    wireOf: ReadonlyMap<string, number>,
  ) {
    this.#wasm = wasm;
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
    return new TestCircuit(path.join(dir, 'circuit.wasm'), constraints, wireOf);
  }

  get constraintCount(): number {
    return this.#constraints.length;
  }

  /** A complete witness; it satisfies the constraints only if the input is honest. */
  async solve(inputs: CircuitInputs): Promise<Witness> {
    const file: { type: 'mem'; data?: Uint8Array } = { type: 'mem' };
    await snarkjs.wtns.calculate(inputs as never, this.#wasm, file as never);
    if (file.data === undefined) throw new TypeError('snarkjs returned no witness');
    return readWitness(file.data);
  }

  /** Wire of a signal that the optimiser kept, e.g. `main.op[0].amount`. */
  wire(name: string): number {
    const wire = this.#wireOf.get(name);
    if (wire === undefined) throw new TypeError(`no wire for ${name}`);
    return wire;
  }

  get wireCount(): number {
    return Math.max(...this.#wireOf.values()) + 1;
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

/** Section 2 of a `.wtns` file (version 2): 32 little-endian bytes a wire. */
function readWitness(data: Uint8Array): Witness {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = 12;
  for (let section = 0; section < view.getUint32(8, true); section++) {
    const type = view.getUint32(at, true);
    const size = Number(view.getBigUint64(at + 4, true));
    at += 12;
    if (type === 2) {
      const witness: Witness = [];
      for (let k = at; k < at + size; k += 32) witness.push(fromLittleEndian(data.subarray(k, k + 32)));
      return witness;
    }
    at += size;
  }
  throw new TypeError('no witness section');
}
