export interface Phase {
  readonly phase: string;
  readonly seconds: number;
}

/** The steps of a story: told when they begin, timed when they end. */
export class Phases {
  readonly #list: Phase[] = [];
  readonly #onStep: (text: string) => void;
  readonly #signal: AbortSignal | undefined;

  constructor({ onStep, signal }: { onStep: (text: string) => void; signal?: AbortSignal | undefined }) {
    this.#onStep = onStep;
    this.#signal = signal;
  }

  get list(): readonly Phase[] {
    return this.#list;
  }

  async run<T>(phase: string, work: () => Promise<T>): Promise<T> {
    this.#signal?.throwIfAborted();
    this.#onStep(phase);
    const began = performance.now();
    const result = await work();
    this.#list.push({ phase, seconds: Math.round(performance.now() - began) / 1000 });
    return result;
  }

  /** A line within a step. */
  tell(text: string): void {
    this.#onStep(`  ${text}`);
  }
}
