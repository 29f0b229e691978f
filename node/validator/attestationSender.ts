import { toHex } from 'viem';
import { BridgeError } from '../../bridge/client/errors.ts';
import type { EvmLaneCalls } from '../../bridge/client/evmLaneCalls.ts';
import type { RollupReader } from '../../bridge/client/interface.ts';
import type { L1Call } from '../../bridge/client/types.ts';
import type { Clock } from '../../chain/clock.ts';
import type { EvmOutput, Hex } from '../../protocol/lane/types.ts';
import type { AttestationPool, SignedAttestation } from './attestationPool.ts';
import type { AttestorSet } from './attestorSet.ts';

export interface AttestationSenderOptions {
  /** Batches that must be new before there is another attestation. Default 1. */
  readonly everyBatches?: number;
  /** How long those who sign late are waited for once there are enough: who is not counted earns nothing. Default 2,000. */
  readonly gatherMs?: number;
  /** How long the next in turn waits for the one before to send. Default 6,000. */
  readonly sendDelayMs?: number;
  /**
   * After so long without two thirds what there is goes to L1, which adds up what others bring: gossip may not reach them. Default 120,000; 0 without
   * a network.
   */
  readonly partialAfterMs?: number;
}

export type Send = (call: L1Call, signal?: AbortSignal) => Promise<{ readonly hash: Hex; readonly gasUsed: bigint }>;

export interface AttestationSenderDeps {
  readonly set: AttestorSet;
  readonly pool: AttestationPool;
  readonly lane: { readonly calls: Pick<EvmLaneCalls, 'attest'>; attestedBatch(): Promise<number> };
  readonly rollup: Pick<RollupReader, 'readBatch'>;
  readonly send: Send;
  readonly clock: Clock;
}

/** A proven batch that was found to be ours. */
export interface OwnOutcome {
  readonly commitment: bigint;
  readonly output: EvmOutput;
}

/**
 * attested: two thirds are reached, or were meanwhile. counted: ours are counted, others are missing. waiting: others are missing, or it is somebody
 * else's turn to send. idle: nothing to send. mismatch: L1 has another batch now.
 */
export interface SendResult {
  readonly kind: 'idle' | 'waiting' | 'attested' | 'counted' | 'mismatch';
  readonly batch: number;
  readonly hash?: Hex;
  readonly gasUsed?: bigint;
}

/** Brings signatures to L1: all of a batch at once, when there are enough, and by one of the validators, in turns. */
export class AttestationSender {
  readonly #options: Required<AttestationSenderOptions>;
  readonly #deps: AttestationSenderDeps;
  #attestedBatch = -1;
  /** Since when L1 could have more, or there is anything to bring; milliseconds. */
  #quorumSince: number | undefined;
  #behindSince: number | undefined;
  /** What was brought below two thirds: L1 has it until the epoch ends. */
  #counted: { readonly batch: number; readonly epoch: number } | undefined;

  constructor(options: AttestationSenderOptions, deps: AttestationSenderDeps) {
    this.#options = { everyBatches: 1, gatherMs: 2_000, sendDelayMs: 6_000, partialAfterMs: 120_000, ...options };
    this.#deps = deps;
  }

  /** `signers`: this node's own, in lower case. @throws L1Error, BridgeError */
  async step(
    own: ReadonlyMap<number, OwnOutcome>,
    at: { attestedBatch: number; signers: readonly Hex[]; signal: AbortSignal | undefined },
  ): Promise<SendResult> {
    const { attestedBatch, signers, signal } = at;
    if (attestedBatch !== this.#attestedBatch) {
      this.#attestedBatch = attestedBatch;
      this.#quorumSince = undefined;
      this.#behindSince = undefined;
    }
    const target = this.#target(own, attestedBatch);
    if (target === undefined) return { kind: 'idle', batch: attestedBatch };
    return this.#isDue(target, signers) ? this.#send(target, signal) : { kind: 'waiting', batch: target.batch };
  }

  /** The newest batch that two thirds have signed; else the newest there is anything of. */
  #target(own: ReadonlyMap<number, OwnOutcome>, attestedBatch: number): Target | undefined {
    const { set, pool } = this.#deps;
    let partial: Target | undefined;
    const newest = [...own].sort(([x], [y]) => y - x);
    for (const [batch, outcome] of newest) {
      if (batch < attestedBatch + this.#options.everyBatches) break;
      const signed = pool.of(batch, outcome.commitment).filter(({ signer }) => (set.weightOf(signer) ?? 0n) > 0n);
      const target = { batch, outcome, signed };
      if (set.isQuorum(signed.map(({ signer }) => signer))) return { ...target, isQuorum: true };
      if (signed.length > 0) partial ??= { ...target, isQuorum: false };
    }
    return partial;
  }

  #isDue({ batch, signed, isQuorum }: Target, signers: readonly Hex[]): boolean {
    const { set, clock } = this.#deps;
    const { gatherMs, sendDelayMs, partialAfterMs } = this.#options;
    const now = clock.nowMs();
    this.#behindSince ??= now;
    // By what is attested, which all see alike: whose turn it is stays until somebody has sent.
    const turnMs = set.rank(signers, this.#attestedBatch + 1) * sendDelayMs;
    if (isQuorum) {
      this.#quorumSince ??= now;
      const isComplete = signed.length === set.activeCount;
      return now - this.#quorumSince >= turnMs + (isComplete ? 0 : gatherMs);
    }
    if (this.#counted?.batch === batch && this.#counted.epoch === set.epoch) return false;
    if (partialAfterMs === 0) return true;
    return now - this.#behindSince >= partialAfterMs + turnMs;
  }

  async #send({ batch, outcome, signed }: Target, signal: AbortSignal | undefined): Promise<SendResult> {
    const { set, lane, rollup, send } = this.#deps;
    const posted = await rollup.readBatch(batch);
    if (posted.header.evmCommitment !== outcome.commitment) return { kind: 'mismatch', batch };
    const signatures = signed.map(({ signature }) => toHex(signature));
    try {
      const { hash, gasUsed } = await send(lane.calls.attest({ posted, output: outcome.output, signatures }), signal);
      return await this.#result(batch, { hash, gasUsed });
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
      // Someone else brought the rest meanwhile, or ours before a restart.
      if (error.code === 'AlreadyAttested') return { kind: 'attested', batch };
      if (error.code === 'NothingCounted') return this.#result(batch, {});
      // A new epoch, or a slashing: those who count are others now.
      if (error.code === 'NotAttestor') await set.refresh({ isForced: true });
      throw error;
    }
  }

  async #result(batch: number, sent: { hash?: Hex; gasUsed?: bigint }): Promise<SendResult> {
    const attestedBatch = await this.#deps.lane.attestedBatch();
    if (attestedBatch >= batch) return { kind: 'attested', batch, ...sent };
    this.#counted = { batch, epoch: this.#deps.set.epoch };
    return { kind: 'counted', batch, ...sent };
  }
}

interface Target {
  readonly batch: number;
  readonly outcome: OwnOutcome;
  readonly signed: readonly SignedAttestation[];
  readonly isQuorum: boolean;
}
