import { TransferError } from '../trouble.ts';
import type { Intent } from '../types.ts';
import { keyOf } from './intents.ts';

type Keyed = Parameters<typeof keyOf>[0];

/** Lets one of a kind be sent at a time: in this page, and by a lock of the browser in all pages of the origin. */
export class SendGuard {
  readonly #locks: LockManager | undefined;
  readonly #prefix: string;
  readonly #busy = new Set<string>();

  constructor(locks: LockManager | undefined, deployment: string) {
    this.#locks = locks;
    this.#prefix = `engram.send.${deployment}.`;
  }

  /** @throws TransferError ALREADY_SENDING */
  async run<T>(intent: Keyed, act: () => Promise<T>): Promise<T> {
    const key = keyOf(intent);
    // before anything is awaited: a double click
    if (this.#busy.has(key)) throw new TransferError('ALREADY_SENDING', { state: 'asking' });
    this.#busy.add(key);
    try {
      return await this.#locked(key, act);
    } finally {
      this.#busy.delete(key);
    }
  }

  /** Whether a page, this one or another, is sending it now. */
  async isBusy(intent: Intent): Promise<boolean> {
    const key = keyOf(intent);
    if (this.#busy.has(key)) return true;
    try {
      const { held = [] } = (await this.#locks?.query()) ?? {};
      return held.some(({ name }) => name === this.#prefix + key);
    } catch {
      return false; // a page without an origin of its own has no locks
    }
  }

  async #locked<T>(key: string, act: () => Promise<T>): Promise<T> {
    const locks = this.#locks;
    if (locks === undefined) return act();
    // what `act` throws is told apart from what the browser's locks do
    let outcome: { readonly value: T } | { readonly error: unknown } | 'held' | undefined;
    try {
      await locks.request(this.#prefix + key, { ifAvailable: true }, async (lock) => {
        outcome = lock === null ? 'held' : await settle(act);
      });
    } catch (error) {
      if (outcome === undefined) return act(); // no locks here
      if (typeof outcome !== 'object') throw error;
    }
    if (outcome === undefined || outcome === 'held') throw new TransferError('ALREADY_SENDING', { state: 'asking' });
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }
}

async function settle<T>(act: () => Promise<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await act() };
  } catch (error) {
    return { error };
  }
}
