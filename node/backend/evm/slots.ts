import { EthCode, EthRpcError } from '../../rpc/eth/ethError.ts';

export interface SlotOptions {
  /** Actions at the same time. */
  readonly concurrency: number;
  /** Actions that may wait for their turn; more are refused. */
  readonly queue: number;
}

/** Lets few calls run at the same time, so that callers cannot take the thread from those who build blocks. */
export class Slots {
  readonly #options: SlotOptions;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  /** @throws EthRpcError LIMIT_EXCEEDED if too many wait already; what `action` throws */
  async run<T>(action: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#options.concurrency) {
      if (this.#waiting.length >= this.#options.queue) {
        throw new EthRpcError(EthCode.LIMIT_EXCEEDED, 'too many calls are being executed');
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await action();
    } finally {
      // the slot goes over to whoever waits
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
