/** A binary heap: `pop` returns the item that comes first by `before`. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #before: (x: T, y: T) => boolean;

  constructor(before: (x: T, y: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  pop(): T | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (first === undefined || last === undefined || items.length === 0) return first;
    items[0] = last;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      let best = at;
      if (left < items.length && this.#isBefore(left, best)) best = left;
      if (left + 1 < items.length && this.#isBefore(left + 1, best)) best = left + 1;
      if (best === at) return first;
      this.#swap(at, best);
      at = best;
    }
  }

  #isBefore(x: number, y: number): boolean {
    // Both positions are inside the array wherever this is called.
    return this.#before(this.#items[x] as T, this.#items[y] as T);
  }

  #swap(x: number, y: number): void {
    const items = this.#items;
    [items[x], items[y]] = [items[y] as T, items[x] as T];
  }
}
