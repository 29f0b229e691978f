import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Groth16Proof } from '../../chain/types.ts';
import { toJson } from '../rpc/json.ts';

/** A proof of a batch, with the public inputs it is for. */
export interface HeldProof {
  readonly batch: number;
  /** C, r, y: what L1 must have of the batch. */
  readonly statement: readonly [bigint, bigint, bigint];
  readonly proof: Groth16Proof;
}

const number = z
  .string()
  .regex(/^\d{1,80}$/)
  .transform(BigInt);
const pair = z.tuple([number, number]);
const schema = z.object({
  batch: z.int().positive(),
  statement: z.tuple([number, number, number]),
  proof: z.object({ a: pair, b: z.tuple([pair, pair]), c: pair }),
});

const FILE = /^batch-\d+\.json$/;

/** Proofs that wait for their turn on L1. With a folder they outlive the process: a proof is minutes of work. */
export class ProofShelf {
  readonly #held = new Map<number, HeldProof>();
  readonly #dir: string | undefined;

  constructor({ dir }: { readonly dir?: string | undefined }) {
    this.#dir = dir;
    if (dir === undefined) return;
    mkdirSync(dir, { recursive: true });
    for (const name of readdirSync(dir).filter((found) => FILE.test(found))) {
      const proof = read(join(dir, name));
      // Half-written by a crash of the machine: it is proven again.
      if (proof === undefined) rmSync(join(dir, name));
      else this.#held.set(proof.batch, proof);
    }
  }

  get(batch: number): HeldProof | undefined {
    return this.#held.get(batch);
  }

  put(proof: HeldProof): void {
    this.#held.set(proof.batch, proof);
    if (this.#dir === undefined) return;
    const file = this.#file(this.#dir, proof.batch);
    writeFileSync(`${file}.tmp`, toJson(proof));
    renameSync(`${file}.tmp`, file);
  }

  drop(batch: number): void {
    if (this.#held.delete(batch) && this.#dir !== undefined) rmSync(this.#file(this.#dir, batch), { force: true });
  }

  /** What is proven on L1 needs no proof any more. */
  dropUpTo(batch: number): void {
    for (const number of [...this.#held.keys()]) if (number <= batch) this.drop(number);
  }

  #file(dir: string, batch: number): string {
    return join(dir, `batch-${batch}.json`);
  }
}

function read(file: string): HeldProof | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
