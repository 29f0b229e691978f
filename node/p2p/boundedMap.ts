/** A map whose entry that was longest not set gives way when it is full: whoever makes up keys by the thousand fills no memory. */
export class BoundedMap<T> {
  readonly #capacity: number;
  readonly #map = new Map<string, T>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#map.size;
  }

  get(key: string): T | undefined {
    return this.#map.get(key);
  }

  set(key: string, value: T): void {
    // Set anew, so that the order is that of the last use.
    this.#map.delete(key);
    this.#map.set(key, value);
    if (this.#map.size <= this.#capacity) return;
    for (const oldest of this.#map.keys()) {
      this.#map.delete(oldest);
      return;
    }
  }

  getOrMake(key: string, make: () => T): T {
    const value = this.#map.get(key) ?? make();
    this.set(key, value);
    return value;
  }

  delete(key: string): boolean {
    return this.#map.delete(key);
  }
}
