/** What the system says of processes that are not our own children. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

interface Entry {
  readonly pid: number;
  readonly parent: number;
  readonly isZombie: boolean;
}

/** All processes that descend from one. */
export function descendants(pid: number): number[] {
  const all = entries();
  const found = [pid];
  for (const ancestor of found) {
    for (const entry of all) if (entry.parent === ancestor && !entry.isZombie) found.push(entry.pid);
  }
  return found.slice(1);
}

/** Those that run; one that has ended but was not collected by its parent does not. */
export function running(pids: readonly number[]): number[] {
  const all = entries();
  return pids.filter((pid) => all.some((entry) => entry.pid === pid && !entry.isZombie));
}

export function commandLine(pid: number): string {
  try {
    if (existsSync('/proc/self/cmdline')) return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return ''; // it has ended
  }
}

function entries(): Entry[] {
  return existsSync('/proc/self/stat') ? fromProc() : fromPs();
}

function fromProc(): Entry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        // The name in parentheses may contain anything: state and parent come after the last one.
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return [{ pid: Number(name), parent: Number(parent), isZombie: state === 'Z' }];
      } catch {
        return []; // it has ended
      }
    });
}

function fromPs(): Entry[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' });
  return table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map(([pid, parent, state]) => ({
      pid: Number(pid),
      parent: Number(parent),
      isZombie: state?.startsWith('Z') === true,
    }));
}
