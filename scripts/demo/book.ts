/** What everybody should own, kept beside the chain: each step of the demo writes here what it expects, and the end compares to the wei. */

export interface Mismatch {
  readonly what: string;
  readonly expected: bigint;
  readonly found: bigint;
}

export class Book {
  readonly #balances = new Map<string, bigint>();

  /** Adds to a line of the book; `amount` may be negative. */
  add(line: string, amount: bigint): void {
    this.#balances.set(line, this.get(line) + amount);
  }

  move(from: string, to: string, amount: bigint): void {
    this.add(from, -amount);
    this.add(to, amount);
  }

  get(line: string): bigint {
    return this.#balances.get(line) ?? 0n;
  }

  entries(): [line: string, amount: bigint][] {
    return [...this.#balances];
  }
}

export class Checks {
  readonly mismatches: Mismatch[] = [];
  #count = 0;

  equal(what: string, expected: bigint, found: bigint): void {
    this.#count += 1;
    if (expected !== found) this.mismatches.push({ what, expected, found });
  }

  /** Those of somebody else, too. */
  add(others: Checks): void {
    this.#count += others.count;
    this.mismatches.push(...others.mismatches);
  }

  get count(): number {
    return this.#count;
  }
}
