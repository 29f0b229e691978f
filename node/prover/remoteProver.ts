import { BridgeError } from '../../bridge/client/errors.ts';
import type { RollupReader } from '../../bridge/client/interface.ts';
import type { L1Call, PostedBatch } from '../../bridge/client/types.ts';
import type { Clock } from '../../chain/clock.ts';
import { Pause } from '../../chain/pause.ts';
import type { ClosedBatch } from '../../protocol/types.ts';
import { proveBatch } from '../../prover/proveBatch.ts';
import type { ProofResult, ProofStage } from '../../prover/types.ts';
import { L1Error } from '../../sequencer/l1Port.ts';
import { l1Error } from '../l1/errors.ts';
import type { Proving } from '../proving.ts';
import { type ClosedBatches, closedBatchOf } from './batchSource.ts';
import type { ProofShelf } from './proofShelf.ts';
import { nextBatch, type Share } from './workPlan.ts';

export interface RemoteProverOptions {
  /** Default: everything. */
  readonly share?: Share;
  /** Default 300,000. */
  readonly takeoverMs?: number;
  /** Between looks at L1. Default 4,000. */
  readonly pollMs?: number;
  /** Batches whose proofs go to L1 in one transaction, at most. Default 4. */
  readonly perTransaction?: number;
  /** Default 16. */
  readonly window?: number;
  /** Pause after a failure, doubled with each one in a row up to ten minutes. Default 5,000. */
  readonly retryMs?: number;
}

export interface RemoteProverDeps {
  readonly rollup: Pick<RollupReader, 'calls' | 'state' | 'readBatch'>;
  readonly nodes: readonly ClosedBatches[];
  readonly proving: Proving;
  readonly shelf: ProofShelf;
  readonly send: (call: L1Call, signal: AbortSignal) => Promise<{ readonly hash: string; readonly gasUsed: bigint }>;
  readonly clock: Clock;
  /** Told of everything that happens. */
  readonly onEvent: (event: ProverEvent) => void;
}

/**
 * `lost`: somebody else's proofs were there first, which is no failure. `cancelled`: a batch that is not to be proven any more.
 * `refused`: L1 does not take a proof. `away`: L1 or the nodes cannot be asked; the code says why.
 */
export type ProverEvent =
  | { readonly event: 'heads'; readonly committed: number; readonly proven: number }
  | { readonly event: 'proving'; readonly batch: number; readonly shape: string }
  | { readonly event: 'stage'; readonly batch: number; readonly stage: ProofStage }
  | { readonly event: 'proven'; readonly batch: number; readonly shape: string; readonly seconds: number }
  | { readonly event: 'cancelled' | 'lost'; readonly batch: number }
  | { readonly event: 'failed' | 'refused'; readonly batch: number; readonly code: string; readonly againInMs: number }
  | { readonly event: 'sent'; readonly batches: readonly number[]; readonly hash: string; readonly gasUsed: bigint }
  | { readonly event: 'away'; readonly code: string; readonly about: string };

interface Job {
  readonly posted: PostedBatch;
  readonly abort: AbortController;
}

const LONGEST_PAUSE_MS = 600_000;
const DEFAULTS = {
  share: { offset: 0, of: 1 },
  takeoverMs: 300_000,
  pollMs: 4_000,
  perTransaction: 4,
  window: 16,
  retryMs: 5_000,
} satisfies RemoteProverOptions;

/**
 * Proves what is committed on L1 and brings the proofs there, without a chain of its own: it trusts L1, checks what nodes say, and can
 * be killed at any time. Several may work for one chain: losing a race costs a proof, nothing else.
 */
export class RemoteProver {
  readonly #options: Required<RemoteProverOptions>;
  readonly #deps: RemoteProverDeps;
  readonly #pause: Pause;
  #job: Job | undefined;
  #heads = { committed: -1, proven: -1 };
  /** Since when L1 waits for the proof after `proven`. */
  #waitingSinceMs = 0;
  /** After a refusal of several proofs they go one by one, so that the bad one is found. */
  #isCareful = false;
  readonly #failures = new Map<number, { readonly count: number; readonly untilMs: number }>();

  constructor(options: RemoteProverOptions, deps: RemoteProverDeps) {
    this.#options = { ...DEFAULTS, ...options };
    this.#deps = deps;
    this.#pause = new Pause(deps);
  }

