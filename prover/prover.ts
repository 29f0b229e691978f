import type { Clock } from '../chain/clock.ts';
import { SafeEmitter } from '../chain/emitter.ts';
import type { Logger } from '../chain/logger.ts';
import { Pause } from '../chain/pause.ts';
import type { Artifacts } from '../circuits/build/artifacts.ts';
import type { ShapeName } from '../protocol/types.ts';
import { ProverError, type ProverErrorCode } from './errors.ts';
import type { ProofQueue } from './proofQueue.ts';
import type { JobRecord } from './proofRecords.ts';
import { proveBatch } from './proveBatch.ts';
import type { ProofJob, ProofResult, ProofStage, ProverBackend } from './types.ts';

export interface ProverOptions {
  /** Proofs at once. snarkjs uses all cores for one proof already. Default 1. */
  readonly concurrency?: number;
  /** How often to look for jobs whose pause is over. Default 1 s. */
  readonly pollMs?: number;
}

export interface ProverDeps {
  readonly queue: ProofQueue;
  readonly backend: ProverBackend;
  /** Proving key and witness generator of a shape; called once a job, so it should cache. */
  readonly artifacts: (shape: ShapeName, signal: AbortSignal) => Promise<Artifacts>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ProverEvents {
  started: [ProofJob];
  progress: [{ readonly id: string; readonly batch: number; readonly stage: ProofStage }];
  proven: [ProofJob, ProofResult];
  /** An attempt failed; the record says whether there will be another. */
  failed: [JobRecord];
  /** The queue's database failed: the service ended itself. */
  halted: [unknown];
}

/** What another attempt would only repeat. */
const FINAL: ReadonlySet<ProverErrorCode> = new Set(['WITNESS_FAILED', 'WRONG_STATEMENT', 'WRONG_CIRCUIT']);

/** Takes jobs from the queue and proves them, the lowest batch first. Created → `start` → running → stopped. */
export class Prover {
  readonly events: SafeEmitter<ProverEvents>;
  readonly #options: Required<ProverOptions>;
  readonly #deps: ProverDeps;
  readonly #log: Logger;
  readonly #abort = new AbortController();
  readonly #pauses: readonly Pause[];
  #lanes: Promise<unknown> = Promise.resolve();

  constructor(options: ProverOptions, deps: ProverDeps) {
    this.#options = { concurrency: 1, pollMs: 1000, ...options };
    this.#deps = deps;
    this.#log = deps.log.child({ module: 'prover' });
    this.#pauses = Array.from({ length: this.#options.concurrency }, () => new Pause(deps));
    this.events = new SafeEmitter({ log: this.#log });
  }

  start(): void {
    const { signal } = this.#abort;
    if (signal.aborted) return;
    const lanes = this.#pauses.map((pause) => this.#run(pause, signal));
    this.#lanes = Promise.all(lanes.map((lane) => lane.catch((cause: unknown) => this.#halt(cause))));
  }

  /** There may be a new job: look now. */
  notify(): void {
    for (const pause of this.#pauses) pause.wake();
  }

  /** Cancels what is being proven (its jobs become pending again) and ends. May be called at any time, and twice. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#lanes;
  }

  async #run(pause: Pause, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const job = await this.#deps.queue.take();
      if (job === undefined) await pause.sleep(this.#options.pollMs, signal);
      else await this.#prove(job, signal);
    }
  }

  async #prove(job: ProofJob, signal: AbortSignal): Promise<void> {
    const { queue, backend, artifacts } = this.#deps;
    const { id, batch, shape } = job;
    this.#log.info({ batch, shape, backend: backend.name }, 'proving');
    this.events.tell('started', job);
    let result: ProofResult;
    try {
      const onProgress = ({ stage }: { stage: ProofStage }): void => {
        this.events.tell('progress', { id, batch, stage });
      };
      result = await proveBatch(job.input, await artifacts(shape, signal), { backend, signal, onProgress });
    } catch (error) {
      if (signal.aborted) {
        await queue.release(id);
        return;
      }
      const isFinal = error instanceof ProverError && FINAL.has(error.code);
      const record = await queue.fail(id, reasonOf(error), { isFinal });
      if (record === undefined) return;
      const { status, attempts } = record;
      this.#log.error({ batch, shape, status, attempts, err: error }, 'proof attempt failed');
      this.events.tell('failed', record);
      return;
    }
    await queue.complete(id, result);
    if (queue.job(id) === undefined) return; // discarded meanwhile
    const { seconds, peakMemoryMB } = result;
    this.#log.info({ batch, shape, seconds, peakMemoryMB: Math.round(peakMemoryMB) }, 'batch proven');
    this.events.tell('proven', job, result);
  }

  #halt(cause: unknown): void {
    this.#log.error({ err: cause }, 'prover halted');
    this.#abort.abort();
    this.events.tell('halted', cause);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ProverError) {
    const { message } = error.data;
    return message === undefined ? error.code : `${error.code}: ${String(message).slice(0, 500)}`;
  }
  return error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 500) : String(error);
}
