import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from 'viem';
import type { Logger } from '../../chain/logger.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { signAnswer } from '../../protocol/receipts/answer.ts';
import { SdkError } from '../../sdk/errors.ts';
import { ExecutionError } from '../execution/executionError.ts';
import { AnswerError } from './answerError.ts';
import type { AnswererDeps, AnswererOptions, AnswererStats, GiveUpReason } from './answererOptions.ts';
import { answerCost, answerGas } from './answerGas.ts';
import { AnswerStore } from './answerStore.ts';
import { overTask, type SignedAnswer, type Task } from './answerTask.ts';
import { checkAccounts } from './checkAccounts.ts';
import { commitmentStep } from './commitment.ts';
import { Intake } from './intake.ts';

const MAX_OUTPUT_BYTES = 4_096;
/** A task is remembered for so long after its deadline, so that a block read twice does not ask again. */
const KEEP_SECONDS = 3_600;
const SWEEP_SECONDS = 600;
const MAX_ATTEMPTS = 3;
/**
 * What waits to be shown is looked at now and then: the commitment's block may have been given up. At least this often, and again after a
 * part of the time that is left, so that there is time to commit again.
 */
const LOOK_SECONDS = 30;
const LOOK_PART = 4;

const GIVE_UP: Readonly<Record<string, GiveUpReason>> = {
  BAD_TENSOR: 'BAD_INPUT',
  INPUT_TOO_LARGE: 'BAD_INPUT',
  OUTPUT_TOO_LARGE: 'OUTPUT_TOO_LARGE',
  RUN_FAILED: 'RUN_FAILED',
};

type Settings = Required<Omit<AnswererOptions, 'fromBlock' | 'peers'>> & Pick<AnswererOptions, 'peers'>;

/**
 * Answers what contracts ask its provider about one model. A question is written down before it is worked on, and a signed answer before it
 * leaves: whoever starts again goes on where it was, and never signs two answers to one question.
 */
export class Answerer {
  readonly #options: Settings;
  readonly #deps: AnswererDeps;
  readonly #store: AnswerStore;
  readonly #intake: Intake;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #nextSweep = 0;
  /** Tasks that need no look before a time, seconds. */
  readonly #quietUntil = new Map<bigint, number>();
  #answered = 0;
  readonly #gaveUp: Partial<Record<GiveUpReason, number>> = {};

  private constructor(options: Settings, parts: { deps: AnswererDeps; store: AnswerStore }) {
    this.#options = options;
    this.#deps = parts.deps;
    this.#store = parts.store;
    this.#intake = new Intake({ oracle: parts.deps.oracle, store: parts.store });
    this.#log = parts.deps.log.child({ module: 'answers' });
  }

  /**
   * Checks key, model and store, and begins.
   * @throws AnswerError; errors of the node if it cannot be asked
   */
  static async start(options: AnswererOptions, deps: AnswererDeps): Promise<Answerer> {
    const answerer = await Answerer.open(options, deps);
    answerer.#running = answerer.#loop();
    return answerer;
  }

  /** As `start`, for who calls `round` itself. */
  static async open(options: AnswererOptions, deps: AnswererDeps): Promise<Answerer> {
    const { minimumGain = 0n, marginSeconds = 3, pollMs = 1_000, maxWaiting = 256 } = options;
    const { fromBlock, showAfter = 'latest', ...who } = options;
    const { provider, model } = who;
    if (marginSeconds < 0 || pollMs <= 0) throw new AnswerError('BAD_OPTIONS', 'a margin or pause below 0');
    await checkAccounts({ provider, model }, deps);
    const store = await AnswerStore.open(deps.db, { domain: deps.domain, provider, model });
    if ((await store.cursor()) === undefined) {
      await store.take([], fromBlock === undefined ? (await deps.oracle.head()).number : fromBlock - 1n);
    }
    return new Answerer({ ...who, minimumGain, marginSeconds, showAfter, pollMs, maxWaiting }, { deps, store });
  }

