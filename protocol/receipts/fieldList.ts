import type { Field } from '../types.ts';

const WORDS = 4;
const MASK = (1n << 64n) - 1n;

/** A growing list of field elements at 32 bytes each: as bigints in an array they would take five times as much. */
export class FieldList {
  #words = new BigUint64Array(16 * WORDS);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: Field): void {
    const at = this.#length * WORDS;
    if (at === this.#words.length) {
      const larger = new BigUint64Array(2 * at);
      larger.set(this.#words);
      this.#words = larger;
    }
    this.#words[at] = value & MASK;
    this.#words[at + 1] = (value >> 64n) & MASK;
    this.#words[at + 2] = (value >> 128n) & MASK;
    this.#words[at + 3] = value >> 192n;
    this.#length += 1;
  }

  at(i: number): Field | undefined {
    if (!Number.isInteger(i) || i < 0 || i >= this.#length) return undefined;
    const [a = 0n, b = 0n, c = 0n, d = 0n] = this.#words.subarray(i * WORDS, (i + 1) * WORDS);
    // Only field elements come in.
    return (a | (b << 64n) | (c << 128n) | (d << 192n)) as Field;
  }
}
