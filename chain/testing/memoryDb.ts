import type { Db, DbRange } from '../db.ts';

/** A Db in memory, for tests that run the same life hundreds of times. chain/store.test.ts runs on a real LevelDB. */
export function memoryDb(): Db {
  const entries = new Map<string, string | Uint8Array>();
  const text = (value: string | Uint8Array | undefined): string | undefined =>
    value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
  return {
    get: async (key) => text(entries.get(key)),
    getBytes: async (key) => {
      const value = entries.get(key);
      return typeof value === 'string' ? new TextEncoder().encode(value) : value;
    },
    write: async (ops) => {
      for (const op of ops) {
        if (op.type === 'del') entries.delete(op.key);
        else entries.set(op.key, 'value' in op ? op.value : op.bytes);
      }
    },
    range: async function* ({ gte, lt, reverse = false, limit = -1 }: DbRange) {
      const keys = [...entries.keys()].filter((key) => key >= gte && key < lt).sort();
      if (reverse) keys.reverse();
      for (const key of limit < 0 ? keys : keys.slice(0, limit)) yield [key, text(entries.get(key)) ?? ''] as const;
    },
    close: async () => undefined,
  };
}
