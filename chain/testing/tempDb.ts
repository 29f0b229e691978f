import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Db, openLevel } from '../db.ts';

/** A real LevelDB in a directory of its own; `remove` closes and deletes it. */
export async function tempDb(): Promise<{ db: Db; path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'engram-db-'));
  const db = await openLevel(path);
  return {
    db,
    path,
    remove: async () => {
      await db.close();
      await rm(path, { recursive: true, force: true });
    },
  };
}
