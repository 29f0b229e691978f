import type { Db, DbRange } from '../db.ts';

/** A Db in memory, for tests that run the same life hundreds of times. chain/store.test.ts runs on a real LevelDB. */
export function memoryDb(): Db {
  const entries = new Map<string, string>();
  return {
    get: async (key) => entries.get(key),
    write: async (ops) => {
      for (const op of ops) {
        if (op.type === 'put') entries.set(op.key, op.value);
        else entries.delete(op.key);
      }
    },
    range: async function* ({ gte, lt, reverse = false, limit = -1 }: DbRange) {
      const keys = [...entries.keys()].filter((key) => key >= gte && key < lt).sort();
      if (reverse) keys.reverse();
      for (const key of limit < 0 ? keys : keys.slice(0, limit)) yield [key, entries.get(key) ?? ''] as const;
    },
    close: async () => undefined,
  };
}
