/** Seeded randomness for tests (xorshift128 over a seed that tests print on failure). Never for keys that hold money. */
export class SeededRandom {
  #state: bigint;

  constructor(seed: number) {
    // An odd multiplier spreads small seeds over the word; a state of 0 would stay 0.
    this.#state = (BigInt(seed) * 0x9e3779b97f4a7c15n + 0x1234567n) & 0xffffffffffffffffn || 1n;
  }

  /** 64 random bits. */
  next(): bigint {
    let x = this.#state;
    x ^= (x << 13n) & 0xffffffffffffffffn;
    x ^= x >> 7n;
    x ^= (x << 17n) & 0xffffffffffffffffn;
    this.#state = x;
    return x;
  }

  /** A bigint in [0, limit). */
  big(limit: bigint): bigint {
    let value = 0n;
    for (let bits = 0n; 1n << bits < limit << 64n; bits += 64n) value = (value << 64n) | this.next();
    return value % limit;
  }

  /** An integer in [0, limit). */
  int(limit: number): number {
    return Number(this.big(BigInt(limit)));
  }

  /** True once in `n` times on average. */
  oneIn(n: number): boolean {
    return this.int(n) === 0;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.int(items.length)];
    if (item === undefined) throw new RangeError('pick from an empty list');
    return item;
  }
}
