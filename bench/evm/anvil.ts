import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { HARDFORK } from '../../bridge/deploy/localL1.ts';

export interface BenchAnvil {
  readonly url: string;
  /** CPU time it has used so far, if this system tells. */
  cpuSeconds(): number | undefined;
  stop(): Promise<void>;
}

/** Blocks each second, in order of arrival, no old states in memory (bench/evm/README.md). */
export const ANVIL_FLAGS = [
  '--block-time',
  '1',
  '--prune-history',
  '--order',
  'fifo',
  '--no-request-size-limit',
] as const;

/** anvil as the other side of the comparison, with the lane's chain id and gas limit. */
export async function startBenchAnvil(
  chainId: number,
  gasLimit: number,
  flags: readonly string[],
): Promise<BenchAnvil> {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve('@foundry-rs/anvil/package.json');
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { anvil: string } };
  const fixed = ['--port', '0', '--chain-id', String(chainId), '--hardfork', HARDFORK, '--gas-limit', String(gasLimit)];
  const child = spawn(process.execPath, [join(dirname(manifest), bin.anvil), ...fixed, ...flags], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true, // npm's launcher and the program itself end together
  });
  const kill = (): void => endGroup(child);
  process.once('exit', kill);
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const port = await new Promise<number>((resolve, reject) => {
    let output = '';
    child.once('exit', (code) => reject(new RangeError(`anvil ended with ${code}: ${output.slice(-300)}`)));
    child.stdout?.on('data', (chunk) => {
      if (output.length > 100_000) return;
      output += chunk;
      const found = /Listening on [^\s]*:(\d+)/.exec(output)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    cpuSeconds: () => cpuSeconds(child.pid ?? 0),
    stop: async () => {
      kill();
      await closed;
      process.off('exit', kill);
    },
  };
}

const TICKS_A_SECOND = 100; // Linux's USER_HZ

/** Of the program that npm's launcher has started (Linux only). */
function cpuSeconds(launcher: number): number | undefined {
  try {
    const pid = readFileSync(`/proc/${launcher}/task/${launcher}/children`, 'utf8').trim().split(' ')[0];
    // After the name in parentheses: the 12th and 13th fields are user and system time.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
  } catch {
    return undefined;
  }
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGTERM');
  } catch {
    // Already gone.
  }
}
