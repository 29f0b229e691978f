import { setImmediate } from 'node:timers/promises';
import { type Db, type DbOp, prefixRange } from '../db.ts';
import { CODES, NODES } from '../evm/state/nodeStore.ts';
import { keys } from '../keys.ts';

/**
 * What an import writes before its last write. Accounts, the directories of them by key and by address, what created channels and attestations,
 * withdrawals, state and code.
 */
export const IMPORT_PREFIXES = ['a/', 'k/', 'd/', 'o/', 'w/', 'u/', NODES, CODES] as const;

/** Keys removed in one write. */
const SLICE = 1_000;

/**
 * Removes what an import left that was not finished: nothing of it was ever checked as a whole. Killed, it goes on the next time.
 * @returns whether there was one
 */
export async function dropUnfinishedImport({ db }: { db: Db }): Promise<boolean> {
  if ((await db.get(keys.import)) === undefined) return false;
  for (const prefix of IMPORT_PREFIXES) {
    let slice: DbOp[] = [];
    const remove = async (): Promise<void> => {
      if (slice.length > 0) await db.write(slice);
      slice = [];
      await setImmediate();
    };
    for await (const [key] of db.range(prefixRange(prefix))) {
      slice.push({ type: 'del', key });
      if (slice.length === SLICE) await remove();
    }
    await remove();
  }
  await db.write([{ type: 'del', key: keys.import }]);
  return true;
}
