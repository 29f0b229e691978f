import type { AnswerStore } from './answerStore.ts';
import { isSameQuestion, type Task, taskOf } from './answerTask.ts';
import type { AskedLog, OraclePort } from './oraclePort.ts';

/** Blocks that are read once more: the node may have given them up for others. */
const REREAD_BLOCKS = 256n;
const WINDOW_BLOCKS = 10_000n;

export interface IntakeRules {
  readonly provider: number;
  readonly model: number;
  /** See `AnswererOptions`. */
  readonly peers?: ReadonlySet<number> | undefined;
  /** Whether a deadline (seconds) is so long ago that nothing is left to do. */
  readonly isPast: (deadline: number) => boolean;
  /** Whether a task may be stored: asked once for each, in their order. */
  readonly hasRoomFor: (task: Task) => boolean;
}

/** Writes down what was asked since the last time. */
export class Intake {
  readonly #oracle: OraclePort;
  readonly #store: AnswerStore;
  /** Hash of the newest block that was read: as long as it is the newest, nothing has changed. */
  #newest: string | undefined;
  #timestamp = 0;

  constructor({ oracle, store }: { readonly oracle: OraclePort; readonly store: AnswerStore }) {
    this.#oracle = oracle;
    this.#store = store;
  }

  /** Of the newest block, seconds: the next one's is not before it. */
  get timestamp(): number {
    return this.#timestamp;
  }

  /** @throws errors of the node and the database */
  async read(rules: IntakeRules): Promise<void> {
    const { number: head, hash, timestamp } = await this.#oracle.head();
    this.#timestamp = timestamp;
    if (hash === this.#newest) return;
    const cursor = (await this.#store.cursor()) ?? 0n;
    const known = cursor < head ? cursor : head;
    let fromBlock = known < REREAD_BLOCKS ? 0n : known - REREAD_BLOCKS + 1n;
    while (fromBlock <= head) {
      const last = fromBlock + WINDOW_BLOCKS - 1n;
      const toBlock = last < head ? last : head;
      await this.#take(await this.#oracle.asked(rules.model, { fromBlock, toBlock }), { toBlock, rules });
      fromBlock = toBlock + 1n;
    }
    this.#newest = hash;
  }

  async #take(
    logs: readonly AskedLog[],
    { toBlock, rules }: { readonly toBlock: bigint; readonly rules: IntakeRules },
  ): Promise<void> {
    const fresh: Task[] = [];
    for (const task of logs.filter((log) => isFor(log, rules)).map(taskOf)) {
      const before = await this.#store.task(task.question);
      if (before !== undefined && isSameQuestion(before, task)) continue;
      if (rules.hasRoomFor(task)) fresh.push(task);
    }
    await this.#store.take(fresh, toBlock);
  }
}

function isFor({ providers, quorum, deadline }: AskedLog, { provider, peers, isPast }: IntakeRules): boolean {
  if (!providers.includes(provider) || isPast(deadline)) return false;
  if (peers === undefined) return true;
  const known = 1 + providers.filter((each) => each !== provider && peers.has(each)).length;
  // Strangers that are as many as the quorum can agree on anything first, pay each other, and leave the others with their work.
  return known >= quorum && providers.length - known < quorum;
}
