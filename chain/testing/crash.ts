import type { Db } from '../db.ts';

export class CrashError extends Error {
  constructor() {
    super('simulated crash');
    this.name = 'CrashError';
  }
}

/**
 * Counts every effect on the outside world (database writes, L1 calls) and "kills the process" at a chosen one. A killed
 * process does nothing any more: every later effect fails too. An effect has two such points: before it happens, and after it
 * happened but before the caller learns of it.
 */
export class CrashPoint {
  #step = 0;
  #isDead = false;
  readonly #dieAt: number;

  constructor(dieAt = Number.POSITIVE_INFINITY) {
    this.#dieAt = dieAt;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** The number of points seen so far. */
  get steps(): number {
    return this.#step;
  }

  /** A call that changes nothing outside: dying after it is dying before the next one. */
  async read<T>(run: () => Promise<T>): Promise<T> {
    this.#pass();
    return run();
  }

  async effect<T>(run: () => Promise<T>): Promise<T> {
    this.#pass();
    const value = await run();
    this.#pass();
    return value;
  }

  #pass(): void {
    if (!this.#isDead && this.#step++ === this.#dieAt) this.#isDead = true;
    if (this.#isDead) throw new CrashError();
  }
}

/** `db` whose writes pass through the crash point; closing it leaves the real one open for the "restarted process". */
export function crashingDb(db: Db, crash: CrashPoint): Db {
  return {
    get: (key) => db.get(key),
    getBytes: (key) => db.getBytes(key),
    range: (range) => db.range(range),
    write: (ops) => crash.effect(() => db.write(ops)),
    close: async () => undefined,
  };
}
