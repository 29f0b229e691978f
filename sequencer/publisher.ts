import type { Clock } from '../chain/clock.ts';
import type { Logger } from '../chain/logger.ts';
import { Pause } from '../chain/pause.ts';
import type { ChainStore, StatusChange } from '../chain/store.ts';
import type { BatchStatus, BatchSummary, Groth16Proof } from '../chain/types.ts';
import { SequencerError } from './errors.ts';
import { cappedFees, isOutbidding, raisedFees } from './l1Fees.ts';
import {
  type Hex,
  L1Error,
  type L1Fees,
  type L1Port,
  type L1State,
  type PostableBatch,
  type ProvenBatch,
  type SignedL1Tx,
} from './l1Port.ts';
import {
  type ActionKind,
  IDLE,
  type Intent,
  PUBLISHER_META,
  type PublisherState,
  publisherRecord,
} from './publisherState.ts';
import type { Timetable } from './timetable.ts';

export interface BatchProof {
  readonly proof: Groth16Proof;
  readonly publicSignals: readonly [bigint, bigint, bigint];
}

/** Where proofs come from; `proof` answers undefined until there is one of this batch. */
export interface ProofSource {
  proof(batch: number): Promise<BatchProof | undefined>;
}

export interface PublisherOptions {
  /** How many L1 blocks must bury a transaction before its batches count as committed or proven. Default 2. */
  readonly confirmations?: number;
  /** Batches proven by one L1 transaction at most. Default 4. */
  readonly maxProofsPerTx?: number;
  /**
   * Batches committed ahead of the proven ones at most (L1 takes 256). A committed batch has a deadline for its proof, so
   * this should be what the provers manage within it. Default 16.
   */
  readonly maxCommitAhead?: number;
  /** Highest maxFeePerGas ever offered, in wei. Default 500 gwei. */
  readonly maxFeePerGas?: bigint;
}

export interface PublisherDeps {
  readonly store: ChainStore;
  readonly l1: L1Port;
  readonly proofs: ProofSource;
  readonly timetable: Timetable;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of every batch whose status changed, in order. `isReorg`: it moved back. */
  readonly onStatus?: (summary: BatchSummary, isReorg: boolean) => void;
}

interface Action {
  readonly kind: ActionKind;
  readonly first: number;
  readonly last: number;
}

/**
 * Brings closed batches to L1: commits in order, proves in order, several proofs at once when they are there.
 *
 * L1 decides. Every step begins with L1's own heads; what to do next follows from them and the store alone, never from what was
 * sent before. One transaction is under way at a time, its bytes on disk before they are sent, and it is replaced only under
 * its own nonce. So a crash or a reorg at any point can cost time, but neither lose nor double a batch.
 */
export class Publisher {
  readonly #options: Required<PublisherOptions>;
  readonly #deps: PublisherDeps;
  readonly #log: Logger;
  readonly #pause: Pause;
  #state: PublisherState = IDLE;
  #isLoaded = false;
  /** The intent came from the disk: whether its bytes ever left is not known. */
  #isUnsent = false;
  #failures = 0;

