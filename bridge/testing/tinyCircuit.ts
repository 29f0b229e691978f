/**
 * A real Groth16 verifier for contract tests: a circuit with the public inputs of the batch (or account) proof and next to no
 * constraints, so that any statement can be proven in milliseconds. It proves nothing about the ledger.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as snarkjs from 'snarkjs';
import { compileCircom } from '../../circuits/build/compile.ts';
import { terminateSnarkjs } from '../../circuits/build/snarkCurve.ts';
import { generateDevKeys } from '../../circuits/keys/devKeys.ts';
import type { Trapdoor } from '../../circuits/keys/devSecret.ts';
import { readVerifyingKey, type VerifyingKey } from '../../circuits/keys/vkey.ts';
import type { Proof } from '../client/types.ts';

export class TinyCircuit {
  readonly verifyingKey: VerifyingKey;
  readonly #directory: string;

  private constructor(directory: string, verifyingKey: VerifyingKey) {
    this.#directory = directory;
    this.verifyingKey = verifyingKey;
  }

  static async make(inputs: number, trapdoor?: Trapdoor): Promise<TinyCircuit> {
    const directory = await mkdtemp(join(tmpdir(), 'engram-tiny-'));
    const source = `pragma circom 2.1.6;
template Main() { signal input v[${inputs}]; signal s; s <== v[0] * v[${inputs - 1}]; }
component main {public [v]} = Main();`;
    await compileCircom({ source, outDir: directory });
    const zkey = join(directory, 'circuit.zkey');
    const keys = { r1cs: join(directory, 'circuit.r1cs'), zkey, threads: 1 };
    await generateDevKeys(trapdoor === undefined ? keys : { ...keys, trapdoor });
    return new TinyCircuit(directory, await readVerifyingKey(zkey));
  }

  async prove(inputs: readonly bigint[]): Promise<Proof> {
    const wasm = join(this.#directory, 'circuit.wasm');
    const zkey = await readFile(join(this.#directory, 'circuit.zkey'));
    const { proof } = await snarkjs.groth16.fullProve({ v: inputs.map(String) }, wasm, new Uint8Array(zkey));
    const pair = (p: readonly string[] | undefined) => [BigInt(p?.[0] ?? 0), BigInt(p?.[1] ?? 0)] as const;
    const swapped = (p: readonly string[] | undefined) => [BigInt(p?.[1] ?? 0), BigInt(p?.[0] ?? 0)] as const;
    return { a: pair(proof.pi_a), b: [swapped(proof.pi_b[0]), swapped(proof.pi_b[1])], c: pair(proof.pi_c) };
  }

  /** The workers of snarkjs are shared by the process: call once, at the end. */
  async remove(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
    await terminateSnarkjs();
  }
}
