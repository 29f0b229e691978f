/** A child process that answers requests by their id. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** `Request` without the id, which is given here. */
type WithoutId<T> = T extends { readonly id: number } ? Omit<T, 'id'> : never;

export class Worker<Request extends { readonly id: number; readonly type: string }> {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #id = 0;

  /** `file` stands beside this one. */
  constructor(file: string) {
    const path = fileURLToPath(new URL(file, import.meta.url));
    this.#child = fork(path, [], { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', (message) => {
      const { id, result, error } = message as Answer; // from our own child
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error !== undefined) waiting?.reject(new RangeError(error));
      else waiting?.resolve(result);
    });
    this.#child.once('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new RangeError(`${file} ended with ${code}`));
    });
  }

  ask<T>(request: WithoutId<Request>): Promise<T> {
    this.#id += 1;
    const id = this.#id;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject }); // the caller knows its request
      this.#child.send({ ...request, id });
    });
  }

  /** Lets it end by itself; a child without its parent does. */
  stop(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