  constructor(options: PublisherOptions, deps: PublisherDeps) {
    this.#options = {
      confirmations: 2,
      maxProofsPerTx: 4,
      maxCommitAhead: 16,
      maxFeePerGas: 500_000_000_000n,
      ...options,
    };
    this.#deps = deps;
    this.#log = deps.log.child({ module: 'publisher' });
    this.#pause = new Pause(deps);
  }

  /** Counts at the confirmation depth, and the transaction under way. */
  get state(): PublisherState {
    return this.#state;
  }

  /** Look again soon: a batch was closed or proven. */
  notify(): void {
    this.#pause.wake();
  }

  /**
   * Publishes until `signal` aborts. L1 failures are waited out; returns only by abort or by a fault that no waiting heals.
   * @throws SequencerError L1_MISMATCH, PROOF_MISMATCH; ChainError and database errors
   */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let pauseMs = this.#deps.timetable.l1PollMs;
      try {
        await this.step();
        this.#failures = 0;
      } catch (error) {
        if (!(error instanceof L1Error)) throw error;
        if (error.code === 'DIFFERENT_BATCH') throw new SequencerError('L1_MISMATCH', error.data, { cause: error });
        this.#failures += 1;
        pauseMs = this.#deps.timetable.backoffMs(this.#failures);
        this.#log.warn(
          { code: error.code, ...error.data, failures: this.#failures, pauseMs, err: error },
          'L1 step failed',
        );
      }
      await this.#pause.sleep(pauseMs, signal);
    }
  }

  /** One look at L1 and at most one transaction. Returns whether anything is left to wait for or to do. */
  async step(): Promise<{ isIdle: boolean }> {
    const { l1, store } = this.#deps;
    await this.load();
    const { confirmations } = this.#options;
    const latest = await l1.state();
    const confirmed = confirmations === 0 ? latest : await l1.state({ confirmations });
    await this.#recordStatuses(confirmed);
    if (latest.isFrozen) throw new SequencerError('HALTED', { reason: 'the rollup is frozen on L1' });
    if (!(await this.#agrees(latest))) {
      // L1's latest blocks may still be reorganised away; at the confirmation depth it would be L1_MISMATCH.
      this.#log.warn({ committed: latest.committed.batch }, 'L1 holds other batches than ours');
      return { isIdle: false };
    }
    if (this.#state.intent !== undefined) {
      // What L1 says now was asked before the transaction was known to be over: ask again.
      return (await this.#settle(this.#state.intent)) ? this.step() : { isIdle: false };
    }
    const action = await this.#nextAction(latest);
    if (action !== undefined) await this.#submit(action);
    return { isIdle: action === undefined && this.#state.proven === store.head.closedBatch };
  }

  /** Reads what the last run left on disk; `step` does it too. */
  async load(): Promise<void> {
    if (this.#isLoaded) return;
    const text = await this.#deps.store.getMeta(PUBLISHER_META);
    if (text !== undefined) this.#state = publisherRecord.decode(text, PUBLISHER_META);
    this.#isUnsent = this.#state.intent !== undefined;
    this.#isLoaded = true;
  }

  /** Makes the stored statuses say what L1 says at the confirmation depth. */
  async #recordStatuses(l1: L1State): Promise<void> {
    const { store } = this.#deps;
    const { committed, proven } = this.#state;
    const now = { committed: l1.committed.batch, proven: l1.proven.batch };
    if (!(await this.#agrees(l1))) {
      throw new SequencerError('L1_MISMATCH', { committed: now.committed, closedBatch: store.head.closedBatch });
    }
    if (now.committed === committed && now.proven === proven) return;
    if (now.committed > committed) await this.#requireOurs(now.committed);
    const changes: StatusChange[] = [];
    const from = Math.min(committed, proven, now.committed, now.proven) + 1;
    for (const summary of await store.summaries(from, Math.max(committed, now.committed))) {
      const status = statusOf(summary.number, now);
      if (status !== summary.status) changes.push({ batch: summary.number, status });
    }
    const state = { ...this.#state, ...now };
    const summaries = await store.setStatuses(changes, { name: PUBLISHER_META, value: publisherRecord.encode(state) });
    this.#state = state;
    const isReorg = now.committed < committed || now.proven < proven;
    if (isReorg) this.#log.warn({ ...now, committedBefore: committed, provenBefore: proven }, 'L1 dropped batches');
    else this.#log.info(now, 'batches confirmed on L1');
    for (const summary of summaries) this.#deps.onStatus?.(summary, isReorg);
  }

  /** Whether the heads on L1 are batches of ours. Each batch binds its old root, so agreeing at the heads is agreeing below. */
  async #agrees(l1: L1State): Promise<boolean> {
    for (const head of [l1.committed, l1.proven]) {
      if (head.batch === 0) continue;
      const summary = await this.#deps.store.summary(head.batch);
      if (summary === undefined || summary.newRoot !== head.root) return false;
      if (summary.firstQueueIndex + BigInt(summary.l1Ops) !== head.queue) return false;
    }
    return true;
  }

  /**
   * Roots do not tell batches of the EVM lane apart, so a newly committed one is compared by its commitment.
   * @throws SequencerError L1_MISMATCH
   */
  async #requireOurs(number: number): Promise<void> {
    const { l1, store } = this.#deps;
    const [posted, ours] = await Promise.all([l1.postedCommitment(number), store.batch(number)]);
    if (posted !== ours?.commitment.c) {
      throw new SequencerError('L1_MISMATCH', { committed: number, closedBatch: store.head.closedBatch });
    }
  }

  /** Finds out what became of the transaction under way. Returns whether it is over. */
  async #settle(intent: Intent): Promise<boolean> {
    const { l1, clock, timetable } = this.#deps;
    // The nonce before the receipts: if it is used up and there is no receipt, none of our versions was mined.
    const nonce = await l1.nonce();
    for (const hash of [...intent.hashes].reverse()) {
      const receipt = await l1.receipt(hash);
      if (receipt === undefined) continue;
      const { kind, first, last } = intent;
      const fields = { kind, first, last, hash, l1Block: receipt.blockNumber, gasUsed: receipt.gasUsed };
      await this.#finish(intent, receipt.isSuccess ? hash : undefined);
      if (!receipt.isSuccess) throw new L1Error('REVERTED', { kind, first, last, hash });
      this.#log.info(fields, 'L1 transaction mined');
      return true;
    }
    if (nonce !== intent.nonce) {
      // Higher: something else was mined under this nonce. Lower: a reorg dropped what came before it. Either way L1's heads say
      // what to do next, and the nonces that count are L1's.
      this.#log.warn({ kind: intent.kind, nonce: intent.nonce, l1Nonce: nonce }, 'L1 transaction abandoned');
      await this.#finish(intent, undefined);
      return true;
    }
    if (this.#isUnsent) {
      await this.#broadcast(intent);
    } else if (timetable.isResubmitDue(intent.submittedAtMs, clock.nowMs())) {
      await this.#resubmit(intent);
    }
    return false;
  }

  async #finish(intent: Intent, hash: Hex | undefined): Promise<void> {
    const { store } = this.#deps;
    const changes: StatusChange[] = [];
    for (let batch = intent.first; hash !== undefined && batch <= intent.last; batch += 1) {
      const status = statusOf(batch, this.#state);
      if (intent.kind !== 'prove') changes.push({ batch, status, commitTx: hash });
      if (intent.kind !== 'commit') changes.push({ batch, status, proveTx: hash });
    }
    const state = { ...this.#state, intent: undefined };
    await store.setStatuses(changes, { name: PUBLISHER_META, value: publisherRecord.encode(state) });
    this.#state = state;
    this.#isUnsent = false;
  }

  async #nextAction(l1: L1State): Promise<Action | undefined> {
    const { store } = this.#deps;
    const committed = l1.committed.batch;
    const proven = l1.proven.batch;
    const last = await this.#lastProvable(proven, committed);
    if (last > proven) return { kind: 'prove', first: proven + 1, last };
    const next = committed + 1;
    if (next > store.head.closedBatch) return undefined;
    if (l1.canCommit) {
      return next - proven > this.#options.maxCommitAhead ? undefined : { kind: 'commit', first: next, last: next };
    }
    // Without the seat, a batch goes to L1 together with its proof, once nothing unproven is before it.
    if (!l1.isOpen || committed !== proven) return undefined;
    return (await this.#proven(next)) === undefined ? undefined : { kind: 'submit', first: next, last: next };
  }

  /** The last batch up to which every committed one has a proof. */
  async #lastProvable(proven: number, committed: number): Promise<number> {
    const limit = Math.min(committed, proven + this.#options.maxProofsPerTx);
    let last = proven;
    while (last < limit && (await this.#proven(last + 1)) !== undefined) last += 1;
    return last;
  }

  /** @throws SequencerError PROOF_MISMATCH */
  async #proven(number: number): Promise<ProvenBatch | undefined> {
    const found = await this.#deps.proofs.proof(number);
    if (found === undefined) return undefined;
    const postable = await this.#postable(number);
    const { c, r, y } = postable.closed.commitment;
    const [foundC, foundR, foundY] = found.publicSignals;
    if (foundC !== c || foundR !== r || foundY !== y) throw new SequencerError('PROOF_MISMATCH', { batch: number });
    return { ...postable, proof: found.proof };
  }

  async #postable(number: number): Promise<PostableBatch> {
    const { store } = this.#deps;
    const [closed, evm] = await Promise.all([store.batch(number), store.evmBatch(number)]);
    if (closed === undefined || evm === undefined) throw new SequencerError('L1_MISMATCH', { batch: number });
    return { closed, evm };
  }

  async #submit(action: Action): Promise<void> {
    const { l1 } = this.#deps;
    const nonce = await l1.nonce();
    const fees = cappedFees(await l1.suggestFees(), this.#options.maxFeePerGas);
    const signed = await this.#sign(action, nonce, fees);
    await this.#send({ ...action, nonce, fees, hashes: [signed.hash], raw: signed.raw, submittedAtMs: 0 });
  }

  /** The same again with a higher fee, under the same nonce: only one of them can be mined. */
  async #resubmit(old: Intent): Promise<void> {
    const fees = raisedFees(old.fees, await this.#deps.l1.suggestFees(), this.#options.maxFeePerGas);
    if (!isOutbidding(fees, old.fees)) {
      this.#log.warn(
        { nonce: old.nonce, maxFeePerGas: old.fees.maxFeePerGas },
        'L1 fee is at its cap, sending the same again',
      );
      await this.#broadcast(old);
      return;
    }
    let signed: SignedL1Tx;
    try {
      signed = await this.#sign(old, old.nonce, fees);
    } catch (error) {
      // It would fail now: L1 moved on without it, and waiting for it would be waiting for ever.
      if (error instanceof L1Error && error.code === 'REVERTED') await this.#finish(old, undefined);
      throw error;
    }
    await this.#send({ ...old, fees, hashes: [...old.hashes, signed.hash], raw: signed.raw });
  }

  async #sign(action: Action, nonce: number, fees: L1Fees): Promise<SignedL1Tx> {
    const { l1 } = this.#deps;
    if (action.kind === 'commit') return l1.signCommit(await this.#postable(action.first), { nonce, fees });
    const items: ProvenBatch[] = [];
    for (let number = action.first; number <= action.last; number += 1) {
      const item = await this.#proven(number);
      if (item === undefined) throw new SequencerError('PROOF_MISMATCH', { batch: number });
      items.push(item);
    }
    const [first] = items;
    if (action.kind === 'submit' && first !== undefined) return l1.signSubmit(first, { nonce, fees });
    return l1.signProve(items, { nonce, fees });
  }

  /** First on disk, then on the wire. */
  async #send(unsent: Intent): Promise<void> {
    const intent: Intent = { ...unsent, submittedAtMs: this.#deps.clock.nowMs() };
    const state = { ...this.#state, intent };
    await this.#deps.store.putMeta(PUBLISHER_META, publisherRecord.encode(state));
    this.#state = state;
    this.#isUnsent = true;
    await this.#broadcast(intent);
  }

  async #broadcast(intent: Intent): Promise<void> {
    const { kind, first, last, nonce, fees } = intent;
    try {
      await this.#deps.l1.broadcast(intent.raw);
    } catch (error) {
      if (!(error instanceof L1Error)) throw error;
      if (error.code === 'UNDERPRICED') {
        // Something of ours waits under this nonce (from before a crash or a reorg): outbid it at the next step.
        this.#state = { ...this.#state, intent: { ...intent, submittedAtMs: 0 } };
        this.#isUnsent = false;
      }
      if (error.code !== 'ALREADY_KNOWN') throw error;
    }
    this.#isUnsent = false;
    this.#log.info({ kind, first, last, nonce, hash: intent.hashes.at(-1), ...fees }, 'L1 transaction sent');
  }
}

function statusOf(batch: number, counts: { committed: number; proven: number }): BatchStatus {
  if (batch <= counts.proven) return 'proven';
  return batch <= counts.committed ? 'committed' : 'closed';
}
