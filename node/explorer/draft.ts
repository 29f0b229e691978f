import { type Db, type DbOp, put } from '../../chain/db.ts';
import type { Undo } from './records.ts';

/** Writes that are still to come, over what the database has: several steps can go to disk as one. */
export class Draft {
  readonly #db: Pick<Db, 'get'>;
  /** undefined: it shall be gone. */
  readonly #pending = new Map<string, string | undefined>();

  constructor(deps: { db: Pick<Db, 'get'> }) {
    this.#db = deps.db;
  }

  get size(): number {
    return this.#pending.size;
  }

  async get(key: string): Promise<string | undefined> {
    return this.#pending.has(key) ? this.#pending.get(key) : this.#db.get(key);
  }

  put(key: string, value: string): void {
    this.#pending.set(key, value);
  }

  del(key: string): void {
    this.#pending.set(key, undefined);
  }

  ops(): DbOp[] {
    return [...this.#pending].map(([key, value]) => (value === undefined ? { type: 'del', key } : put(key, value)));
  }
}

/** One block, or one close, as it goes to a draft: it remembers what was there before. */
export class Step {
  readonly #draft: Draft;
  readonly #undo: [string, string | undefined][] = [];

  constructor(deps: { draft: Draft }) {
    this.#draft = deps.draft;
  }

  get draft(): Draft {
    return this.#draft;
  }

  /** A key that nothing else uses. */
  create(key: string, value: string): void {
    this.#undo.push([key, undefined]);
    this.#draft.put(key, value);
  }

  /** A key that may hold something. */
  async replace(key: string, value: (before: string | undefined) => string | undefined): Promise<void> {
    const before = await this.#draft.get(key);
    this.#undo.push([key, before]);
    const after = value(before);
    if (after === undefined) this.#draft.del(key);
    else this.#draft.put(key, after);
  }

  get undo(): Undo {
    return this.#undo;
  }
}

/** Back to what was before the step. */
export function takeBack(draft: Draft, undo: Undo): void {
  // The last one first: a key may have been written twice.
  for (const [key, before] of [...undo].reverse()) {
    if (before === undefined) draft.del(key);
    else draft.put(key, before);
  }
}
