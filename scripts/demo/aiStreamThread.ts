/** A stream on a thread of its own, so that the node in this process keeps its pace. */
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { tsWorker } from '../../circuits/build/tsWorker.ts';
import type { Evidence, StreamOptions, StreamState } from './aiStream.ts';

export type Question = { readonly run: number } | { readonly sequence: number; readonly size: number };
export type Answer = StreamState | Evidence;

export class StreamThread {
  readonly #worker: Worker;
  readonly #signal: AbortSignal | undefined;
  /** One question at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: StreamOptions, { signal }: { signal?: AbortSignal | undefined } = {}) {
    this.#signal = signal;
    this.#worker = tsWorker(new URL('./aiStreamWorker.ts', import.meta.url), options);
    this.#worker.on('error', () => undefined); // whoever asks hears of it; without a listener it would end the process
  }

  /** In portions, so that there is something to tell. */
  async run(count: number, onProgress: (done: number) => void = () => undefined): Promise<StreamState> {
    const portion = Math.max(1, Math.ceil(count / 4));
    let state: StreamState | undefined;
    for (let done = 0; done < count; done += portion) {
      const run = Math.min(portion, count - done);
      state = (await this.#ask({ run })) as StreamState; // the worker answers a run with a state
      onProgress(done + run);
    }
    if (state === undefined) throw new RangeError('nothing to run');
    return state;
  }

  async evidence(sequence: number, size: number): Promise<Evidence> {
    return (await this.#ask({ sequence, size })) as Evidence; // as above
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(question: Question): Promise<Answer> {
    const asked = this.#turn.then(async () => {
      // Rejects with the worker's 'error', which carries what was thrown there.
      const answer = once(this.#worker, 'message', { ...(this.#signal !== undefined && { signal: this.#signal }) });
      this.#worker.postMessage(question);
      return (await answer)[0] as Answer;
    });
    this.#turn = asked.catch(() => undefined);
    return asked;
  }
}
