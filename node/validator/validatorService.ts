import type { AttestationDomain } from '../../bridge/client/attestation.ts';
import type { EvmLaneCalls } from '../../bridge/client/evmLaneCalls.ts';
import type { RollupReader } from '../../bridge/client/interface.ts';
import type { Clock } from '../../chain/clock.ts';
import type { Logger } from '../../chain/logger.ts';
import type { Hex, L1Message } from '../../protocol/lane/types.ts';
import { l1Error } from '../l1/errors.ts';
import { encodeAttestation } from './attestation.ts';
import { AttestationInbox, type GossipVerdict } from './attestationInbox.ts';
import type { Equivocation } from './attestationPool.ts';
import { AttestationSender, type AttestationSenderOptions, type Send } from './attestationSender.ts';
import type { AttestorSet } from './attestorSet.ts';
import { type EvidenceBook, evidenceFile } from './evidence.ts';
import type { L1Witness } from './l1Witness.ts';
import { type MismatchReason, OwnBatches, type OwnBatchesDeps, type OwnChain } from './ownBatches.ts';
import { OwnSignatures } from './ownSignatures.ts';
import type { RewardCollector } from './rewardCollector.ts';
import type { SigningGuard } from './signingGuard.ts';
import type { SlashReporter } from './slashReporter.ts';

export interface ValidatorOptions extends AttestationSenderOptions {
  /** L1 blocks that must bury a proof before it is attested: a signature holds on any branch of L1. Default 2. */
  readonly confirmations?: number;
  /** Between looks. Default 4,000. */
  readonly pollMs?: number;
  /** Newest proven batches that are signed, so that validators who look at different times sign the same ones. Default 16. */
  readonly batchesAtOnce?: number;
  /** While a batch is not attested, our signature is told again after this long. Default 60,000. */
  readonly retellMs?: number;
  /** Between looks for rewards. Default 600,000. */
  readonly rewardsMs?: number;
  /** Batches whose signatures stay on record one by one. Default 10,000. */
  readonly historyBatches?: number;
}

/** The contract, as `EvmLaneReader` gives it. */
export interface AttestedLane {
  readonly calls: Pick<EvmLaneCalls, 'attest'>;
  readonly attestationDomain: AttestationDomain;
  attestedBatch(at?: { blockNumber?: bigint }): Promise<number>;
  messages(from: bigint, to: bigint, at?: { toBlock?: bigint }): Promise<readonly L1Message[]>;
}

export interface ValidatorDeps {
  readonly chain: OwnChain;
  readonly rollup: Pick<RollupReader, 'state' | 'readBatch'>;
  readonly lane: AttestedLane;
  readonly rules: OwnBatchesDeps['rules'];
  readonly l1: OwnBatchesDeps['l1'] & { getBlockNumber(): Promise<bigint> };
  readonly set: AttestorSet;
  /** Keys of this node; empty: it only judges what others sign, and reports who signs twice. */
  readonly guards: readonly SigningGuard[];
  readonly book: EvidenceBook;
  /** Absent: the node has no L1 account. */
  readonly send?: Send | undefined;
  /** Absent: no network; then what is signed goes to L1 at once. Never throws. */
  readonly publish?: ((bytes: Uint8Array) => Promise<void>) | undefined;
  /** Absent: evidence is kept, but not brought to L1. */
  readonly slasher?: SlashReporter | undefined;
  /** Absent: only what is told counts as evidence. */
  readonly witness?: Pick<L1Witness, 'look'> | undefined;
  readonly rewards?: RewardCollector | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of everything that was done or refused. */
  readonly onResult?: ((result: ValidatorResult) => void) | undefined;
}

/**
 * idle: nothing new is proven. attested, counted, waiting: as `SendResult` says. unknown: this node does not have the batch (yet). inherited: what it
 * has rests on a snapshot that two thirds have not signed yet. mismatch: L1 has another batch than this node, nothing was signed. notAttestor: none of
 * the keys counts. refused: a key has signed something else for it before, or has forgotten whether it did.
 */
export interface ValidatorResult {
  readonly kind:
    | 'idle'
    | 'attested'
    | 'counted'
    | 'waiting'
    | 'unknown'
    | 'inherited'
    | 'mismatch'
    | 'notAttestor'
    | 'refused';
  readonly batch: number;
  /** Of a mismatch that was found before anything was sent. */
  readonly reason?: MismatchReason;
  readonly hash?: Hex;
  readonly gasUsed?: bigint;
}

