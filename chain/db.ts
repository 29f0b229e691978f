import { type BatchOperation, Level } from 'level';
import { ChainError } from './errors.ts';

/** One step of an atomic write. Text and bytes have keys of their own: whoever wrote bytes reads bytes. */
export type DbOp =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'put'; readonly key: string; readonly bytes: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

export function put(key: string, value: string): DbOp {
  return { type: 'put', key, value };
}

export function putBytes(key: string, bytes: Uint8Array): DbOp {
  return { type: 'put', key, bytes };
}

export interface DbRange {
  /** First key (inclusive). */
  readonly gte: string;
  /** End of the range (exclusive). */
  readonly lt: string;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/**
 * What the stores need of a database: ordered string keys and atomic writes. It is injected so that a test can stop the
 * world between any two writes.
 */
export interface Db {
  get(key: string): Promise<string | undefined>;
  getBytes(key: string): Promise<Uint8Array | undefined>;
  /** All or nothing, and on disk (fsync) when it resolves. */
  write(ops: readonly DbOp[]): Promise<void>;
  range(range: DbRange): AsyncIterable<readonly [key: string, value: string]>;
  close(): Promise<void>;
}

/** The end of the range of keys that start with `prefix` (keys are ASCII). */
export function prefixRange(prefix: string): DbRange {
  return { gte: prefix, lt: `${prefix}\x7f` };
}

const BYTES = { valueEncoding: 'view' } as const;

function levelOp(op: DbOp): BatchOperation<Level<string, string>, string, string> {
  if (op.type === 'del' || 'value' in op) return op;
  // The cast: level types a value by the database's encoding, not by the operation's.
  return { type: 'put', key: op.key, value: op.bytes as unknown as string, ...BYTES };
}

/** Opens (or creates) the LevelDB at `path`. LevelDB locks the directory: a second process fails with STORE_UNAVAILABLE. */
export async function openLevel(path: string): Promise<Db> {
  const level = new Level<string, string>(path);
  try {
    await level.open();
  } catch (cause) {
    throw new ChainError('STORE_UNAVAILABLE', { path }, { cause });
  }
  return {
    get: (key) => level.get(key) as Promise<string | undefined>, // level's own type omits the undefined of a missing key
    getBytes: (key) => level.get(key, BYTES) as Promise<Uint8Array | undefined>, // as above
    write: (ops) => level.batch(ops.map(levelOp), { sync: true }),
    range: ({ gte, lt, reverse = false, limit = -1 }) => level.iterator({ gte, lt, reverse, limit }),
    close: () => level.close(),
  };
}
