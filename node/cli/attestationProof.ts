/** The proof file of `engram model prove`: all that L1 needs to check an attestation, except which contract to ask. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { ProvenLeaf, StoredBatch } from '../../bridge/client/types.ts';
import { isCanonical } from '../../protocol/field.ts';
import { ACCOUNT_LIMIT } from '../../protocol/ids.ts';
import type { Field } from '../../protocol/types.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { CliError, Exit } from './output.ts';

const FORMAT = 'engram.attestation-proof.1';

export interface AttestationProof {
  readonly format: typeof FORMAT;
  /** Where it was made for. A reader compares; it never asks the contract that a file names. */
  readonly l1ChainId: number;
  readonly rollup: Hex;
  /** The proofs are under this batch's new root. */
  readonly batch: StoredBatch;
  readonly attestation: ProvenLeaf;
  /** The owner's KEY account. */
  readonly owner: ProvenLeaf;
}

const decimal = z
  .string()
  .regex(/^\d{1,78}$/)
  .transform(BigInt);
const word = decimal.refine(isCanonical).transform((value) => value as Field); // canonical, by the line before
const uint = (bits: number) =>
  z
    .int()
    .min(0)
    .max(2 ** bits - 1);
const uint64 = decimal.refine((value) => value < 1n << 64n);
const hex = (bytes: number) =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-fA-F]{${2 * bytes}}$`))
    .transform((value) => value as Hex); // by the pattern
const pair = z.tuple([decimal, decimal]);
const provenLeaf = z.strictObject({
  leaf: z.strictObject({
    index: z
      .int()
      .min(1)
      .max(ACCOUNT_LIMIT - 1),
    state: word,
    a: word,
    b: word,
    c: word,
  }),
  proof: z.strictObject({ a: pair, b: z.tuple([pair, pair]), c: pair }),
});
const schema: z.ZodType<AttestationProof> = z.strictObject({
  format: z.literal(FORMAT),
  l1ChainId: uint(53),
  rollup: hex(20),
  batch: z.strictObject({
    ...{ number: uint64, shapeId: uint(8), l1Count: uint(16), exitCount: uint(16), timestamp: uint(40) },
    ...{ committedAt: uint(40), lastBlock: uint64, committer: hex(20), oldRoot: word, newRoot: word, xHash: hex(32) },
    ...{ c: word, r: word, y: word },
  }),
  attestation: provenLeaf,
  owner: provenLeaf,
});

export function attestationProof(parts: Omit<AttestationProof, 'format'>): AttestationProof {
  return { format: FORMAT, ...parts };
}

/** @throws CliError BAD_PROOF_FILE */
export function readAttestationProof(file: string): AttestationProof {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new CliError(Exit.USAGE, 'BAD_PROOF_FILE', `${file} cannot be read as JSON`, { cause });
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new CliError(Exit.USAGE, 'BAD_PROOF_FILE', `${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
