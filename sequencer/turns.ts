type Outcome<T> = { readonly value: T } | { readonly refusal: unknown };

/** Steps that run one after another, whoever asks. */
export class Turns {
  readonly #isFatal: boolean;
  /** Settles when the last step begun is over; if errors are fatal, it fails once and for all with the first one. */
  #last: Promise<unknown> = Promise.resolve();

  /** `areErrorsFatal`: after an error of a step every later one fails with it, too. */
  constructor(options: { areErrorsFatal: boolean }) {
    this.#isFatal = options.areErrorsFatal;
  }

  run<T>(step: () => Promise<T>): Promise<T> {
    const running = this.#last.then(step);
    this.#last = this.#isFatal ? running : running.catch(() => undefined);
    this.#last.catch(() => undefined); // whoever runs the next step hears of it
    return running;
  }

  /** As `run`, but what `isRefusal` recognises reaches the caller only. */
  async attempt<T>(step: () => Promise<T>, { isRefusal }: { isRefusal: (error: unknown) => boolean }): Promise<T> {
    const outcome = await this.run(async (): Promise<Outcome<T>> => {
      try {
        return { value: await step() };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        return { refusal: error };
      }
    });
    if ('refusal' in outcome) throw outcome.refusal;
    return outcome.value;
  }
}
