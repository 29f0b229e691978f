import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { SafeEmitter } from '../../../chain/emitter.ts';
import { silentLogger } from '../../../chain/logger.ts';
import { DevNetworkError } from './errors.ts';
import { type LogLine, ProgramLog } from './programLog.ts';

const BIN = fileURLToPath(new URL('../../bin/engram.mjs', import.meta.url));
/** After SIGTERM a program has this long before it is killed. */
const STOP_MS = 20_000;

export interface ProgramOptions {
  readonly name: string;
  /** Of `engram`: command and flags, asked for at each start. */
  readonly args: () => readonly string[];
  /** Secrets go here, never into `args`. */
  readonly env: Readonly<Record<string, string>>;
  /** All its lives write here, one after the other. */
  readonly logFile: string;
}

interface Life {
  readonly child: ChildProcess;
  readonly log: ProgramLog;
  /** The first line of its standard output. */
  readonly answer: Promise<string>;
  readonly closed: Promise<void>;
}

/**
 * `engram …` as a process, in a group of its own so that a kill takes its children too. It can be started again after it ended:
 * stopped → running → stopped. It ends with this process.
 */
export class Program {
  readonly name: string;
  readonly logFile: string;
  /** `ended`: it ended, `wasAsked`: because it was told to. */
  readonly events = new SafeEmitter<{ ended: [{ readonly how: string; readonly wasAsked: boolean }] }>({
    log: silentLogger,
  });
  readonly #options: ProgramOptions;
  #life: Life | undefined;
  #lastLog = new ProgramLog();
  #isAsked = false;

  constructor(options: ProgramOptions) {
    this.#options = options;
    this.name = options.name;
    this.logFile = options.logFile;
  }

  get isRunning(): boolean {
    return this.#life !== undefined;
  }

  get pid(): number | undefined {
    return this.#life?.child.pid;
  }

  /** Resolves with the first line of its standard output, which is JSON. @throws DevNetworkError PROGRAM_FAILED */
  async start(): Promise<Readonly<Record<string, unknown>>> {
    if (this.#life !== undefined) throw new DevNetworkError('PROGRAM_FAILED', `${this.name} runs already`);
    const { args, env, logFile } = this.#options;
    this.#isAsked = false;
    const child = spawn(process.execPath, [BIN, ...args()], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...withoutSettings(process.env), ...env },
    });
    const file = createWriteStream(logFile, { flags: 'a' });
    const life = this.#live(child, file);
    this.#life = life;
    this.#lastLog = life.log;
    const failed = (line: string): DevNetworkError =>
      new DevNetworkError('PROGRAM_FAILED', `${this.name} did not start: ${line}\n${life.log.tail()}`, {
        name: this.name,
        logFile,
      });
    return new Promise((resolve, reject) => {
      void life.answer.then((line) => {
        const answer = parsed(line);
        if (answer === undefined || 'error' in answer) reject(failed(line));
        else resolve(answer);
      });
      child.once('error', (error) => reject(failed(error.message)));
      void life.closed.then(() => reject(failed('it ended')));
    });
  }

  /** SIGKILL to it and its children at once; resolves when they are gone. Harmless if it does not run. */
  async kill(): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    this.#isAsked = true;
    killGroup(life.child.pid, 'SIGKILL');
    await life.closed;
  }

  /** SIGTERM, and SIGKILL if it does not help. Harmless if it does not run. */
  async stop(): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    this.#isAsked = true;
    life.child.kill('SIGTERM');
    const timer = setTimeout(() => killGroup(life.child.pid, 'SIGKILL'), STOP_MS);
    await life.closed;
    clearTimeout(timer);
  }

  /** Keeps it from running for a while (SIGSTOP), as a machine that hangs. */
  suspend(): void {
    killGroup(this.pid, 'SIGSTOP');
  }

  resume(): void {
    killGroup(this.pid, 'SIGCONT');
  }

  /** The first line of this life with this message and these fields, past or to come. @throws DevNetworkError PROGRAM_DEAD */
  logged(msg: string | RegExp, fields: Readonly<Record<string, unknown>> = {}): Promise<LogLine> {
    return this.#lastLog.first(matcher(msg, fields));
  }

  /** Lines so far of its current, or else its last life. */
  lines(msg: string | RegExp, fields: Readonly<Record<string, unknown>> = {}): LogLine[] {
    return this.#lastLog.lines(matcher(msg, fields));
  }

  tail(): string {
    return this.#lastLog.tail();
  }

  #live(child: ChildProcess, file: WriteStream): Life {
    const log = new ProgramLog();
    const endWithUs = (): void => killGroup(child.pid, 'SIGKILL');
    process.once('exit', endWithUs);
    const lines = (input: Readable | null, onLine: (line: string) => void): void => {
      if (input === null) return;
      createInterface({ input }).on('line', (line) => {
        onLine(line);
        log.add(line);
        file.write(`${line}\n`);
      });
    };
    lines(child.stderr, () => undefined);
    const answer = new Promise<string>((resolve) => lines(child.stdout, resolve));
    // 'close' comes when the last holder of the pipes has ended.
    const closed = new Promise<void>((resolve) => {
      child.once('close', (code, signal) => {
        process.off('exit', endWithUs);
        const how = signal ?? `exit code ${code}`;
        log.end(`${this.name} ended (${how})`);
        file.end();
        this.#life = undefined;
        resolve();
        this.events.tell('ended', { how, wasAsked: this.#isAsked });
      });
    });
    return { child, log, answer, closed };
  }
}

function matcher(msg: string | RegExp, fields: Readonly<Record<string, unknown>>): (line: LogLine) => boolean {
  return (line) =>
    (typeof msg === 'string' ? line.msg === msg : msg.test(line.msg)) &&
    Object.entries(fields).every(([name, value]) => line[name] === value);
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(line);
    // an object by the checks before
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Settings of whoever runs this must not reach the programs; where circuits and keys are kept may. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = ['ENGRAM_CACHE', 'ENGRAM_KEYS'];
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('ENGRAM_') || kept.includes(name)));
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Already gone.
  }
}
