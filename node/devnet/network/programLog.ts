import { DevNetworkError } from './errors.ts';

/** A line of a program's log, as pino writes it. */
export interface LogLine {
  readonly msg: string;
  readonly [field: string]: unknown;
}

interface Watcher {
  readonly matches: (line: LogLine) => boolean;
  readonly resolve: (line: LogLine) => void;
  readonly reject: (error: DevNetworkError) => void;
}

/** Lines kept for `lines` and `first`; the file has all of them. */
const KEPT_LINES = 5_000;
const TAIL_LINES = 40;

/** What a program wrote in its current life, as text and as events. */
export class ProgramLog {
  readonly #lines: LogLine[] = [];
  readonly #texts: string[] = [];
  readonly #watchers = new Set<Watcher>();
  #end: DevNetworkError | undefined;

  add(text: string): void {
    this.#texts.push(text);
    if (this.#texts.length > TAIL_LINES) this.#texts.shift();
    const line = parsed(text);
    if (line === undefined) return; // progress for people
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    for (const watcher of this.#watchers) {
      if (!watcher.matches(line)) continue;
      this.#watchers.delete(watcher);
      watcher.resolve(line);
    }
  }

  /** The first line, past or to come, that matches. @throws DevNetworkError PROGRAM_DEAD if the program ends first */
  first(matches: (line: LogLine) => boolean): Promise<LogLine> {
    const found = this.#lines.find(matches);
    if (found !== undefined) return Promise.resolve(found);
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const line = new Promise<LogLine>((resolve, reject) => this.#watchers.add({ matches, resolve, reject }));
    line.catch(() => undefined); // it may fail when nobody waits any more
    return line;
  }

  lines(matches: (line: LogLine) => boolean): LogLine[] {
    return this.#lines.filter(matches);
  }

  /** The last lines as they were written. */
  tail(): string {
    return this.#texts.join('\n');
  }

  end(reason: string): void {
    this.#end = new DevNetworkError('PROGRAM_DEAD', `${reason}\n${this.tail()}`);
    for (const { reject } of this.#watchers) reject(this.#end);
    this.#watchers.clear();
  }
}

function parsed(text: string): LogLine | undefined {
  try {
    const line: unknown = JSON.parse(text);
    // what pino writes is an object with a message
    return typeof line === 'object' && line !== null && 'msg' in line ? (line as LogLine) : undefined;
  } catch {
    return undefined;
  }
}