  get stats(): AnswererStats {
    return { answered: this.#answered, gaveUp: { ...this.#gaveUp } };
  }

  /** Ends after what is under way; can be called twice. The runner, the database and the wallet are their owner's. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #loop(): Promise<void> {
    const { clock } = this.#deps;
    while (!this.#stop.signal.aborted) {
      try {
        await this.round();
      } catch (error) {
        if (!this.#stop.signal.aborted) this.#log.warn({ error: String(error) }, 'a round failed');
      }
      await clock.sleep(this.#options.pollMs, this.#stop.signal);
    }
  }

  /** Reads what was asked since the last round and takes every task one step further. @throws errors of the node and the database */
  async round(): Promise<void> {
    const gasPrice = await this.#deps.oracle.gasPrice();
    await this.#read((await this.#store.tasks()).length, gasPrice);
    await this.#sweep();
    const tasks = await this.#store.tasks();
    // A flood of questions that do not pay costs a look at the store, not one at the node for each.
    const due = tasks.filter((task) =>
      task.state === 'signed'
        ? (this.#quietUntil.get(task.question) ?? 0) <= this.#now()
        : this.#isLate(task) || this.#isWorth(task, { outputBytes: 0, gasPrice }),
    );
    for (const task of [...due].sort((a, b) => dueBy(a) - dueBy(b))) {
      if (this.#stop.signal.aborted) return;
      // One question's trouble is not another's.
      await this.#advance(task, gasPrice).catch((error: unknown) => {
        this.#log.warn({ question: task.question.toString(), error: String(error) }, 'question failed for now');
      });
    }
  }

  async #sweep(): Promise<void> {
    const now = this.#now();
    if (now < this.#nextSweep) return;
    this.#nextSweep = now + SWEEP_SECONDS;
    await this.#store.forgetOver(now - KEEP_SECONDS);
  }

  /** A block's time counts for deadlines. The next block's is not known: it is not before the newest one's, nor likely before this clock's. */
  #now(): number {
    return Math.max(Math.floor(this.#deps.clock.nowMs() / 1_000), this.#intake.timestamp);
  }

  /** @param waiting tasks that are stored already */
  async #read(waiting: number, gasPrice: bigint): Promise<void> {
    const { provider, model, peers, maxWaiting } = this.#options;
    let count = waiting;
    await this.#intake.read({
      provider,
      model,
      peers,
      isPast: (deadline) => deadline < this.#now() - KEEP_SECONDS,
      hasRoomFor: (task) => {
        const hasRoom = count < maxWaiting || this.#isWorth(task, { outputBytes: 0, gasPrice });
        if (hasRoom) count += 1;
        return hasRoom;
      },
    });
  }

  async #advance(task: Task, gasPrice: bigint): Promise<void> {
    const found = await this.#deps.oracle.question(task.question).catch((error: unknown) => {
      if (error instanceof SdkError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    });
    if (found === undefined || found.inputHash !== bytesToHex(task.inputHash)) return this.#lost(task);
    if (found.answered.includes(this.#options.provider)) return this.#done(task);
    if (found.status !== 'open') return this.#giveUp(task, 'OVER');
    if (task.sent !== undefined) {
      const outcome = await this.#deps.oracle.outcome(task.sent);
      // Included after the question was looked at: the next round sees it.
      if (outcome === 'pending' || outcome === 'included') return;
      if (task.attempts >= MAX_ATTEMPTS) return this.#giveUp(task, 'REFUSED');
    }
    if (this.#isLate(task)) return this.#giveUp(task, 'LATE');
    const signed = task.signed ?? (await this.#work(task, gasPrice));
    if (signed === undefined) return;
    await this.#bring({ ...task, state: 'signed', signed });
  }

  /** Commits where that is needed, waits for its time, sends. */
  async #bring(task: Task & { readonly signed: SignedAnswer }): Promise<void> {
    const { oracle } = this.#deps;
    const now = this.#now();
    const { marginSeconds, showAfter } = this.#options;
    const step = await commitmentStep(task, {
      oracle,
      now,
      newest: this.#intake.timestamp,
      marginSeconds,
      showAfter,
    });
    if (step.kind === 'wait') {
      const part = Math.ceil((step.until - now) / LOOK_PART);
      this.#quietUntil.set(task.question, now + Math.min(part, LOOK_SECONDS));
    } else if (step.kind === 'commit') {
      const committed = await oracle.commit(step.receiptHash);
      await this.#store.write({ ...task, committed, commits: task.commits + 1 });
      this.#log.info({ question: task.question.toString(), hash: committed }, 'committed to an answer');
    } else if (step.kind === 'show') await this.#send(task);
    else await this.#giveUp(task, task.commits === 0 ? 'LATE' : 'UNCOMMITTED');
  }

  #isLate(task: Task): boolean {
    return this.#now() + this.#options.marginSeconds > dueBy(task);
  }

  /** Whether it pays, whatever the answer turns out to be: gas may get cheaper, so such a task waits. */
  #isWorth(
    task: Task,
    { outputBytes, gasPrice }: { readonly outputBytes: number; readonly gasPrice: bigint },
  ): boolean {
    return task.price - answerCost({ ...task, outputBytes }) * gasPrice >= this.#options.minimumGain;
  }

  async #work(task: Task, gasPrice: bigint): Promise<SignedAnswer | undefined> {
    const { runner, account, domain } = this.#deps;
    if (!this.#isWorth(task, { outputBytes: 0, gasPrice })) return undefined;
    let output: Uint8Array;
    try {
      output = await runner.run(task.input, { signal: this.#stop.signal, maxOutputBytes: MAX_OUTPUT_BYTES });
    } catch (error) {
      const reason = error instanceof ExecutionError ? GIVE_UP[error.code] : undefined;
      // BUSY, or stopping: later
      if (reason === undefined && error instanceof ExecutionError) return undefined;
      if (reason === undefined) throw error;
      await this.#giveUp(task, reason);
      return undefined;
    }
    if (!this.#isWorth(task, { outputBytes: output.length, gasPrice })) return undefined;
    if (this.#isLate(task)) {
      await this.#giveUp(task, 'LATE');
      return undefined;
    }
    const receipt = signAnswer(
      {
        sequence: Number(task.question),
        model: accountIndex(this.#options.model),
        time: this.#now(),
        price: task.price,
        inputHash: task.inputHash,
        outputHash: sha256(output),
        // What contracts ask is public.
        execution: runner.execution('public').word,
      },
      account.seed,
      domain,
    );
    const signed = { receipt, output };
    await this.#store.write({ ...task, state: 'signed', signed });
    return signed;
  }

  async #send(task: Task & { readonly signed: SignedAnswer }): Promise<void> {
    const { receipt, output } = task.signed;
    const gas = answerGas({ ...task, outputBytes: output.length });
    const hash = await this.#deps.oracle.send({ provider: this.#options.provider, output, receipt, gas });
    await this.#store.write({ ...task, sent: hash, attempts: task.attempts + 1 });
    this.#log.info({ question: task.question.toString(), hash }, 'answer sent');
  }

  async #done(task: Task): Promise<void> {
    this.#answered += 1;
    this.#quietUntil.delete(task.question);
    await this.#store.end(overTask(task));
  }

  async #giveUp(task: Task, reason: GiveUpReason): Promise<void> {
    this.#count(task, reason);
    await this.#store.end(overTask(task));
  }

  /** The block that asked it was given up. If it is asked again, it is a new task. */
  async #lost(task: Task): Promise<void> {
    this.#count(task, 'LOST');
    await this.#store.forget(task.question);
  }

  #count(task: Task, reason: GiveUpReason): void {
    this.#quietUntil.delete(task.question);
    this.#gaveUp[reason] = (this.#gaveUp[reason] ?? 0) + 1;
    this.#log.info({ question: task.question.toString(), reason }, 'question not answered');
  }
}

/** Seconds: until then it must be committed to, or shown. Where half of the time is too short to answer, so is all of it. */
function dueBy({ state, revealFrom, deadline }: Task): number {
  return state === 'asked' && revealFrom > 0 ? revealFrom - 1 : deadline;
}
