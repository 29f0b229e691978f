import { createPublicClient, custom, type PublicClient } from 'viem';
import { RecoveryError } from './errors.ts';
import { L1RequestError } from './l1Answers.ts';
import { sentError, type ToPage, type ToWorker } from './messages.ts';
import { RecoveryCore } from './recoveryCore.ts';

interface Asked {
  resolve(result: unknown): void;
  reject(error: L1RequestError): void;
}

/** The worker's half: calls of the page in, questions for L1 out. */
export class WorkerSide {
  readonly #post: (message: ToPage) => void;
  readonly #l1: PublicClient;
  readonly #asked = new Map<number, Asked>();
  readonly #running = new Map<number, AbortController>();
  #core: RecoveryCore | undefined;
  #lastQuestion = 0;

  constructor(post: (message: ToPage) => void) {
    this.#post = post;
    const request = ({ method, params }: { method: string; params?: unknown }) => this.#ask(method, params);
    // The page's client has tried again already, and knows how.
    this.#l1 = createPublicClient({ transport: custom({ request }, { retryCount: 0 }), cacheTime: 0 });
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
        this.#post({ type: 'progress', id, progress }),
    };
    try {
      const core = this.#core;
      if (core === undefined) throw new RecoveryError('INTERNAL');
      const result =
        message.method === 'ledger'
          ? await core.ledger(message.argument, options)
          : await core.prove(message.argument, options);
      this.#post({ type: 'done', id, result });
    } catch (error) {
      this.#post({ type: 'failed', id, error: sentError(error) });
    } finally {
      this.#running.delete(id);
    }
  }

  #ask(method: string, params: unknown): Promise<unknown> {
    this.#lastQuestion += 1;
    const id = this.#lastQuestion;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#post({ type: 'l1', id, method, params });
    });
  }

  #take(id: number): Asked | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }
}
