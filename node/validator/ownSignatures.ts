import { hexToBytes } from 'viem';
import type { Clock } from '../../chain/clock.ts';
import type { Logger } from '../../chain/logger.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { type Attestation, encodeAttestation } from './attestation.ts';
import type { AttestationPool, Equivocation } from './attestationPool.ts';
import type { OwnOutcome } from './attestationSender.ts';
import type { AttestorSet } from './attestorSet.ts';
import { ValidatorError } from './errors.ts';
import type { LookAt, MismatchReason, OwnBatches } from './ownBatches.ts';
import type { SigningGuard } from './signingGuard.ts';

export interface OwnSignaturesOptions {
  /** Newest proven batches that are signed, so that validators who look at different times sign the same ones. */
  readonly batchesAtOnce: number;
  /** While a batch is not attested, our signature is told again after this long. */
  readonly retellMs: number;
}

export interface OwnSignaturesDeps {
  readonly guards: readonly SigningGuard[];
  readonly batches: OwnBatches;
  readonly set: AttestorSet;
  readonly pool: AttestationPool;
  /** Never throws. */
  readonly publish: (bytes: Uint8Array) => Promise<void>;
  readonly onConflict: (equivocation: Equivocation) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What keeps the newest proven batch from being signed. */
export interface Unsigned {
  readonly kind: 'unknown' | 'inherited' | 'mismatch' | 'notAttestor' | 'refused';
  readonly batch: number;
  readonly reason?: MismatchReason;
}

interface Signed extends OwnOutcome {
  readonly by: Map<Hex, Attestation>;
}

/** A batch that was another than ours is not looked at again for so long: the newest one always is. */
const PATIENCE_MS = 60_000;

/** Signs proven batches that are what this node has executed, and tells the others. */
export class OwnSignatures {
  readonly #options: OwnSignaturesOptions;
  readonly #deps: OwnSignaturesDeps;
  readonly #signed = new Map<number, Signed>();
  readonly #differing = new Map<number, number>();
  #told: { batch: number; atMs: number } = { batch: 0, atMs: 0 };
  #lastSigned: number | undefined;
  #mismatch: number | undefined;
  #refused: number | undefined;

  constructor(options: OwnSignaturesOptions, deps: OwnSignaturesDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Of batches that are signed and not attested yet. */
  get outcomes(): ReadonlyMap<number, OwnOutcome> {
    return this.#signed;
  }

  get status(): { lastSigned: number; mismatch: number | undefined; refused: number | undefined } {
    return { lastSigned: this.#lastSigned ?? 0, mismatch: this.#mismatch, refused: this.#refused };
  }

  /** What was compared with L1 (of one batch, or all) is compared again. What was signed stays signed. */
  forget(batch?: number): void {
    this.#differing.clear();
    if (batch === undefined) this.#signed.clear();
    else this.#signed.delete(batch);
  }

  /** Signs what is new and ours. Returns why the newest proven batch is not signed; undefined: it is, or there is none. */
  async step(at: LookAt & { readonly proven: number }): Promise<Unsigned | undefined> {
    const { proven, attestedBatch } = at;
    this.#lastSigned ??= await this.#lastOnRecord();
    for (const batch of this.#signed.keys()) {
      if (batch <= attestedBatch || batch > proven) this.#signed.delete(batch);
    }
    let newest: Unsigned | undefined;
    for (let batch = Math.max(attestedBatch, proven - this.#options.batchesAtOnce) + 1; batch <= proven; batch += 1) {
      if (batch < proven && this.#isKnownToDiffer(batch)) continue;
      newest = await this.#examine(batch, at);
    }
    if (proven > attestedBatch) this.#mismatch = newest?.kind === 'mismatch' ? proven : undefined;
    await this.#tellAgain();
    return newest;
  }

  async #examine(batch: number, at: LookAt): Promise<Unsigned | undefined> {
    const { guards, set, batches, clock } = this.#deps;
    const ours = guards.filter(({ signer }) => (set.weightOf(signer) ?? 0n) > 0n);
    const missing = ours.filter(({ signer }) => !this.#signed.get(batch)?.by.has(signer));
    if (missing.length === 0 && ours.length > 0) return undefined;
    const compared = await batches.compare(batch, at);
    if (compared.kind === 'mismatch') {
      this.#differing.set(batch, clock.nowMs());
      return { kind: 'mismatch', batch, reason: compared.reason };
    }
    if (compared.kind !== 'same') return { kind: compared.kind, batch };
    if (ours.length === 0) return { kind: 'notAttestor', batch };
    const { commitment, output } = compared.own;
    let refused = 0;
    for (const guard of missing) if (!(await this.#sign(guard, { batch, commitment, output }))) refused += 1;
    return refused === ours.length ? { kind: 'refused', batch } : undefined;
  }

  async #sign(guard: SigningGuard, { batch, commitment, output }: OwnOutcome & { batch: number }): Promise<boolean> {
    const { pool, onConflict, clock, log, publish } = this.#deps;
    const { signer } = guard;
    let signature: Uint8Array;
    try {
      signature = hexToBytes(await guard.sign(batch, commitment));
    } catch (error) {
      if (!(error instanceof ValidatorError)) throw error;
      if (this.#refused !== batch) {
        log.error(
          { event: 'refused', code: error.code, ...error.data },
          'not signed: it could be the second signature',
        );
      }
      this.#refused = batch;
      return false;
    }
    const attestation = { batch, commitment, signature };
    const before = this.#signed.get(batch);
    const by = new Map(before?.commitment === commitment ? before.by : []).set(signer, attestation);
    this.#signed.set(batch, { commitment, output, by });
    const answer = pool.add({ ...attestation, signer });
    if (answer.kind === 'conflict') onConflict(answer.equivocation);
    this.#lastSigned = Math.max(this.#lastSigned ?? 0, batch);
    this.#told = { batch, atMs: clock.nowMs() };
    await publish(encodeAttestation(attestation));
    return true;
  }

  /** Who joined later, or lost it, has not heard of it. */
  async #tellAgain(): Promise<void> {
    const now = this.#deps.clock.nowMs();
    const signed = this.#signed.get(this.#told.batch);
    if (signed === undefined || now - this.#told.atMs < this.#options.retellMs) return;
    this.#told = { ...this.#told, atMs: now };
    for (const attestation of signed.by.values()) await this.#deps.publish(encodeAttestation(attestation));
  }

  #isKnownToDiffer(batch: number): boolean {
    const since = this.#differing.get(batch);
    if (since === undefined) return false;
    if (this.#deps.clock.nowMs() - since < PATIENCE_MS) return true;
    this.#differing.delete(batch);
    return false;
  }

  async #lastOnRecord(): Promise<number> {
    const last = await Promise.all(this.#deps.guards.map((guard) => guard.lastSigned()));
    return last.reduce((newest, batch) => Math.max(newest, batch), 0);
  }
}
