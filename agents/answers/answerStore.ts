import { type Db, type DbOp, prefixRange, put } from '../../chain/db.ts';
import { AnswerError } from './answerError.ts';
import { type Task, taskJson } from './answerTask.ts';

/** Whose answers a store holds. */
export interface AnswerOwner {
  readonly domain: bigint;
  readonly provider: number;
  readonly model: number;
}

const OWNER = 'answers/owner';
const CURSOR = 'answers/cursor';
const TASKS = 'answers/q/';
/** Those that are over, apart: there may be many, and nobody works on them. */
const OVER = 'answers/over/';
const numberOf = (question: bigint): string => question.toString(16).padStart(8, '0');
const taskKey = (question: bigint): string => `${TASKS}${numberOf(question)}`;
const overKey = (question: bigint): string => `${OVER}${numberOf(question)}`;
/** Deleted at once. */
const FORGET = 512;

/** Tasks and how far the chain was read, in a database that others may use too. */
export class AnswerStore {
  readonly #db: Db;

  private constructor(db: Db) {
    this.#db = db;
  }

  /** @throws AnswerError STORE_MISMATCH: another deployment's, provider's or model's */
  static async open(db: Db, { domain, provider, model }: AnswerOwner): Promise<AnswerStore> {
    const owner = JSON.stringify({ domain: domain.toString(), provider, model });
    const found = await db.get(OWNER);
    if (found !== undefined && found !== owner) {
      throw new AnswerError('STORE_MISMATCH', 'these are the answers of another provider', { found, expected: owner });
    }
    if (found === undefined) await db.write([put(OWNER, owner)]);
    return new AnswerStore(db);
  }

  /** The last block that was read; undefined: none. */
  async cursor(): Promise<bigint | undefined> {
    const found = await this.#db.get(CURSOR);
    return found === undefined ? undefined : BigInt(found);
  }

  /** What is not over, in the order of their numbers. @throws ProtocolError for a damaged record */
  async tasks(): Promise<readonly Task[]> {
    const found: Task[] = [];
    for await (const [, text] of this.#db.range(prefixRange(TASKS))) found.push(taskJson.decode(JSON.parse(text)));
    return found;
  }

  /** Over or not. */
  async task(question: bigint): Promise<Task | undefined> {
    const text = (await this.#db.get(taskKey(question))) ?? (await this.#db.get(overKey(question)));
    return text === undefined ? undefined : taskJson.decode(JSON.parse(text));
  }

  /** New tasks and the block they were read up to, all or nothing. On disk when it resolves, as everything here. */
  take(tasks: readonly Task[], cursor: bigint): Promise<void> {
    return this.#db.write([...tasks.map(putTask), put(CURSOR, cursor.toString())]);
  }

  write(changed: Task): Promise<void> {
    return this.#db.write([putTask(changed)]);
  }

  /** A task that is over. */
  end(over: Task): Promise<void> {
    return this.#db.write([del(taskKey(over.question)), put(overKey(over.question), textOf(over))]);
  }

  forget(question: bigint): Promise<void> {
    return this.#db.write([del(taskKey(question))]);
  }

  /** Forgets what is over and had its deadline before (seconds). */
  async forgetOver(before: number): Promise<void> {
    let old: DbOp[] = [];
    for await (const [key, text] of this.#db.range(prefixRange(OVER))) {
      if (taskJson.decode(JSON.parse(text)).deadline < before) old.push(del(key));
      if (old.length < FORGET) continue;
      await this.#db.write(old);
      old = [];
    }
    if (old.length > 0) await this.#db.write(old);
  }
}

function textOf(task: Task): string {
  return JSON.stringify(taskJson.encode(task));
}

function putTask(changed: Task): DbOp {
  return put(taskKey(changed.question), textOf(changed));
}

function del(key: string): DbOp {
  return { type: 'del', key };
}
