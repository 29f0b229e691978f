/** A database in memory, for tests: writes are counted, can be held and can fail. */
import type { Db, DbOp, DbRange } from '../../../chain/db.ts';

export class MemoryDb implements Db {
  readonly #values: Map<string, string | Uint8Array>;
  /** Writes so far. */
  writes = 0;
  /** Thrown by the next write. */
  fails: Error | undefined;
  /** Awaited before each write. */
  before: () => Promise<void> = async () => undefined;

  constructor(values: ReadonlyMap<string, string | Uint8Array> = new Map()) {
    this.#values = new Map(values);
  }

  /** What a process that is killed now leaves. */
  snapshot(): MemoryDb {
    return new MemoryDb(this.#values);
  }

  get keys(): readonly string[] {
    return [...this.#values.keys()].sort();
  }

  async get(key: string): Promise<string | undefined> {
    const value = this.#values.get(key);
    return typeof value === 'string' ? value : undefined;
  }

  async getBytes(key: string): Promise<Uint8Array | undefined> {
    const value = this.#values.get(key);
    return typeof value === 'string' ? undefined : value;
  }

  async write(ops: readonly DbOp[]): Promise<void> {
    await this.before();
    const { fails } = this;
    this.fails = undefined;
    if (fails !== undefined) throw fails;
    this.writes += 1;
    for (const op of ops) {
      if (op.type === 'del') this.#values.delete(op.key);
      else this.#values.set(op.key, 'value' in op ? op.value : op.bytes.slice());
    }
  }

  async *range({ gte, lt }: DbRange): AsyncIterable<readonly [string, string]> {
    for (const key of this.keys) if (key >= gte && key < lt) yield [key, String(this.#values.get(key))];
  }

  async close(): Promise<void> {}
}
