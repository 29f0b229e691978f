import { rm } from 'node:fs/promises';
import { type Db, openLevel } from '../../chain/db.ts';
import type { Logger } from '../../chain/logger.ts';

/**
 * Opens the index's database and what `open` makes of it. It is nothing but derived, so a folder that cannot be read is deleted and made
 * again; one that another process has is left alone.
 * @throws ChainError STORE_UNAVAILABLE: locked, or the folder cannot be made
 */
export async function openIndexFolder<T>(
  folder: string,
  open: (db: Db) => Promise<T>,
  { log }: { log: Pick<Logger, 'warn'> },
): Promise<{ readonly db: Db; readonly opened: T }> {
  try {
    return await openOnce(folder, open);
  } catch (err) {
    if (isLocked(err)) throw err;
    log.warn({ err, folder }, 'the explorer’s index cannot be read: it is deleted and made anew');
    await rm(folder, { recursive: true, force: true }).catch(() => undefined); // what opens next says why it cannot
    return openOnce(folder, open);
  }
}

async function openOnce<T>(folder: string, open: (db: Db) => Promise<T>) {
  const db = await openLevel(folder);
  try {
    return { db, opened: await open(db) };
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** LevelDB's own code is somewhere behind what is thrown. */
function isLocked(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ('code' in at && at.code === 'LEVEL_LOCKED') return true;
  }
  return false;
}
