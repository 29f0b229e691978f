import { readFile } from 'node:fs/promises';
import { systemClock } from '../../chain/clock.ts';

/**
 * A devnet that was killed leaves its L1 running, with state that is newer than its file. Ends it gently, so that it writes
 * the state, and waits. A process of another kind that has the number by now is left alone.
 */
export async function endOrphan(pid: number): Promise<void> {
  if (pid <= 1 || !(await isAnvil(pid))) return;
  for (let waitedMs = 0; waitedMs < 15_000; waitedMs += 100) {
    try {
      process.kill(-pid, waitedMs === 0 ? 'SIGTERM' : 0);
    } catch {
      return;
    }
    await systemClock.sleep(100);
  }
}

/** The same for programs of a devnet of processes: what they hold is on disk, so they are killed. */
export async function killOrphans(pids: readonly number[]): Promise<void> {
  for (const pid of pids) {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!commandLine.includes('engram.mjs')) continue;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // it has ended meanwhile
    }
  }
}

/** By the command line, where the system shows it. Elsewhere nothing is ended: a taken port then says what is wrong. */
async function isAnvil(pid: number): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.includes('@foundry-rs') && commandLine.includes('anvil');
}
