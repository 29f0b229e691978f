import type { Db, DbOp, DbRange } from '../db.ts';

/** Bytes held back at most before they are written. */
const LIMIT = 32 * 2 ** 20;
/** Of a held entry beyond its key and value. */
const OVERHEAD = 100;

/**
 * A database that holds writes back until there is enough of them: a derivation makes thousands of small blocks a second, and each
 * synced write costs milliseconds. Whoever needs them on disk calls `flush`. Reads see what is held.
 */
export class WriteBuffer implements Db {
  readonly #db: Db;
  readonly #limit: number;
  #held = new Map<string, DbOp>();
  #size = 0;

  constructor(db: Db, { limit = LIMIT }: { limit?: number } = {}) {
    this.#db = db;
    this.#limit = limit;
  }

  async get(key: string): Promise<string | undefined> {
    const op = this.#held.get(key);
    if (op === undefined) return this.#db.get(key);
    return op.type === 'put' && 'value' in op ? op.value : undefined;
  }

  async getBytes(key: string): Promise<Uint8Array | undefined> {
    const op = this.#held.get(key);
    if (op === undefined) return this.#db.getBytes(key);
    return op.type === 'put' && 'bytes' in op ? op.bytes : undefined;
  }

  /** Held back; everything held is written at once when it is too much. */
  async write(ops: readonly DbOp[]): Promise<void> {
    for (const op of ops) {
      this.#held.set(op.key, op);
      this.#size += OVERHEAD + op.key.length + sizeOf(op);
    }
    if (this.#size > this.#limit) await this.flush();
  }

  /** Writes what is held, with `last`, in one atomic write. */
  async flush(last: readonly DbOp[] = []): Promise<void> {
    const ops = [...this.#held.values(), ...last];
    if (ops.length > 0) await this.#db.write(ops);
    this.#held = new Map();
    this.#size = 0;
  }

  async *range(range: DbRange): AsyncGenerator<readonly [string, string]> {
    await this.flush();
    yield* this.#db.range(range);
  }

  close(): Promise<void> {
    return this.#db.close();
  }
}

function sizeOf(op: DbOp): number {
  if (op.type === 'del') return 0;
  return 'value' in op ? op.value.length : op.bytes.length;
}
