import type { Db, DbOp, DbRange } from '../../chain/db.ts';
import { Draft, Step, takeBack } from './draft.ts';
import { keys, ranges } from './keys.ts';
import { type Cursor, cursorRecord, undoRecord, VERSION } from './records.ts';

/** Steps that can be taken back; blocks cannot be given up deeper than states are kept (`evm.historyBlocks`), by default fewer. */
export const KEPT_STEPS = 6_000;
/** Keys that are deleted in one write when the index is made anew. */
const CLEARED_AT_ONCE = 1_000;
/** Keys after which no other step goes into the same write. */
const DRAFTED_AT_ONCE = 4_000;

export interface IndexStart {
  readonly block: bigint;
  readonly hash: bigint;
  readonly batch: number;
}

export interface ExplorerIndexOptions {
  readonly domain: bigint;
  /** Where the stored chain begins. */
  readonly start: IndexStart;
  /** Default 6,000. */
  readonly keptSteps?: number;
}

/**
 * The database behind the explorer: steps (a block, the close of a batch) one after another, each in one atomic write with its cursor and
 * with what takes it back. It is nothing but derived: what does not fit is deleted and made anew.
 */
export class ExplorerIndex {
  readonly #db: Db;
  readonly #options: Required<ExplorerIndexOptions>;
  #cursor: Cursor;
  #writes: Promise<unknown> = Promise.resolve();

  private constructor(options: Required<ExplorerIndexOptions>, deps: { db: Db; cursor: Cursor }) {
    this.#options = options;
    this.#db = deps.db;
    this.#cursor = deps.cursor;
  }

  /** An index of another chain, or in another form, is emptied. @throws what the database does */
  static async open(options: ExplorerIndexOptions, { db }: { db: Db }): Promise<ExplorerIndex> {
    const text = await db.get(keys.cursor);
    const { keptSteps = KEPT_STEPS, ...rest } = options;
    const cursor = text === undefined ? undefined : readCursor(text);
    const index = new ExplorerIndex({ ...rest, keptSteps }, { db, cursor: cursor ?? beginning(options) });
    const isFit =
      cursor?.version === VERSION && cursor.domain === options.domain && cursor.base === options.start.block;
    if (!isFit) await index.clear();
    return index;
  }

  get cursor(): Cursor {
    return this.#cursor;
  }

  get(key: string): Promise<string | undefined> {
    return this.#db.get(key);
  }

  range(range: DbRange): AsyncIterable<readonly [key: string, value: string]> {
    return this.#db.range(range);
  }

  /** Writes what `run` drafts, all or nothing. One after another. */
  update<T>(run: (draft: Draft) => Promise<T>): Promise<T> {
    return this.#alone(async () => {
      const draft = new Draft({ db: this.#db });
      const result = await run(draft);
      await this.#write(draft);
      return result;
    });
  }

  /**
   * Steps forward, in one write, as long as `next` has one to make (`isMore`: it may have more). It is given the cursor as the steps before
   * leave it, and says the one after its own.
   */
  async forward(
    most: number,
    next: (cursor: Cursor) => Promise<((step: Step) => Promise<Omit<Cursor, 'step'>>) | undefined>,
  ): Promise<{ readonly isMore: boolean }> {
    return this.update(async (draft) => {
      let cursor = this.#cursor;
      for (let made = 0; made < most && draft.size < DRAFTED_AT_ONCE; made += 1) {
        const make = await next(cursor);
        if (make === undefined) return { isMore: false };
        const step = new Step({ draft });
        const after: Cursor = { ...(await make(step)), step: cursor.step + 1 };
        await step.replace(keys.cursor, () => cursorRecord.encode(after));
        draft.put(keys.undo(after.step), undoRecord.encode(step.undo));
        draft.del(keys.undo(after.step - this.#options.keptSteps));
        cursor = after;
      }
      return { isMore: true };
    });
  }

  /** Takes the newest step back; `also` may draft what hangs on it. False: it is not known any more what it wrote. */
  back(also: (draft: Draft, cursor: Cursor) => Promise<void>): Promise<boolean> {
    return this.update(async (draft) => {
      const cursor = this.#cursor;
      const key = keys.undo(cursor.step);
      const text = await draft.get(key);
      if (text === undefined) return false;
      await also(draft, cursor);
      takeBack(draft, undoRecord.decode(text, key));
      draft.del(key);
      return true;
    });
  }

  /** Forgets everything and begins again. The cursor goes first: an index without one is emptied when it is opened. */
  async clear(): Promise<void> {
    await this.#alone(async () => {
      this.#cursor = beginning(this.#options);
      await this.#db.write([{ type: 'del', key: keys.cursor }]);
      let found: DbOp[] = [];
      for await (const [key] of this.#db.range(ranges.everything)) {
        found.push({ type: 'del', key });
        if (found.length < CLEARED_AT_ONCE) continue;
        await this.#db.write(found);
        found = [];
      }
      await this.#db.write([...found, { type: 'put', key: keys.cursor, value: cursorRecord.encode(this.#cursor) }]);
    });
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    await this.#writes;
  }

  async #write(draft: Draft): Promise<void> {
    const ops = draft.ops();
    if (ops.length === 0) return;
    await this.#db.write(ops);
    const text = await draft.get(keys.cursor);
    this.#cursor = text === undefined ? beginning(this.#options) : cursorRecord.decode(text, keys.cursor);
  }

  #alone<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#writes.then(run);
    // Whoever asked hears of a failure; those behind it go on.
    this.#writes = done.catch(() => undefined);
    return done;
  }
}

function beginning({ domain, start }: ExplorerIndexOptions): Cursor {
  const { block, hash, batch } = start;
  return { version: VERSION, domain, base: block, step: 0, block, hash, closed: undefined, batch };
}

/** undefined: of another version. */
function readCursor(text: string): Cursor | undefined {
  try {
    return cursorRecord.decode(text, keys.cursor);
  } catch {
    return undefined;
  }
}
