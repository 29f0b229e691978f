import type { Clock } from '../chain/clock.ts';
import type { Logger } from '../chain/logger.ts';
import { Pause } from '../chain/pause.ts';
import type { ChainStore, StatusChange } from '../chain/store.ts';
import type { BatchSummary } from '../chain/types.ts';
import { compare } from './agreement.ts';
import { SequencerError } from './errors.ts';
import { type Fate, IntentSender, statusOf } from './intentSender.ts';
import { L1Error, type L1Fees, type L1Port, type L1State, type ProvenBatch, type SignedL1Tx } from './l1Port.ts';
import { NextAction, type Uncommittable } from './nextAction.ts';
import type { ProofSource } from './proofSource.ts';
import { PublisherRecord } from './publisherRecord.ts';
import type { Action, Intent, PublisherState } from './publisherState.ts';
import { isLostRace, isOvertaken, Refusals } from './refusals.ts';
import type { Timetable } from './timetable.ts';
import { Turns } from './turns.ts';

export type { BatchProof, ProofSource } from './proofSource.ts';

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
  /** Whether to drop batches of others on L1 that were not proven by their deadline. Default true. */
  readonly reverts?: boolean;
  /** The contract's: it takes no batch whose timestamp is older. Default: not known; L1's refusals tell. */
  readonly maxAgeSeconds?: number | undefined;
}

/** L1 has another batch than this store under that number, at the confirmation depth. */
export interface L1Mismatch {
  readonly batch: number;
  /** L1's and the store's last batches. */
  readonly committed: number;
  readonly closedBatch: number;
  /** The L1 block this was seen at. */
  readonly l1Block: bigint;
}

/** The L1 account, if the publisher shares it: it holds the turn from before it asks for a nonce until that nonce is used. */
export interface AccountTurn {
  /** false: somebody else has it now. */
  take(): boolean;
  release(): void;
}

export interface PublisherDeps {
  readonly store: ChainStore;
  readonly l1: L1Port;
  readonly proofs: ProofSource;
  readonly timetable: Timetable;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: the account is the publisher's alone. */
  readonly turn?: AccountTurn | undefined;
  /** Whether this node may send anything to L1. Default: yes. */
  readonly mayPublish?: () => boolean;
  /** Told of every batch whose status changed, in order. `isReorg`: it moved back. */
  readonly onStatus?: (summary: BatchSummary, isReorg: boolean) => void;
  /**
   * Whether somebody brings the store to where L1 is, when that is ahead or has other batches. If not, the publisher ends with L1_MISMATCH
   * then: blocks that go on from such a store are worth nothing. Default: no.
   */
  readonly isFollowing?: () => boolean;
  /** Told at every look while it is so. */
  readonly onMismatch?: (mismatch: L1Mismatch) => void;
  /** Told at every look while the next batch can never be committed. */
  readonly onUncommittable?: (batch: Uncommittable) => void;
}

/** Every so many looks at L1 the last common batch is compared by its commitment even if L1's heads did not move. */
const THOROUGH_EVERY = 16;

/**
 * Brings closed batches to L1: commits in order, proves in order, several proofs at once when they are there. On a node that may not
 * publish it only follows what L1 says of the batches.
 *
 * L1 decides. Every step begins with L1's own heads; what to do next follows from them and the store alone, never from what was
 * sent before. One transaction is under way at a time (`IntentSender`). So a crash or a reorg at any point can cost time, but neither
 * lose nor double a batch.
 */
export class Publisher {
  readonly #options: { readonly confirmations: number };
  readonly #deps: PublisherDeps;
  readonly #log: Logger;
  readonly #pause: Pause;
  readonly #record: PublisherRecord;
  readonly #next: NextAction;
  readonly #sender: IntentSender;
  readonly #refusals: Refusals;
  readonly #turns = new Turns({ areErrorsFatal: false });
  #failures = 0;
  #looks = 0;
  #hasAccount = false;

