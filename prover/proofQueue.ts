import type { Clock } from '../chain/clock.ts';
import { type Db, type DbOp, prefixRange } from '../chain/db.ts';
import { closedBatchRecord } from '../chain/records.ts';
import type { ClosedBatch, Field } from '../protocol/types.ts';
import { ProverError } from './errors.ts';
import { type JobRecord, type JobStatus, jobRecord, resultRecord } from './proofRecords.ts';
import type { ProofJob, ProofResult } from './types.ts';

export interface ProofQueueOptions {
  /** Attempts before a job is failed. Default 5. */
  readonly maxAttempts?: number;
  /** First pause after a failed attempt; doubles each time, at most 60 times as long. Default 5 s. */
  readonly backoffMs?: number;
}

/**
 * Proof jobs in the database (keys `p/j/…` records, `p/i/…` frozen inputs, `p/r/…` results). Survives a restart: every change of a
 * job is one atomic write, and a job found `proving` belonged to a process that is gone. One process owns the queue.
 */
export class ProofQueue {
  readonly #options: Required<ProofQueueOptions>;
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #jobs = new Map<string, JobRecord>();
  /** Jobs that are being proven though nobody wants them any more. */
  readonly #discarded = new Set<string>();
  /** Told after every change that may give someone work or a result. */
  onChange: (job: JobRecord) => void = () => undefined;

  private constructor(options: ProofQueueOptions, deps: { db: Db; clock: Clock }) {
    this.#options = { maxAttempts: 5, backoffMs: 5000, ...options };
    this.#db = deps.db;
    this.#clock = deps.clock;
  }

