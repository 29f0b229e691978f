import type { NetworkNode } from '../../../node/devnet/network/networkNode.ts';

/** Whom a sender can turn to now. */
export type Targets = () => readonly NetworkNode[];

export interface Counts {
  /** In a block of a node that was asked. A reorg can take it back, then its successor has the same nonce. */
  included: number;
  /** A node said no, or was away; the sender turned to another one. */
  refused: Record<string, number>;
}

/** Somebody who does one thing after the other, as long as the network runs. */
export interface Sender {
  readonly name: string;
  readonly counts: Counts;
  /** Between two of its transactions. */
  readonly pauseMs: number;
  /** One transaction, from asking for its nonce to its block; gives up when nobody has it in a block after a while. */
  step(signal: AbortSignal): Promise<void>;
}

export function newCounts(): Counts {
  return { included: 0, refused: {} };
}

/** The senders, at work all the time until `stop`. What goes wrong for them is counted, and tried again elsewhere. */
export class Traffic {
  readonly #senders: readonly Sender[];
  readonly #controller = new AbortController();
  readonly #work: Promise<void>[] = [];

  constructor(senders: readonly Sender[]) {
    this.#senders = senders;
  }

  start(): void {
    for (const sender of this.#senders) this.#work.push(this.#run(sender));
  }

  async stop(): Promise<void> {
    this.#controller.abort();
    await Promise.all(this.#work);
  }

  get counts(): Readonly<Record<string, Counts>> {
    return Object.fromEntries(this.#senders.map(({ name, counts }) => [name, counts]));
  }

  get included(): number {
    return this.#senders.reduce((sum, { counts }) => sum + counts.included, 0);
  }

  async #run(sender: Sender): Promise<void> {
    const { signal } = this.#controller;
    while (!signal.aborted) {
      try {
        await sender.step(signal);
      } catch (error) {
        const code = codeOf(error);
        sender.counts.refused[code] = (sender.counts.refused[code] ?? 0) + 1;
      }
      await pause(sender.pauseMs, signal);
    }
  }
}

export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'UNKNOWN';
  if ('reason' in error && typeof error.reason === 'string') return error.reason;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'UNKNOWN';
}
