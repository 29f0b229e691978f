import { EventEmitter } from 'node:events';
import type { Logger } from './logger.ts';

/** Events whose listeners cannot hurt the one who tells them: what a listener throws is logged and forgotten. */
export class SafeEmitter<Events extends { [K in keyof Events]: unknown[] }> {
  readonly #emitter = new EventEmitter();
  readonly #log: Logger;

  constructor(deps: { log: Logger }) {
    this.#log = deps.log;
  }

  /** Returns the way to stop listening. */
  on<K extends keyof Events & string>(name: K, listener: (...args: Events[K]) => void): () => void {
    const guarded = (...args: unknown[]): void => {
      try {
        // Only `tell` emits, with the arguments of this event.
        listener(...(args as Events[K]));
      } catch (err) {
        this.#log.error({ event: name, err }, 'listener failed');
      }
    };
    this.#emitter.on(name, guarded);
    return () => void this.#emitter.off(name, guarded);
  }

  /** Whether anybody listens to it. */
  isHeard(name: keyof Events & string): boolean {
    return this.#emitter.listenerCount(name) > 0;
  }

  tell<K extends keyof Events & string>(name: K, ...args: Events[K]): void {
    this.#emitter.emit(name, ...args);
  }
}