  /** @throws ChainError STORE_CORRUPT */
  static async open(options: ProofQueueOptions, deps: { db: Db; clock: Clock }): Promise<ProofQueue> {
    const queue = new ProofQueue(options, deps);
    for await (const [key, value] of deps.db.range(prefixRange('p/j/'))) {
      const job = jobRecord.decode(value, key);
      queue.#jobs.set(job.id, job);
    }
    for (const job of [...queue.#jobs.values()]) {
      if (job.status === 'proving') await queue.#change({ ...job, status: 'pending' });
    }
    return queue;
  }

  /** Adds a job with a frozen copy of its input; a batch that is known already stays as it is. */
  async enqueue(closed: ClosedBatch): Promise<JobRecord> {
    const { number: batch, shape } = closed.batch;
    const id = jobId(closed);
    const known = this.#jobs.get(id);
    if (known !== undefined) return known;
    const createdAtMs = this.#clock.nowMs();
    // The chain came to the same batch again before the attempt for it was over.
    const isBeingProven = this.#discarded.delete(id);
    const job: JobRecord = {
      id,
      batch,
      shape,
      status: isBeingProven ? 'proving' : 'pending',
      attempts: isBeingProven ? 1 : 0,
      createdAtMs,
      notBeforeMs: 0,
      reason: undefined,
    };
    return this.#change(job, [{ type: 'put', key: inputKey(id), value: closedBatchRecord.encode(closed) }]);
  }

  /** The pending job of the lowest batch, now proving; undefined if there is none to try yet. */
  async take(): Promise<ProofJob | undefined> {
    const nowMs = this.#clock.nowMs();
    const next = this.#first((job) => job.status === 'pending' && job.notBeforeMs <= nowMs);
    if (next === undefined) return undefined;
    const { id, batch, shape } = next;
    // In memory at once: the input is read from disk, and nobody else may take the job meanwhile.
    this.#jobs.set(id, { ...next, status: 'proving' });
    const text = await this.#db.get(inputKey(id));
    if (this.#discarded.delete(id)) return undefined;
    if (text === undefined) throw new ProverError('UNKNOWN_JOB', { id });
    const input = closedBatchRecord.decode(text, inputKey(id));
    const taken = await this.#change({ ...next, status: 'proving', attempts: next.attempts + 1 });
    if (this.#discarded.delete(id)) {
      await this.#forget([taken]);
      return undefined;
    }
    return { id, batch, shape, input };
  }

  /**
   * Stores the result; the input is not needed any more. What was discarded meanwhile is forgotten with its result.
   * @throws ProverError UNKNOWN_JOB
   */
  async complete(id: string, result: ProofResult): Promise<void> {
    if (this.#discarded.delete(id)) return;
    const job = this.#require(id, 'proving');
    await this.#change({ ...job, status: 'proven', reason: undefined }, [
      { type: 'put', key: resultKey(id), value: resultRecord.encode(result) },
      { type: 'del', key: inputKey(id) },
    ]);
  }

  /**
   * Ends an attempt: the job waits for the next one, or is failed if that was the last or more of them make no sense. undefined: it was
   * discarded meanwhile.
   */
  async fail(id: string, reason: string, options: { isFinal?: boolean } = {}): Promise<JobRecord | undefined> {
    if (this.#discarded.delete(id)) return undefined;
    const job = this.#require(id, 'proving');
    if (options.isFinal === true || job.attempts >= this.#options.maxAttempts) {
      return this.#change({ ...job, status: 'failed', reason });
    }
    const pauseMs = this.#options.backoffMs * Math.min(2 ** (job.attempts - 1), 60);
    return this.#change({ ...job, status: 'pending', reason, notBeforeMs: this.#clock.nowMs() + pauseMs });
  }

  /** Gives a job back whose attempt was cancelled; it does not count. */
  async release(id: string): Promise<void> {
    if (this.#discarded.delete(id)) return;
    const job = this.#require(id, 'proving');
    await this.#change({ ...job, status: 'pending', attempts: job.attempts - 1 });
  }

  /** Makes a failed job pending again, with all its attempts. @throws ProverError UNKNOWN_JOB */
  async retry(id: string): Promise<void> {
    const job = this.#require(id, 'failed');
    await this.#change({ ...job, status: 'pending', attempts: 0, notBeforeMs: 0 });
  }

  /** Forgets all jobs of these batches, their results too: the chain went back to before them. What is being proven ends in nothing. */
  async discard(batches: readonly number[]): Promise<void> {
    const gone = new Set(batches);
    const jobs = [...this.#jobs.values()].filter(({ batch }) => gone.has(batch));
    if (jobs.length === 0) return;
    for (const { id, status } of jobs) if (status === 'proving') this.#discarded.add(id);
    await this.#forget(jobs);
  }

  /** The proof of a batch, once there is one. `c`: of the batch with this commitment; the same number may have had others. */
  async result(batch: number, c?: Field): Promise<ProofResult | undefined> {
    const id = c === undefined ? undefined : idOf(batch, c);
    const job = this.#first(
      (candidate) =>
        candidate.batch === batch && candidate.status === 'proven' && (id === undefined || candidate.id === id),
    );
    if (job === undefined) return undefined;
    const text = await this.#db.get(resultKey(job.id));
    return text === undefined ? undefined : resultRecord.decode(text, resultKey(job.id));
  }

  job(id: string): JobRecord | undefined {
    return this.#jobs.get(id);
  }

  /** All jobs, by batch. */
  jobs(): JobRecord[] {
    return [...this.#jobs.values()].sort((x, y) => x.batch - y.batch);
  }

  counts(): Record<JobStatus, number> {
    const counts = { pending: 0, proving: 0, proven: 0, failed: 0 };
    for (const { status } of this.#jobs.values()) counts[status] += 1;
    return counts;
  }

  #first(matches: (job: JobRecord) => boolean): JobRecord | undefined {
    let first: JobRecord | undefined;
    for (const job of this.#jobs.values()) {
      if (matches(job) && (first === undefined || job.batch < first.batch)) first = job;
    }
    return first;
  }

  #require(id: string, status: JobStatus): JobRecord {
    const job = this.#jobs.get(id);
    if (job?.status !== status) throw new ProverError('UNKNOWN_JOB', { id, status, found: job?.status ?? 'none' });
    return job;
  }

  async #forget(jobs: readonly JobRecord[]): Promise<void> {
    const keys = jobs.flatMap((job) => [jobKey(job), inputKey(job.id), resultKey(job.id)]);
    await this.#db.write(keys.map((key) => ({ type: 'del', key })));
    for (const { id } of jobs) this.#jobs.delete(id);
  }

  async #change(job: JobRecord, more: readonly DbOp[] = []): Promise<JobRecord> {
    await this.#db.write([{ type: 'put', key: jobKey(job), value: jobRecord.encode(job) }, ...more]);
    this.#jobs.set(job.id, job);
    this.onChange(job);
    return job;
  }
}

export function jobId(closed: ClosedBatch): string {
  return idOf(closed.batch.number, closed.commitment.c);
}

function idOf(batch: number, c: Field): string {
  return `${batch}-${c.toString(16).padStart(64, '0')}`;
}

function jobKey(job: JobRecord): string {
  return `p/j/${job.id}`;
}

function inputKey(id: string): string {
  return `p/i/${id}`;
}

function resultKey(id: string): string {
  return `p/r/${id}`;
}
