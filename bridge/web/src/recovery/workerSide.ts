import { createPublicClient, custom, type PublicClient } from 'viem';
import { RecoveryError } from './errors.ts';
import { isTooMuch, L1RequestError } from './l1Answers.ts';
import { sentError, type ToPage, type ToWorker } from './messages.ts';
import { RecoveryCore } from './recoveryCore.ts';

interface Asked {
  resolve(result: unknown): void;
  reject(error: L1RequestError): void;
}

interface Dependencies {
  post(message: ToPage): void;
  wait(milliseconds: number): Promise<void>;
}

/** Waits before asking again what the endpoint found to be too much at once: public ones count questions a second. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000];

/** The worker's half: calls of the page in, questions for L1 out. */
export class WorkerSide {
  readonly #deps: Dependencies;
  readonly #l1: PublicClient;
  readonly #asked = new Map<number, Asked>();
  readonly #running = new Map<number, AbortController>();
  #core: RecoveryCore | undefined;
  #lastQuestion = 0;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    const request = ({ method, params }: { method: string; params?: unknown }) => this.#askPatiently(method, params);
    // The page's client has tried again already, and knows how. CCIP would fetch whatever address a revert names.
    const transport = custom({ request }, { retryCount: 0 });
    this.#l1 = createPublicClient({ transport, cacheTime: 0, ccipRead: false });
  }

  onMessage(message: ToWorker): void {
    switch (message.type) {
      case 'open':
        this.#core = new RecoveryCore(message.options, { l1: this.#l1 });
        return;
      case 'call':
        void this.#run(message);
        return;
      case 'abort':
        this.#running.get(message.id)?.abort();
        return;
      case 'l1Answer':
        this.#take(message.id)?.resolve(message.result);
        return;
      case 'l1Refusal':
        this.#take(message.id)?.reject(new L1RequestError(message.refusal));
    }
  }

  async #run(message: Extract<ToWorker, { type: 'call' }>): Promise<void> {
    const { id } = message;
    const abort = new AbortController();
    this.#running.set(id, abort);
    const options = {
      signal: abort.signal,
      onProgress: (progress: Extract<ToPage, { type: 'progress' }>['progress']) =>
        this.#deps.post({ type: 'progress', id, progress }),
    };
    try {
      const core = this.#core;
      if (core === undefined) throw new RecoveryError('INTERNAL');
      const result =
        message.method === 'ledger'
          ? await core.ledger(message.argument, options)
          : await core.prove(message.argument, options);
      this.#deps.post({ type: 'done', id, result });
    } catch (error) {
      this.#deps.post({ type: 'failed', id, error: sentError(error) });
    } finally {
      this.#running.delete(id);
    }
  }

  async #askPatiently(method: string, params: unknown): Promise<unknown> {
    for (const pause of PAUSES_MS) {
      try {
        return await this.#ask(method, params);
      } catch (error) {
        if (!isTooMuch(error)) throw error;
        await this.#deps.wait(pause);
      }
    }
    return this.#ask(method, params);
  }

  #ask(method: string, params: unknown): Promise<unknown> {
    this.#lastQuestion += 1;
    const id = this.#lastQuestion;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#deps.post({ type: 'l1', id, method, params });
    });
  }

  #take(id: number): Asked | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }
}