  constructor(options: PublisherOptions, deps: PublisherDeps) {
    const { confirmations = 2, maxProofsPerTx = 4, maxCommitAhead = 16 } = options;
    const { maxFeePerGas = 500_000_000_000n, reverts = true, maxAgeSeconds } = options;
    this.#options = { confirmations };
    this.#deps = deps;
    this.#log = deps.log.child({ module: 'publisher' });
    this.#pause = new Pause(deps);
    this.#record = new PublisherRecord(deps);
    this.#next = new NextAction({ maxProofsPerTx, maxCommitAhead, reverts, maxAgeSeconds }, deps);
    this.#refusals = new Refusals({ confirmations });
    this.#sender = new IntentSender(
      { maxFeePerGas },
      {
        ...deps,
        log: this.#log,
        record: this.#record,
        sign: (action, as) => this.#sign(action, as),
      },
    );
  }

  /** Counts at the confirmation depth, and the transaction under way. */
  get state(): PublisherState {
    return this.#record.state;
  }

  /** Look again soon: a batch was closed or proven. */
  notify(): void {
    this.#pause.wake();
  }

  /** L1 was reorganised: at the next look nothing that was found to agree before counts. */
  recheck(): void {
    this.#looks = 0;
    this.#next.forgetDeadline();
    this.notify();
  }

  /**
   * Publishes until `signal` aborts. L1 failures are waited out; returns only by abort or by a fault that no waiting heals.
   * @throws SequencerError L1_MISMATCH (if nobody follows L1), PROOF_MISMATCH; ChainError and database errors
   */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let pauseMs = this.#deps.timetable.l1PollMs;
      try {
        await this.step();
        this.#failures = 0;
      } catch (error) {
        if (!(error instanceof L1Error)) throw error;
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
  step(): Promise<{ isIdle: boolean }> {
    return this.#turns.run(async () => {
      await this.load();
      try {
        return await this.#step();
      } finally {
        this.#giveAccount();
      }
    });
  }

  /** Reads what the last run left on disk; `step` does it too. */
  async load(): Promise<void> {
    if (await this.#record.load()) this.#sender.onLoaded();
  }

  /**
   * Runs `work`, which takes back all batches above `batch`, while nothing is sent: what is under way for one of them is forgotten first,
   * and no status is kept of them.
   */
  takingBack<T>(batch: number, work: () => Promise<T>): Promise<T> {
    return this.#turns.run(async () => {
      await this.load();
      await this.#sender.dropAbove(batch);
      const { committed, proven } = this.state;
      // Before the batches go: statuses of batches that are gone would be looked for in vain.
      await this.#record.change({ committed: Math.min(committed, batch), proven: Math.min(proven, batch) });
      this.#giveAccount();
      this.#refusals.forget();
      this.#looks = 0;
      return work();
    });
  }

  async #step(): Promise<{ isIdle: boolean }> {
    const { l1, store, mayPublish } = this.#deps;
    const { confirmations } = this.#options;
    const canSend = mayPublish?.() ?? true;
    const { intent } = this.state;
    const fate = intent !== undefined && canSend ? await this.#settle(intent) : undefined;
    const latest = await l1.state();
    const confirmed = confirmations === 0 ? latest : await l1.state({ confirmations });
    if (!(await this.#recordStatuses(confirmed))) return { isIdle: false };
    if (latest.isFrozen) throw new SequencerError('HALTED', { reason: 'the rollup is frozen on L1' });
    if (intent !== undefined && fate === 'failed' && !isOvertaken(intent, latest)) throw reverted(intent);
    if (!canSend) return { isIdle: this.state.proven === store.head.closedBatch };
    const agreement = await compare(latest, { agreedTo: Number.POSITIVE_INFINITY }, this.#deps);
    if (!agreement.isSame) {
      // L1's latest blocks may still be reorganised away; at the confirmation depth it would be a mismatch.
      this.#log.warn({ committed: latest.committed.batch, batch: agreement.batch }, 'L1 holds other batches than ours');
      return { isIdle: false };
    }
    if (this.state.intent !== undefined) {
      if (this.#takeAccount()) await this.#tolerating(this.state.intent, latest, (old) => this.#sender.push(old));
      return { isIdle: false };
    }
    const action = await this.#next.of(latest);
    if (action === undefined) return { isIdle: this.state.proven === store.head.closedBatch };
    if ('reason' in action) this.#deps.onUncommittable?.(action);
    else if (this.#takeAccount()) await this.#tolerating(action, latest, (next) => this.#submit(next, latest));
    return { isIdle: false };
  }

  async #settle(intent: Intent): Promise<Fate> {
    return this.#takeAccount() ? this.#sender.settle(intent) : 'waiting';
  }

  /** A batch must not be built on one that differs from ours in the EVM lane only: L1 could not tell, and would take it. */
  async #submit(action: Action, latest: L1State): Promise<void> {
    if (action.kind === 'commit' || action.kind === 'submit') {
      const agreement = await compare(latest, { agreedTo: 0 }, this.#deps);
      if (!agreement.isSame) return;
    }
    await this.#sender.submit(action);
    this.#refusals.forget();
  }

  /** What L1 refuses because it moved on is looked at again; what it will never take is told. */
  async #tolerating<T extends Action>(action: T, latest: L1State, send: (action: T) => Promise<void>): Promise<void> {
    try {
      await send(action);
    } catch (error) {
      if (!(error instanceof L1Error)) throw error;
      const { kind, first, last } = action;
      if (kind === 'revert') this.#next.forgetDeadline();
      // Confirmed, it would be a mismatch; now it may yet go away.
      if (isLostRace(error) || error.code === 'DIFFERENT_BATCH') {
        this.#log.info({ kind, first, last, reason: error.data.reason ?? error.code }, 'L1 moved on');
        return;
      }
      const summary = await this.#deps.store.summary(first);
      const never = summary && this.#refusals.judge(action, error, latest, summary.timestamp);
      if (never === undefined) throw error;
      this.#log.warn({ ...never }, 'L1 will never take this batch');
      this.#deps.onUncommittable?.(never);
    }
  }

  /** Makes the stored statuses say what L1 says at the confirmation depth. Returns false if L1 has other batches: then they stay. */
  async #recordStatuses(l1: L1State): Promise<boolean> {
    const { store, onStatus, onMismatch } = this.#deps;
    const { committed, proven } = this.state;
    const isThorough = this.#looks % THOROUGH_EVERY === 0;
    this.#looks += 1;
    const now = await compare(l1, { agreedTo: isThorough ? 0 : committed }, this.#deps);
    const { closedBatch } = store.head;
    const heads = { committed: l1.committed.batch, closedBatch, l1Block: l1.blockNumber };
    if ((!now.isSame || heads.committed > closedBatch) && this.#deps.isFollowing?.() !== true) {
      throw new SequencerError('L1_MISMATCH', heads);
    }
    if (!now.isSame) {
      const { batch } = now;
      this.#log.warn({ ...heads, batch }, 'L1 holds another batch than ours');
      onMismatch?.({ ...heads, batch });
      return false;
    }
    if (now.committed === committed && now.proven === proven) return true;
    const changes: StatusChange[] = [];
    const from = Math.min(committed, proven, now.committed, now.proven) + 1;
    for (const summary of await store.summaries(from, Math.max(committed, now.committed))) {
      const status = statusOf(summary.number, now);
      if (status !== summary.status) changes.push({ batch: summary.number, status });
    }
    const counts = { committed: now.committed, proven: now.proven };
    const summaries = await this.#record.change(counts, changes);
    const isReorg = now.committed < committed || now.proven < proven;
    if (isReorg) this.#log.warn({ ...counts, committedBefore: committed, provenBefore: proven }, 'L1 dropped batches');
    else this.#log.info(counts, 'batches confirmed on L1');
    for (const summary of summaries) onStatus?.(summary, isReorg);
    return true;
  }

  async #sign(action: Action, as: { nonce: number; fees: L1Fees }): Promise<SignedL1Tx> {
    const { l1 } = this.#deps;
    const { kind, first, last } = action;
    if (kind === 'revert') return l1.signRevert(first, as);
    if (kind === 'commit') {
      const postable = await this.#next.postable(first);
      if (postable === undefined) throw new L1Error('DIFFERENT_BATCH', { batch: first });
      return l1.signCommit(postable, as);
    }
    const items: ProvenBatch[] = [];
    for (let number = first; number <= last; number += 1) {
      const item = await this.#next.proven(number);
      if (item === undefined) throw new L1Error('DIFFERENT_BATCH', { batch: number });
      items.push(item);
    }
    const [item] = items;
    return kind === 'submit' && item !== undefined ? l1.signSubmit(item, as) : l1.signProve(items, as);
  }

  #takeAccount(): boolean {
    this.#hasAccount ||= this.#deps.turn?.take() ?? true;
    return this.#hasAccount;
  }

  #giveAccount(): void {
    if (!this.#hasAccount || this.state.intent !== undefined) return;
    this.#hasAccount = false;
    this.#deps.turn?.release();
  }
}

function reverted({ kind, first, last, hashes }: Intent): L1Error {
  return new L1Error('REVERTED', { kind, first, last, hash: hashes.at(-1) ?? '' });
}
