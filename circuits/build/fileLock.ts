import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { throwIfAborted } from './errors.ts';

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once if another process holds the lock. */
  readonly onWait?: (() => void) | undefined;
  readonly pollMs?: number;
  /** A lock not renewed for this long belongs to nobody. */
  readonly staleMs?: number;
}

/**
 * Runs `work` while holding `file` as a lock against other processes. The holder renews the file's time; a lock whose
 * process is gone (same host) or that was not renewed for `staleMs` is taken over.
 *
 * Two waiters may, in a narrow race, both take over a stale lock and both work. Callers must therefore publish their
 * result by an atomic rename: the lock saves time, the rename keeps the result whole.
 * @throws CircuitError ABORTED while waiting.
 */
export async function withFileLock<T>(file: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const { pollMs = 250, staleMs = 60_000 } = options;
  await mkdir(path.dirname(file), { recursive: true });
  let hasWaited = false;
  while (!(await take(file))) {
    throwIfAborted(options.signal);
    if (await isStale(file, staleMs)) {
      const aside = `${file}.${process.pid}.${Date.now()}.stale`;
      await rename(file, aside).catch(() => {});
      await rm(aside, { force: true });
      continue;
    }
    if (!hasWaited) options.onWait?.();
    hasWaited = true;
    await delay(pollMs);
  }
  const renewal = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => {}), staleMs / 6);
  renewal.unref();
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(JSON.stringify({ pid: process.pid, host: os.hostname() }));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isStale(file: string, staleMs: number): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(file);
    if (Date.now() - mtimeMs > staleMs) return true;
    const holder = JSON.parse(await readFile(file, 'utf8')) as { pid: number; host: string };
    return holder.host === os.hostname() && !isAlive(holder.pid);
  } catch {
    // Gone meanwhile, or its holder is about to write it.
    return false;
  }
}

/** Whether a process of this host still runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