export interface ValidatorStatus {
  /** As L1 last said. */
  readonly attestedBatch: number;
  /** The newest proven batch, if it is not ours; an operator must look. */
  readonly mismatch: number | undefined;
  /** The newest batch this node signed; 0: none. */
  readonly lastSigned: number;
  /** Signatures held, of all validators and batches. */
  readonly collected: number;
  /** Validators of which there is evidence that they signed twice. */
  readonly evidence: number;
  /** The newest batch a key of ours was not used for, because it could have been its second signature. */
  readonly refused: number | undefined;
  /** Somebody else signs with a key of ours: it will be slashed, unless that one is stopped. */
  readonly isKeyElsewhere: boolean;
}

/**
 * A validator: signs what this node has executed itself, if L1 has the same and has proven it, tells the others, and sees to it that the signatures
 * of two thirds come to L1. What differs is never signed, whoever posted it. The newest attested batch is enough: its block hash and outbox
 * root cover all before it.
 */
export class ValidatorService {
  readonly #options: Required<Omit<ValidatorOptions, keyof AttestationSenderOptions>>;
  readonly #deps: ValidatorDeps;
  readonly #batches: OwnBatches;
  readonly #inbox: AttestationInbox;
  readonly #own: OwnSignatures;
  readonly #sender: AttestationSender | undefined;
  readonly #signers: readonly Hex[];
  #attestedBatch = 0;
  /** L1 was looked at up to this block. */
  #toBlock = 0n;
  #isKeyElsewhere = false;
  #rewardsAtMs = Number.NEGATIVE_INFINITY;
  readonly #lastResults = new Map<ValidatorResult['kind'], number>();

  constructor(options: ValidatorOptions, deps: ValidatorDeps) {
    const defaults = { confirmations: 2, pollMs: 4_000, batchesAtOnce: 16, retellMs: 60_000 };
    this.#options = { ...defaults, rewardsMs: 600_000, historyBatches: 10_000, ...options };
    this.#deps = deps;
    const { lane, set, rollup, send, clock, guards, log } = deps;
    this.#signers = guards.map(({ signer }) => signer);
    this.#batches = new OwnBatches(deps);
    const onConflict = (equivocation: Equivocation): void => this.#found(equivocation);
    this.#inbox = new AttestationInbox(lane.attestationDomain, {}, { set, onEquivocation: onConflict });
    const { pool } = this.#inbox;
    const hasNetwork = deps.publish !== undefined;
    this.#own = new OwnSignatures(
      { batchesAtOnce: hasNetwork ? this.#options.batchesAtOnce : 1, retellMs: this.#options.retellMs },
      { guards, batches: this.#batches, set, pool, publish: (bytes) => this.#publish(bytes), onConflict, clock, log },
    );
    // Without a network nobody else's signatures come here: L1 adds them up.
    const timing = hasNetwork ? {} : { gatherMs: 0, partialAfterMs: 0, sendDelayMs: 0 };
    this.#sender = send && new AttestationSender({ ...options, ...timing }, { set, pool, lane, rollup, send, clock });
  }

  get status(): ValidatorStatus {
    return {
      ...this.#own.status,
      attestedBatch: this.#attestedBatch,
      collected: this.#inbox.pool.size,
      evidence: this.#deps.book.size,
      isKeyElsewhere: this.#isKeyElsewhere,
    };
  }

  /** A message of gossip. Never throws. */
  async onAttestation(bytes: Uint8Array, _from: string): Promise<GossipVerdict> {
    return this.#inbox.judge(bytes);
  }

  /** After the chain went back: what was compared is compared again. */
  onRollback(): void {
    this.#batches.forget();
    this.#own.forget();
  }

  /**
   * Until the signal; failures are logged and tried again. What is sent to L1 can take its time (a turn, a full L1): what there is to sign does not
   * wait for it.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    let delivery: Promise<void> | undefined;
    const deliver = async (): Promise<void> => {
      await this.#deliver(signal)
        .then((sent) => this.#report(sent))
        .catch((error: unknown) => this.#failed('sending attestations', error));
      delivery = undefined;
    };
    while (!signal.aborted) {
      await this.#look()
        .then((unsigned) => this.#report(unsigned))
        .catch((error: unknown) => this.#failed('attesting', error));
      delivery ??= deliver();
      await clock.sleep(this.#options.pollMs, signal);
    }
    await delivery;
  }

  /** Looks at L1 once and does what there is to do. @throws L1Error, BridgeError */
  async step(signal?: AbortSignal): Promise<ValidatorResult> {
    const unsigned = await this.#look();
    const sent = await this.#deliver(signal);
    const hasSent = sent.kind !== 'idle' && sent.kind !== 'waiting';
    const result = hasSent ? sent : (unsigned ?? sent);
    this.#report(result);
    return result;
  }

  /** Reads L1, signs what is new and tells the others. Returns what keeps the newest proven batch from being signed. */
  async #look(): Promise<ValidatorResult | undefined> {
    const { rollup, lane, l1, set } = this.#deps;
    await set.refresh();
    const toBlock = (await l1.getBlockNumber()) - BigInt(this.#options.confirmations);
    const attestedBatch = await lane.attestedBatch();
    this.#attestedBatch = attestedBatch;
    if (toBlock < 0n) return undefined;
    this.#toBlock = toBlock;
    const proven = (await rollup.state({ blockNumber: toBlock })).proven.batch;
    const early = this.#inbox.moveTo({ proven, attested: attestedBatch });
    for (const attestation of early) await this.#publish(encodeAttestation(attestation));
    if (this.#signers.length === 0) return undefined;
    return this.#own.step({ proven, attestedBatch, toBlock });
  }

  /** Brings to L1 what is to be brought there now. */
  async #deliver(signal: AbortSignal | undefined): Promise<ValidatorResult> {
    const sent = await this.#attest(signal);
    // None of it is worth a signature that comes later.
    await this.#punish(signal).catch((error: unknown) => this.#failed('reporting', error));
    await this.#collect(signal).catch((error: unknown) => this.#failed('collecting rewards', error));
    return sent;
  }

  async #attest(signal: AbortSignal | undefined): Promise<ValidatorResult> {
    const attestedBatch = this.#attestedBatch;
    const idle = { kind: 'idle', batch: attestedBatch } as const;
    const at = { attestedBatch, signers: this.#signers, signal };
    const sent = (await this.#sender?.step(this.#own.outcomes, at)) ?? idle;
    if (sent.kind === 'mismatch') this.#own.forget(sent.batch);
    if (sent.kind === 'attested') this.#attestedBatch = Math.max(this.#attestedBatch, sent.batch);
    return sent;
  }

  async #publish(bytes: Uint8Array): Promise<void> {
    await this.#deps.publish?.(bytes).catch((error: unknown) => this.#failed('telling others', error));
  }

  #found(equivocation: Equivocation): void {
    const { book, log, lane } = this.#deps;
    const { signer, batch } = equivocation;
    if (this.#signers.includes(signer)) {
      this.#isKeyElsewhere = true;
      log.error(
        { event: 'keyElsewhere', signer, batch },
        'somebody else signs with a key of this node: stop one of them',
      );
    }
    const evidence = evidenceFile(lane.attestationDomain, equivocation);
    book.add(equivocation).then(
      (isNew) => isNew && log.warn({ event: 'equivocation', evidence }, 'a validator signed twice for one batch'),
      (err: unknown) => log.error({ event: 'equivocation', evidence, err }, 'evidence could not be written down'),
    );
  }

