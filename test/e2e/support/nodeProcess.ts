/** `engram node` as a process of its own, its log as events, and kill -9. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { RpcClient } from '../../../sdk/rpcClient.ts';
import type { Hex } from '../../../sdk/rpcTypes.ts';

const BIN = fileURLToPath(new URL('../../../node/bin/engram.mjs', import.meta.url));

export interface LogLine {
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface NodeProcessOptions {
  /** As on the command line, e.g. `'--data-dir': '/tmp/x'`. */
  readonly flags: Readonly<Record<string, string | number | boolean>>;
  readonly l1Key: Hex;
}

interface Watcher {
  readonly matches: (line: LogLine) => boolean;
  readonly resolve: (line: LogLine) => void;
  readonly reject: (error: Error) => void;
}

export class NodeProcess {
  readonly pid: number;
  readonly rpc: RpcClient;
  readonly #child: ChildProcess;
  readonly #log: Log;
  readonly #closed: Promise<void>;

  private constructor(child: ChildProcess, pid: number, url: string, parts: { log: Log; closed: Promise<void> }) {
    this.#child = child;
    this.pid = pid;
    this.rpc = new RpcClient(url);
    this.#log = parts.log;
    this.#closed = parts.closed;
  }

  /** Resolves once it answers on its RPC. A process group of its own, so that a kill takes its children too. */
  static async start({ flags, l1Key }: NodeProcessOptions): Promise<NodeProcess> {
    const all = { '--log-pretty': false, '--log-level': 'debug', '--rpc-port': 0, ...flags };
    const args = Object.entries(all).flatMap(([flag, value]) => [flag, String(value)]);
    const child = spawn(process.execPath, [BIN, 'node', '--json', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...withoutSettings(process.env), ENGRAM_L1_KEY: l1Key },
    });
    const endWithUs = (): void => killGroup(child.pid);
    process.once('exit', endWithUs);
    const log = new Log();
    createInterface({ input: child.stderr }).on('line', (line) => log.add(line));
    // 'close' comes when the last holder of the pipes has ended.
    const closed = new Promise<void>((resolve) => {
      child.once('close', (code, signal) => {
        process.off('exit', endWithUs);
        log.end(`the node ended (${signal ?? code})`);
        resolve();
      });
    });
    const url = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', (line) => {
        const answer = JSON.parse(line) as { rpc?: string };
        if (answer.rpc === undefined) reject(new Error(`the node did not start: ${line}\n${log.tail()}`));
        else resolve(answer.rpc);
      });
      void closed.then(() => reject(new Error(`the node did not start\n${log.tail()}`)));
    });
    if (child.pid === undefined) throw new TypeError('a process that answers has a number');
    return new NodeProcess(child, child.pid, url, { log, closed });
  }

  /** The first line of this life, past or to come, with this message and these fields. Rejects if the process ends first. */
  logged(msg: string, fields: Readonly<Record<string, unknown>> = {}): Promise<LogLine> {
    return this.#log.first(
      (line) => line.msg === msg && Object.entries(fields).every(([name, value]) => line[name] === value),
    );
  }

  /** Lines so far with this message. */
  lines(msg: string): LogLine[] {
    return this.#log.lines.filter((line) => line.msg === msg);
  }

  /** The last lines, for a test that failed. */
  tail(): string {
    return this.#log.tail();
  }

  /** SIGKILL to the node and all its children at once; resolves when they are gone. May be called twice. */
  async kill(): Promise<void> {
    killGroup(this.#child.pid);
    await this.#gone();
  }

  /** SIGKILL to the node alone: its children have to notice by themselves. Resolves when the node is gone. */
  async killAlone(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone();
  }

  async #gone(): Promise<void> {
    await this.#closed;
    await this.rpc.close();
  }
}

class Log {
  readonly lines: LogLine[] = [];
  readonly #raw: string[] = [];
  readonly #watchers = new Set<Watcher>();
  #end: Error | undefined;

  add(text: string): void {
    this.#raw.push(text);
    let line: LogLine;
    try {
      line = JSON.parse(text) as LogLine; // pino's
    } catch {
      return; // progress for people
    }
    this.lines.push(line);
    for (const watcher of this.#watchers) {
      if (!watcher.matches(line)) continue;
      this.#watchers.delete(watcher);
      watcher.resolve(line);
    }
  }

  first(matches: Watcher['matches']): Promise<LogLine> {
    const found = this.lines.find(matches);
    if (found !== undefined) return Promise.resolve(found);
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const line = new Promise<LogLine>((resolve, reject) => this.#watchers.add({ matches, resolve, reject }));
    line.catch(() => undefined); // it may fail when nobody waits any more
    return line;
  }

  end(reason: string): void {
    this.#end = new Error(`${reason}\n${this.tail()}`);
    for (const { reject } of this.#watchers) reject(this.#end);
    this.#watchers.clear();
  }

  tail(): string {
    return this.#raw.slice(-40).join('\n');
  }
}

/** Settings of whoever runs the tests must not reach the node; where circuits and keys are kept may. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = ['ENGRAM_CACHE', 'ENGRAM_KEYS'];
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('ENGRAM_') || kept.includes(name)));
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}
