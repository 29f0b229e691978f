import type { AttestationDomain } from '../../bridge/client/attestation.ts';
import { recoverSigner } from '../../chain/wire/signatures.ts';
import type { Attestation } from './attestation.ts';
import { decodeAttestation } from './attestation.ts';
import { attestationHasher } from './attestationHash.ts';
import { AttestationPool, type AttestationPoolOptions, type Equivocation } from './attestationPool.ts';
import type { AttestorSet } from './attestorSet.ts';
import { ValidatorError } from './errors.ts';

/** What becomes of a message of gossip, and a short code of why. */
export interface GossipVerdict {
  readonly outcome: 'accept' | 'ignore' | 'reject';
  readonly reason: string;
}

export interface AttestationInboxDeps {
  readonly set: AttestorSet;
  readonly onEquivocation: (equivocation: Equivocation) => void;
}

/**
 * Judges attestations of others and keeps what counts. The cheap questions come first; what costs a recovered signature is asked only about batches
 * near the head. Rejected is only what no honest node can have passed on: it would cost an honest peer its score.
 */
export class AttestationInbox {
  readonly pool: AttestationPool;
  readonly #deps: AttestationInboxDeps;
  readonly #digest: (batch: number, commitment: bigint) => bigint;
  #attested = 0;
  /** Before L1 was read once, nothing can be judged. */
  #isReady = false;

  constructor(domain: AttestationDomain, options: AttestationPoolOptions, deps: AttestationInboxDeps) {
    this.pool = new AttestationPool(options);
    this.#deps = deps;
    this.#digest = attestationHasher(domain);
  }

  /** What L1 has. Returns attestations that came too early and are of a proven batch now: nobody was passed them by us. */
  moveTo({ proven, attested }: { proven: number; attested: number }): Attestation[] {
    const before = this.pool.proven;
    const isFirst = !this.#isReady;
    this.#isReady = true;
    this.#attested = attested;
    this.pool.moveTo(proven);
    if (isFirst) return [];
    const early: Attestation[] = [];
    for (let batch = before + 1; batch <= proven; batch += 1) early.push(...this.pool.of(batch));
    return early;
  }

  /** What somebody brought to L1. */
  witness(attestation: Attestation): void {
    const { batch, commitment, signature } = attestation;
    if (!this.pool.isInside(batch)) return;
    const signer = recoverSigner(this.#digest(batch, commitment), signature);
    if (signer === undefined || this.#deps.set.weightOf(signer) === undefined) return;
    const answer = this.pool.add({ ...attestation, signer });
    if (answer.kind === 'conflict') this.#deps.onEquivocation(answer.equivocation);
  }

  judge(bytes: Uint8Array): GossipVerdict {
    if (!this.#isReady) return ignore('NOT_READY');
    let attestation: Attestation;
    try {
      attestation = decodeAttestation(bytes);
    } catch (error) {
      if (error instanceof ValidatorError) return reject('MALFORMED');
      throw error;
    }
    const { batch, commitment, signature } = attestation;
    if (!this.pool.isInside(batch)) return ignore(batch > this.pool.proven ? 'UNKNOWN_BATCH' : 'OLD');
    const signer = recoverSigner(this.#digest(batch, commitment), signature);
    if (signer === undefined) return reject('BAD_SIGNATURE');
    const weight = this.#deps.set.weightOf(signer);
    // Every signature recovers to somebody: one for another chain or contract, too, comes out as a stranger's.
    if (weight === undefined) return this.#deps.set.isFresh ? reject('NOT_A_VALIDATOR') : ignore('SET_UNKNOWN');
    const answer = this.pool.add({ ...attestation, signer });
    if (answer.kind === 'conflict') {
      this.#deps.onEquivocation(answer.equivocation);
      return { outcome: 'accept', reason: 'EQUIVOCATION' };
    }
    if (answer.kind !== 'added') return ignore(answer.kind === 'known' ? 'KNOWN' : 'FULL');
    // It counted when it was signed, or will from the next epoch on.
    if (weight === 0n) return ignore('NO_WEIGHT');
    if (batch > this.pool.proven) return ignore('UNKNOWN_BATCH');
    if (batch <= this.#attested) return ignore('OLD');
    return { outcome: 'accept', reason: 'NEW' };
  }
}

function ignore(reason: string): GossipVerdict {
  return { outcome: 'ignore', reason };
}

function reject(reason: string): GossipVerdict {
  return { outcome: 'reject', reason };
}
