import type { Clock } from '../../chain/clock.ts';
import type { Logger } from '../../chain/logger.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { BatchSummary } from '../../chain/types.ts';
import type { ProofQueue } from '../../prover/proofQueue.ts';
import type { L1Cost } from '../../sdk/explorerTypes.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import type { Sequencer } from '../../sequencer/sequencer.ts';
import type { ExplorerIndex } from './explorerIndex.ts';
import { keys, numberOfKey, ranges } from './keys.ts';
import type { FindTransaction, L1Costs, L1Step } from './l1Costs.ts';
import { type BatchEntry, batchEntry, type CostEntry, costRecord, proofEntry } from './records.ts';
import { changedProofs, INTERVALS, startOf } from './statsBuckets.ts';

/** Batches that are looked at before anything else runs. */
const AT_ONCE = 32;
const POLL_MS = 2_000;
/** After L1 did not answer, or did not know what brought a batch. */
const RETRY_MS = 10_000;
/** Then what L1 does not know of a proven batch is not asked for any more: it may have forgotten. */
const MOST_ATTEMPTS = 8;

export interface BatchFollowerDeps {
  readonly index: ExplorerIndex;
  readonly store: Pick<ChainStore, 'summary'>;
  readonly proofs: Pick<ProofQueue, 'job' | 'result'>;
  readonly l1: L1Costs;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Finds out what becomes known of a batch only after it is closed: what its commitment and its proof cost on L1, how long this node's
 * prover took. What is still to be found out is on disk, so nothing is forgotten by a restart or while L1 is away.
 */
export class BatchFollower {
  readonly #deps: BatchFollowerDeps;

  constructor(deps: BatchFollowerDeps) {
    this.#deps = deps;
  }

  /** Returns the way to stop listening. */
  watch(events: Pick<Sequencer['events'], 'on'>): () => void {
    // Another transaction may bring it again.
    return events.on('batchReorged', ({ number }) => {
      this.#again(number).catch((err: unknown) =>
        this.#deps.log.warn({ err, batch: number }, 'a batch is not followed'),
      );
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    while (!signal.aborted) {
      let pauseMs = POLL_MS;
      try {
        if (!(await this.look(signal))) pauseMs = RETRY_MS;
      } catch (err) {
        pauseMs = RETRY_MS;
        log.debug({ err }, 'costs of batches could not be asked for');
      }
      await clock.sleep(pauseMs, signal);
    }
  }

  /** Looks at all batches of which something is unknown. False: L1 did not know what brought one. */
  async look(signal?: AbortSignal): Promise<boolean> {
    const { index, l1 } = this.#deps;
    const look: Look = { find: l1.finder(), asked: new Map() };
    let isAllKnown = true;
    for (let after = 0; signal?.aborted !== true; ) {
      const todos: Todo[] = [];
      for await (const [key, value] of index.range(ranges.todos(after, AT_ONCE))) {
        todos.push({ number: Number(numberOfKey(key)), attempts: Number(value) });
      }
      for (const todo of todos) {
        if (signal?.aborted) return isAllKnown;
        isAllKnown = (await this.#lookAt(todo, look)) && isAllKnown;
      }
      const last = todos.at(-1);
      if (last === undefined || todos.length < AT_ONCE) return isAllKnown;
      after = last.number;
    }
    return isAllKnown;
  }

  async #again(number: number): Promise<void> {
    await this.#deps.index.update(async (draft) => {
      if ((await draft.get(keys.batch(number))) === undefined) return;
      draft.put(keys.todo(number), '0');
      for (const step of STEPS) draft.del(keys.cost(number, step));
    });
  }