  async #punish(signal: AbortSignal | undefined): Promise<void> {
    const { slasher, witness, set } = this.#deps;
    const found = (await witness?.look(this.#toBlock)) ?? [];
    for (const attestation of found) this.#inbox.witness(attestation);
    await slasher?.step(this.#signers, { rank: set.rank(this.#signers, this.#attestedBatch + 1), signal });
  }

  /** What can wait: rewards, and what need not be on record any more. */
  async #collect(signal: AbortSignal | undefined): Promise<void> {
    const { rewards, guards, clock, set, lane } = this.#deps;
    if (clock.nowMs() - this.#rewardsAtMs < this.#options.rewardsMs) return;
    this.#rewardsAtMs = clock.nowMs();
    for (const guard of guards) {
      await guard.forget(this.#attestedBatch - this.#options.historyBatches);
      await rewards?.step({ ...lane.attestationDomain, signer: guard.signer }, set.epoch, signal);
    }
  }

  #failed(what: string, error: unknown): void {
    const { code, data } = l1Error(error);
    this.#deps.log.warn({ what, code, error: data }, 'failed; it is tried again');
  }

  #report(result: ValidatorResult | undefined): void {
    if (result === undefined) return;
    const { log, onResult } = this.#deps;
    const { kind, ...fields } = result;
    const isNews = this.#lastResults.get(kind) !== result.batch;
    this.#lastResults.set(kind, result.batch);
    if (kind === 'attested' || kind === 'counted') log.info(fields, 'attestation is on L1');
    if (kind === 'mismatch' && isNews) log.error(fields, 'L1 has another batch than this node: not attested');
    if (kind === 'notAttestor' && isNews) log.error(fields, 'none of the keys is an attestor’s');
    if (kind === 'inherited' && isNews) {
      log.warn(fields, 'not signed before two thirds have signed what the snapshot is of');
    }
    onResult?.(result);
  }
}
