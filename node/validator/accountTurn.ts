/**
 * Whose turn it is to send from an L1 account that the publisher and the validator share: two senders would sign under one nonce. The publisher
 * asks (`take`) and comes back later; the validator waits (`wait`). Whoever waits is next, so that neither can keep the other away.
 */
export class AccountTurn {
  #isTaken = false;
  readonly #waiting: (() => void)[] = [];

  /** True: it is the caller's until `release`. Never waits; false also while somebody waits. */
  take(): boolean {
    if (this.#isTaken || this.#waiting.length > 0) return false;
    this.#isTaken = true;
    return true;
  }

  /** By whoever has it. */
  release(): void {
    const next = this.#waiting.shift();
    // It goes from hand to hand: nobody can take it in between.
    if (next === undefined) this.#isTaken = false;
    else next();
  }

  /** Resolves with true once it is the caller's, with false when the signal aborts before. */
  wait(signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted) return Promise.resolve(false);
    if (this.take()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const mine = (): void => {
        signal?.removeEventListener('abort', giveUp);
        resolve(true);
      };
      const giveUp = (): void => {
        const position = this.#waiting.indexOf(mine);
        if (position >= 0) this.#waiting.splice(position, 1);
        resolve(false);
      };
      this.#waiting.push(mine);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }
}