  async #lookAt({ number, attempts }: Todo, look: Look): Promise<boolean> {
    const { index, store, proofs } = this.#deps;
    const key = keys.batch(number);
    const [text, summary] = await Promise.all([index.get(key), store.summary(number)]);
    // Gone with its blocks.
    if (text === undefined || summary === undefined) return true;
    const batch = batchEntry.decode(text, key);
    await this.#keepProof(number, batch);
    let isKnown = true;
    for (const step of STEPS) isKnown = (await this.#keepCost(summary, { step, job: batch.job }, look)) && isKnown;
    const job = proofs.job(batch.job);
    const isProofOver = job === undefined || job.status === 'proven' || job.status === 'failed';
    const isOver = summary.status === 'proven' && isProofOver && (isKnown || attempts + 1 >= MOST_ATTEMPTS);
    if (isOver || !isKnown) {
      await index.update(async (draft) => {
        // It may have gone, or come back as another, meanwhile.
        if ((await draft.get(keys.todo(number))) !== String(attempts)) return;
        if (isOver) draft.del(keys.todo(number));
        else draft.put(keys.todo(number), String(attempts + 1));
      });
    }
    return isKnown || isOver;
  }

  /** Once for each job: it adds to what the intervals say. */
  async #keepProof(number: number, { job, c, closedAt }: BatchEntry): Promise<void> {
    const { index, proofs } = this.#deps;
    const record = proofs.job(job);
    if (record?.status !== 'proven') return;
    const key = keys.proof(number);
    const known = await index.get(key);
    if (known !== undefined && proofEntry.decode(known, key).job === job) return;
    const result = await proofs.result(number, c);
    if (result === undefined) return;
    const { witness, prove, verify } = result.seconds;
    await index.update(async (draft) => {
      const batchText = await draft.get(keys.batch(number));
      // Taken back, or another one, meanwhile.
      if (batchText === undefined || batchEntry.decode(batchText, keys.batch(number)).job !== job) return;
      draft.put(key, proofEntry.encode({ job, witness, prove, verify, peakMemoryMB: result.peakMemoryMB }));
      for (const interval of INTERVALS) {
        const totals = keys.proofs(interval, startOf(interval, closedAt));
        const sum = changedProofs(await draft.get(totals), totals, witness + prove + verify, 1);
        if (sum !== undefined) draft.put(totals, sum);
      }
    });
  }

  /** True: there is nothing (more) to ask for now. */
  async #keepCost(
    summary: BatchSummary,
    { step, job }: { readonly step: L1Step; readonly job: string },
    { find, asked }: Look,
  ): Promise<boolean> {
    const { index, l1 } = this.#deps;
    if (!isThere(summary, step)) return true;
    const key = keys.cost(summary.number, step);
    const known = await index.get(key);
    if (known !== undefined && isCostOf(costRecord.decode(known, key), { summary, step, job })) return true;
    const transaction = transactionOf(summary, step) ?? (await find(summary.number, step));
    if (transaction === undefined) return false;
    // One transaction may bring several batches.
    const question = asked.get(transaction + step) ?? l1.cost(transaction, step);
    asked.set(transaction + step, question);
    const cost = await question;
    if (cost === undefined) return false;
    await index.update(async (draft) => draft.put(key, costRecord.encode({ job, ...cost })));
    return true;
  }
}

const STEPS = ['commit', 'prove'] as const;

interface Todo {
  readonly number: number;
  /** How often L1 did not know it. */
  readonly attempts: number;
}

/** What one look at all batches need not ask twice. */
interface Look {
  readonly find: FindTransaction;
  readonly asked: Map<string, Promise<L1Cost | undefined>>;
}

type Standing = Pick<BatchSummary, 'status' | 'commitTx' | 'proveTx'>;

/** Whether L1 has that of the batch. */
export function isThere({ status }: Pick<Standing, 'status'>, step: L1Step): boolean {
  return step === 'commit' ? status !== 'closed' : status === 'proven';
}

/** The L1 transaction of this node behind a status, as long as the batch has that status. */
export function transactionOf(summary: Standing, step: L1Step): Hex | undefined {
  // As the publisher stored it.
  return isThere(summary, step) ? (summary[step === 'commit' ? 'commitTx' : 'proveTx'] as Hex | undefined) : undefined;
}

/** Whether a cost that was kept is (still) this batch's: of its content, and of the transaction that counts. */
export function isCostOf(
  cost: CostEntry,
  { summary, step, job }: { readonly summary: Standing; readonly step: L1Step; readonly job: string },
): boolean {
  const own = transactionOf(summary, step);
  return isThere(summary, step) && cost.job === job && (own === undefined || own === cost.transaction);
}
