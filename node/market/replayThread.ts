import type { Worker } from 'node:worker_threads';
import { tsWorker } from '../../circuits/build/tsWorker.ts';
import { marketError } from './errors.ts';
import type { ReplayCalls, ReplayPort } from './replayEngine.ts';
import type { ReplayAnswer, ReplayCall, ReplayMessage } from './replayMessages.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export interface ReplayThreadDeps {
  /** The thread died, and all it knew with it; the next call begins another one. */
  readonly onDeath: () => void;
  /** Default: one with `replayWorker.ts`. */
  readonly startThread?: () => Worker;
}

function startThread(): Worker {
  return tsWorker(new URL('./replayWorker.ts', import.meta.url), undefined);
}

/**
 * Replays on a thread of their own, so that no epoch, however large, holds up blocks, and one that is too large for memory ends the thread
 * and not the node. It begins with the first call.
 */
export class ReplayThread {
  readonly #deps: Required<ReplayThreadDeps>;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #id = 0;
  #isStopped = false;

  constructor(deps: ReplayThreadDeps) {
    this.#deps = { startThread, ...deps };
  }

  readonly port: ReplayPort = {
    follow: (...args) => this.#ask({ name: 'follow', args }),
    drop: (...args) => this.#ask({ name: 'drop', args }),
    apply: (...args) => this.#ask({ name: 'apply', args }),
    goBack: (...args) => this.#ask({ name: 'goBack', args }),
    summaries: (...args) => this.#ask({ name: 'summaries', args }),
    view: (...args) => this.#ask({ name: 'view', args }),
  };

  /** What waits is refused with STOPPED. Can be called twice. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#refuseAll();
    await this.#worker?.terminate();
  }

  #ask<K extends keyof ReplayCalls>(call: ReplayCall & { name: K }): Promise<ReturnType<ReplayCalls[K]>> {
    return new Promise((resolve, reject) => {
      if (this.#isStopped) {
        reject(marketError('STOPPED'));
        return;
      }
      this.#worker ??= this.#start();
      this.#id += 1;
      // The thread answers each call with what the engine's method of this name returned.
      this.#waiting.set(this.#id, { resolve: resolve as Waiting['resolve'], reject });
      const message: ReplayMessage = { id: this.#id, call };
      this.#worker.postMessage(message);
    });
  }

  #start(): Worker {
    const worker = this.#deps.startThread();
    worker.on('message', (answer: ReplayAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('failure' in answer) waiting?.reject(new ReplayFailure(answer.failure));
      else waiting?.resolve(answer.value);
    });
    // 'exit' follows every 'error'; without a listener an 'error' would end the process.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#refuseAll();
      if (!this.#isStopped) this.#deps.onDeath();
    });
    return worker;
  }

  #refuseAll(): void {
    for (const { reject } of this.#waiting.values()) reject(marketError('STOPPED'));
    this.#waiting.clear();
  }
}

/** A defect inside of the thread; nothing that a caller may see. */
class ReplayFailure extends Error {
  override readonly name = 'ReplayFailure';
  readonly code = 'REPLAY_FAILED';
}
