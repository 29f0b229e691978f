/** What a browser gives a page to keep things and to take turns, in memory. Tests only. */

/** Storage in memory, as a browser's; `isFull` refuses every write, `isDisabled` every use. */
export class MemoryStorage implements Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  readonly entries = new Map<string, string>();
  isFull = false;
  isDisabled = false;

  getItem(key: string): string | null {
    this.#use();
    return this.entries.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.#use();
    if (this.isFull) throw new DOMException('full', 'QuotaExceededError');
    this.entries.set(key, value);
  }

  removeItem(key: string): void {
    this.#use();
    this.entries.delete(key);
  }

  #use(): void {
    if (this.isDisabled) throw new DOMException('no', 'SecurityError');
  }
}

/** The browser's locks, between engines of one test. */
export class MemoryLocks {
  readonly #held = new Set<string>();

  async request(name: string, _options: object, work: (lock: object | null) => Promise<void>): Promise<void> {
    if (this.#held.has(name)) return work(null);
    this.#held.add(name);
    try {
      await work({ name });
    } finally {
      this.#held.delete(name);
    }
  }

  async query(): Promise<{ held: { name: string }[] }> {
    return { held: [...this.#held].map((name) => ({ name })) };
  }

  /** What the engine uses is all that there is of it. */
  get manager(): LockManager {
    return this as unknown as LockManager;
  }
}
