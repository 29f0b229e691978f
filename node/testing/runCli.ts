import { vi } from 'vitest';
import { main } from '../main.ts';

export interface Run {
  readonly exit: number;
  /** What stdout held, if it was one line. The tests look into whatever JSON it is. */
  readonly json: ReturnType<typeof JSON.parse>;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in this process. Quicker than a process of its own; `bin/` is tested with one. */
export async function engram(...args: readonly string[]): Promise<Run> {
  let stdout = '';
  let stderr = '';
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += text;
    return true;
  });
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += text;
    return true;
  });
  try {
    await main(['node', 'engram', ...args]);
    const [line, ...more] = stdout.split('\n').filter((text) => text !== '');
    const isJson = args.includes('--json') && line !== undefined && more.length === 0;
    return { exit: Number(process.exitCode ?? 0), json: isJson ? JSON.parse(line) : undefined, stdout, stderr };
  } finally {
    process.exitCode = 0;
    out.mockRestore();
    err.mockRestore();
  }
}
