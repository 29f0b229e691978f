import type { Hex } from '../../protocol/lane/types.ts';
import type { Attestation } from './attestation.ts';

/** An attestation whose signature was checked; `signer` in lower case. */
export interface SignedAttestation extends Attestation {
  readonly signer: Hex;
}

/** Two attestations of one signer for one batch that cannot both be true. */
export interface Equivocation {
  readonly batch: number;
  readonly signer: Hex;
  readonly first: SignedAttestation;
  readonly second: SignedAttestation;
}

export type PoolAnswer =
  | { readonly kind: 'added' | 'known' | 'full' | 'outside' }
  /** Told once for a signer and batch. */
  | { readonly kind: 'conflict'; readonly equivocation: Equivocation };

export interface AttestationPoolOptions {
  /** Newest proven batches that are kept. Default 64. */
  readonly behind?: number;
  /** Batches beyond the newest proven one that are kept: others may see L1 earlier. Default 16. */
  readonly ahead?: number;
  /** Signers of a batch, above any set there is. Default 4,096. */
  readonly maxSigners?: number;
}

interface Entry {
  readonly first: SignedAttestation;
  /** A second commitment was seen; more than two of them prove nothing new. */
  hasConflict: boolean;
}

/**
 * Attestations of the newest batches in memory. What can be held is bounded by window × validators, since only what a validator signed
 * comes in, and of each no more than one a batch.
 */
export class AttestationPool {
  readonly #options: Required<AttestationPoolOptions>;
  readonly #batches = new Map<number, Map<Hex, Entry>>();
  #proven = 0;

  constructor(options: AttestationPoolOptions = {}) {
    this.#options = { behind: 64, ahead: 16, maxSigners: 4_096, ...options };
  }

  get size(): number {
    let size = 0;
    for (const signers of this.#batches.values()) size += signers.size;
    return size;
  }

  /** Whether attestations of this batch are kept now. */
  isInside(batch: number): boolean {
    const { behind, ahead } = this.#options;
    return batch > this.#proven - behind && batch <= this.#proven + ahead;
  }

  /** The newest proven batch, as this node knows it. */
  get proven(): number {
    return this.#proven;
  }

  /** Moves the window; an L1 reorg moves it back. */
  moveTo(proven: number): void {
    this.#proven = proven;
    for (const batch of this.#batches.keys()) if (!this.isInside(batch)) this.#batches.delete(batch);
  }

  add(attestation: SignedAttestation): PoolAnswer {
    const { batch, signer, commitment } = attestation;
    if (!this.isInside(batch)) return { kind: 'outside' };
    const signers = this.#batches.get(batch) ?? new Map<Hex, Entry>();
    this.#batches.set(batch, signers);
    const entry = signers.get(signer);
    if (entry === undefined) {
      if (signers.size >= this.#options.maxSigners) return { kind: 'full' };
      signers.set(signer, { first: attestation, hasConflict: false });
      return { kind: 'added' };
    }
    if (entry.first.commitment === commitment || entry.hasConflict) return { kind: 'known' };
    entry.hasConflict = true;
    return { kind: 'conflict', equivocation: { batch, signer, first: entry.first, second: attestation } };
  }

  /** First attestations of a batch, one a signer; with `commitment`, those for it. */
  of(batch: number, commitment?: bigint): SignedAttestation[] {
    const entries = [...(this.#batches.get(batch)?.values() ?? [])].map(({ first }) => first);
    return commitment === undefined ? entries : entries.filter((entry) => entry.commitment === commitment);
  }
}