  /** Until the signal; what fails is told and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    const running = new Set<Promise<void>>();
    while (!signal.aborted) {
      try {
        const job = await this.#step(signal);
        if (job !== undefined) {
          const work = this.#prove(job, signal).finally(() => {
            running.delete(work);
            this.#pause.wake();
          });
          running.add(work);
        }
      } catch (error) {
        const { code, data } = l1Error(error);
        this.#tell({ event: 'away', code, about: String(data.reason ?? '') });
      }
      await this.#pause.sleep(this.#options.pollMs, signal);
    }
    this.#job?.abort.abort();
    await Promise.all(running);
  }

  /** Looks at L1, sends what can be sent, and says what is to be proven next. */
  async #step(signal: AbortSignal): Promise<Job | undefined> {
    await this.#look();
    const ready = await this.#ready();
    if (ready.length > 0) await this.#submit(ready, signal);
    return this.#take();
  }

  async #look(): Promise<void> {
    const { committed, proven } = await this.#deps.rollup.state();
    const heads = { committed: committed.batch, proven: proven.batch };
    const wasIdle = this.#heads.committed <= this.#heads.proven;
    if (heads.proven !== this.#heads.proven || wasIdle) this.#waitingSinceMs = this.#deps.clock.nowMs();
    if (heads.proven !== this.#heads.proven || heads.committed !== this.#heads.committed) {
      this.#tell({ event: 'heads', ...heads });
    }
    this.#heads = heads;
    this.#deps.shelf.dropUpTo(heads.proven);
    for (const batch of this.#failures.keys()) if (batch <= heads.proven) this.#failures.delete(batch);
    const job = this.#job;
    if (job !== undefined && !(await this.#isWanted(job.posted))) job.abort.abort();
  }

  /** Whether L1 still has this batch and no proof of it. */
  async #isWanted({ number, stored }: PostedBatch): Promise<boolean> {
    if (number <= this.#heads.proven || number > this.#heads.committed) return false;
    const now = await this.#deps.rollup.readBatch(number);
    return now.stored.c === stored.c && now.stored.r === stored.r;
  }

  /** Proofs for the next batches in a row, each for what L1 has now. */
  async #ready(): Promise<{ posted: PostedBatch; proof: ProofResult['proof'] }[]> {
    const { rollup, shelf } = this.#deps;
    const { proven, committed } = this.#heads;
    const most = this.#isCareful ? 1 : this.#options.perTransaction;
    const ready: { posted: PostedBatch; proof: ProofResult['proof'] }[] = [];
    for (let batch = proven + 1; batch <= Math.min(committed, proven + most); batch += 1) {
      const held = shelf.get(batch);
      if (held === undefined || this.#isPausing(batch)) break;
      const posted = await rollup.readBatch(batch);
      const { c, r, y } = posted.stored;
      const isSame = held.statement[0] === c && held.statement[1] === r && held.statement[2] === y;
      if (!isSame) {
        // reverted and committed anew
        shelf.drop(batch);
        break;
      }
      ready.push({ posted, proof: held.proof });
    }
    return ready;
  }

  async #submit(ready: { posted: PostedBatch; proof: ProofResult['proof'] }[], signal: AbortSignal): Promise<void> {
    const { rollup, shelf, send } = this.#deps;
    const batches = ready.map(({ posted }) => posted.number);
    const [first = 0] = batches;
    try {
      const { hash, gasUsed } = await send(rollup.calls.proveBatches(ready), signal);
      this.#isCareful = false;
      this.#tell({ event: 'sent', batches, hash, gasUsed });
      await this.#look();
    } catch (error) {
      if (signal.aborted) return;
      await this.#look();
      if (this.#heads.proven >= first) {
        for (const batch of batches.filter((number) => number <= this.#heads.proven))
          this.#tell({ event: 'lost', batch });
        return;
      }
      const code = refusal(error);
      if (code === undefined) throw error;
      if (batches.length > 1) {
        this.#isCareful = true;
        return;
      }
      shelf.drop(first);
      this.#tell({ event: 'refused', batch: first, code, againInMs: this.#fail(first) });
    }
  }

  async #take(): Promise<Job | undefined> {
    if (this.#job !== undefined) return undefined;
    const { shelf, clock, rollup } = this.#deps;
    const isTaken = (batch: number): boolean => shelf.get(batch) !== undefined || this.#isPausing(batch);
    const waitedMs = clock.nowMs() - this.#waitingSinceMs;
    const batch = nextBatch({ ...this.#heads, waitedMs, isTaken }, this.#options);
    if (batch === undefined) return undefined;
    this.#job = { posted: await rollup.readBatch(batch), abort: new AbortController() };
    return this.#job;
  }

  /** Never throws. */
  async #prove({ posted, abort }: Job, stop: AbortSignal): Promise<void> {
    const { number: batch } = posted;
    const cancel = (): void => abort.abort();
    stop.addEventListener('abort', cancel, { once: true });
    try {
      const closed = await closedBatchOf(posted, this.#deps.nodes);
      const { proof, publicSignals, seconds } = await this.#proof(closed, abort.signal);
      this.#deps.shelf.put({ batch, statement: publicSignals, proof });
      this.#failures.delete(batch);
      const whole = seconds.witness + seconds.prove + seconds.verify;
      this.#tell({ event: 'proven', batch, shape: posted.shape, seconds: whole });
    } catch (error) {
      if (abort.signal.aborted) this.#tell({ event: 'cancelled', batch });
      else this.#tell({ event: 'failed', batch, code: codeOf(error), againInMs: this.#fail(batch) });
    } finally {
      stop.removeEventListener('abort', cancel);
      this.#job = undefined;
    }
  }

  async #proof(closed: ClosedBatch, signal: AbortSignal): Promise<ProofResult> {
    const { backend, artifacts } = this.#deps.proving;
    const { number: batch, shape } = closed.batch;
    this.#tell({ event: 'proving', batch, shape });
    const onProgress = ({ stage }: { stage: ProofStage }): void => this.#tell({ event: 'stage', batch, stage });
    return proveBatch(closed, await artifacts(shape, signal), { backend, signal, onProgress });
  }

  /** Longer with every failure in a row. @returns the pause in milliseconds */
  #fail(batch: number): number {
    const count = (this.#failures.get(batch)?.count ?? 0) + 1;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, this.#options.retryMs * 2 ** (count - 1));
    this.#failures.set(batch, { count, untilMs: this.#deps.clock.nowMs() + pauseMs });
    return pauseMs;
  }

  #isPausing(batch: number): boolean {
    return (this.#failures.get(batch)?.untilMs ?? 0) > this.#deps.clock.nowMs();
  }

  #tell(event: ProverEvent): void {
    this.#deps.onEvent(event);
  }
}

/** Why the contract does not take it; undefined: it was not the contract. */
function refusal(error: unknown): string | undefined {
  if (error instanceof L1Error) return error.code === 'REVERTED' ? String(error.data.reason ?? error.code) : undefined;
  if (!(error instanceof BridgeError)) return undefined;
  const mapped = l1Error(error);
  return mapped.code === 'REVERTED' ? error.code : undefined;
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'UNEXPECTED';
}
