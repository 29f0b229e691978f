import { join } from 'node:path';
import { type Db, openLevel } from '../../chain/db.ts';

/** The folder of a validator's record below the node's: apart from the chain, which may be thrown away and synced again. */
export function recordFolder(dataDir: string): string {
  return join(dataDir, 'validator');
}

/** What this node's keys have signed, and evidence of who signed twice. @throws ChainError STORE_UNAVAILABLE (in use by another process) */
export function openRecord(dataDir: string): Promise<Db> {
  return openLevel(recordFolder(dataDir));
}
