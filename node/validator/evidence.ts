import { hexToBytes, toHex } from 'viem';
import { z } from 'zod';
import type { AttestationDomain } from '../../bridge/client/attestation.ts';
import { type Db, put } from '../../chain/db.ts';
import { recoverSigner } from '../../chain/wire/signatures.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { attestationHasher } from './attestationHash.ts';
import type { Equivocation, SignedAttestation } from './attestationPool.ts';
import { ValidatorError } from './errors.ts';
import { historyKeys } from './historyKeys.ts';

const hex = (bytes: number) => z.string().regex(new RegExp(`^0x[0-9a-f]{${2 * bytes}}$`));
const side = z.strictObject({ commitment: hex(32), signature: hex(65) });

/** As a file or a record has it; hex in lower case. */
const EVIDENCE = z.strictObject({
  version: z.literal(1),
  l1ChainId: z.string().regex(/^[0-9]{1,20}$/),
  evmLane: hex(20),
  signer: hex(20),
  batch: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
  first: side,
  second: side,
});

export type EvidenceFile = z.infer<typeof EVIDENCE>;

/** open: to be brought to L1. settled: the stake is lost, by whoever's report, or there is none. */
export type EvidenceState = 'open' | 'settled';

export interface Evidence {
  readonly equivocation: Equivocation;
  readonly state: EvidenceState;
}

export function evidenceFile(domain: AttestationDomain, { signer, batch, first, second }: Equivocation): EvidenceFile {
  const written = ({ commitment, signature }: SignedAttestation) => ({
    commitment: toHex(commitment, { size: 32 }),
    signature: toHex(signature),
  });
  return {
    version: 1,
    l1ChainId: String(domain.l1ChainId),
    evmLane: domain.evmLane.toLowerCase(),
    signer,
    batch,
    first: written(first),
    second: written(second),
  };
}

/**
 * Of a file's text; both signatures are checked.
 * @throws ValidatorError BAD_EVIDENCE, WRONG_CHAIN
 */
export function parseEvidence(domain: AttestationDomain, text: string): Equivocation {
  const parsed = EVIDENCE.safeParse(jsonOf(text));
  if (!parsed.success) throw new ValidatorError('BAD_EVIDENCE', { reason: parsed.error.issues[0]?.message ?? '' });
  const file = parsed.data;
  const found = `${file.l1ChainId}/${file.evmLane}`;
  const expected = `${domain.l1ChainId}/${domain.evmLane.toLowerCase()}`;
  if (found !== expected) throw new ValidatorError('WRONG_CHAIN', { found, expected });
  const { batch } = file;
  const signer = file.signer as Hex; // by the pattern
  const digest = attestationHasher(domain);
  const read = ({ commitment, signature }: EvidenceFile['first']): SignedAttestation => {
    const value = BigInt(commitment);
    const bytes = hexToBytes(signature as Hex); // by the pattern
    if (recoverSigner(digest(batch, value), bytes) !== signer) {
      throw new ValidatorError('BAD_EVIDENCE', { reason: 'not a signature of the signer' });
    }
    return { batch, signer, commitment: value, signature: bytes };
  };
  const [first, second] = [read(file.first), read(file.second)];
  if (first.commitment === second.commitment) throw new ValidatorError('BAD_EVIDENCE', { reason: 'the same twice' });
  return { batch, signer, first, second };
}

/** Evidence on disk: one a signer, since the first takes the whole stake. */
export class EvidenceBook {
  readonly #domain: AttestationDomain;
  readonly #db: Db;
  readonly #bySigner: Map<Hex, Evidence>;

  private constructor(domain: AttestationDomain, parts: { db: Db; bySigner: Map<Hex, Evidence> }) {
    this.#domain = domain;
    this.#db = parts.db;
    this.#bySigner = parts.bySigner;
  }

  /** @throws ValidatorError BAD_EVIDENCE: a record that is damaged */
  static async load(domain: AttestationDomain, { db }: { db: Db }): Promise<EvidenceBook> {
    const bySigner = new Map<Hex, Evidence>();
    for await (const [, value] of db.range(historyKeys.evidenceOf(domain))) {
      const state = value.startsWith(SETTLED) ? 'settled' : 'open';
      const equivocation = parseEvidence(domain, state === 'settled' ? value.slice(SETTLED.length) : value);
      bySigner.set(equivocation.signer, { equivocation, state });
    }
    return new EvidenceBook(domain, { db, bySigner });
  }

  get size(): number {
    return this.#bySigner.size;
  }

  all(): Evidence[] {
    return [...this.#bySigner.values()];
  }

  /** On disk when it resolves. False: there is evidence against the signer already. */
  async add(equivocation: Equivocation): Promise<boolean> {
    if (this.#bySigner.has(equivocation.signer)) return false;
    await this.#write({ equivocation, state: 'open' });
    return true;
  }

  async settle(signer: Hex): Promise<void> {
    const evidence = this.#bySigner.get(signer);
    if (evidence !== undefined) await this.#write({ ...evidence, state: 'settled' });
  }

  async #write(evidence: Evidence): Promise<void> {
    const { equivocation, state } = evidence;
    this.#bySigner.set(equivocation.signer, evidence);
    const text = JSON.stringify(evidenceFile(this.#domain, equivocation));
    const key = historyKeys.evidence({ ...this.#domain, signer: equivocation.signer });
    await this.#db.write([put(key, state === 'settled' ? `${SETTLED}${text}` : text)]);
  }
}

const SETTLED = 'settled ';

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ValidatorError('BAD_EVIDENCE', { reason: 'not JSON' }, { cause });
  }
}
