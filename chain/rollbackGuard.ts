/**
 * Lets whoever reads several records see the chain as it was before a rollback or as it is after it, never a mixture of both.
 */
export class RollbackGuard {
  #rollbacks = 0;
  #running: Promise<void> | undefined;

  /**
   * What `run` reads; it is run again if a rollback came in between.
   * @param keep is given the result while it is certain to be current (for caches)
   */
  async read<T>(run: () => Promise<T>, keep?: (value: T) => void): Promise<T> {
    for (;;) {
      await this.#running;
      const seen = this.#rollbacks;
      const isCurrent = (): boolean => this.#running === undefined && this.#rollbacks === seen;
      try {
        const value = await run();
        if (!isCurrent()) continue;
        keep?.(value);
        return value;
      } catch (error) {
        if (isCurrent()) throw error;
      }
    }
  }

  /** The rollback's write, and what forgets in memory what it removed. There is one at a time. */
  async roll(run: () => Promise<void>): Promise<void> {
    const rolled = run().finally(() => {
      this.#rollbacks += 1;
      this.#running = undefined;
    });
    // Whoever waits only waits; the error is the caller's.
    this.#running = rolled.catch(() => undefined);
    await rolled;
  }
}
