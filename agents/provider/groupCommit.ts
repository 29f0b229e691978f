import type { Db, DbOp } from '../../chain/db.ts';

/** Puts what several requests write at the same time into one synced write: a disk syncs some hundred times a second, however much it is. */
export class GroupCommit {
  readonly #db: Pick<Db, 'write'>;
  #next: { ops: DbOp[]; readonly done: Promise<void> } | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(db: Pick<Db, 'write'>) {
    this.#db = db;
  }

  /** Resolves when it is on disk. Order is kept; what one write has fails or is there as a whole. */
  write(ops: readonly DbOp[]): Promise<void> {
    if (this.#next === undefined) {
      const group: DbOp[] = [];
      // The write before may fail for those who asked for it; this one is another.
      const done = this.#running
        .catch(() => undefined)
        .then(() => {
          this.#next = undefined;
          return this.#db.write(group);
        });
      this.#running = done;
      this.#next = { ops: group, done };
    }
    this.#next.ops.push(...ops);
    return this.#next.done;
  }

  /** All that was asked for is on disk, or has failed. */
  async idle(): Promise<void> {
    await this.#running.catch(() => undefined);
  }
}
