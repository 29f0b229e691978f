import { R_FIELD } from '../field.ts';
import { inverse } from './modular.ts';

/** Poseidon over BN254's scalar field as circomlib fixes it: x^5, 8 full rounds, and these partial rounds for 1 … 16 inputs. */
export const FULL_ROUNDS = 8;
const PARTIAL_ROUNDS = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68] as const;
export const MAX_ARITY = PARTIAL_ROUNDS.length;

const FIELD_BITS = 254;

export interface PoseidonConstants {
  /** State width: number of inputs + 1. */
  readonly t: number;
  readonly partialRounds: number;
  /** One row of t constants for each of the 8 + partialRounds rounds. */
  readonly roundConstants: readonly (readonly bigint[])[];
  /** The MDS matrix: new[i] = Σ matrix[i][j] · old[j]. */
  readonly matrix: readonly (readonly bigint[])[];
}

/**
 * The Grain LFSR of the Poseidon paper (appendix E), self-shrinking: of each pair of bits, the second counts if the first is set.
 * Bits are kept in an array used as a ring; 80 bits of state.
 */
class Grain {
  readonly #bits = new Uint8Array(80);
  #at = 0;

  constructor(t: number, partialRounds: number) {
    // Field type 1 (prime), S-box 0 (x^alpha), field bits, width, full rounds, partial rounds, thirty ones.
    const parts: [value: number, bits: number][] = [
      [1, 2],
      [0, 4],
      [FIELD_BITS, 12],
      [t, 12],
      [FULL_ROUNDS, 10],
      [partialRounds, 10],
      [2 ** 30 - 1, 30],
    ];
    let at = 0;
    for (const [value, bits] of parts) {
      for (let i = bits - 1; i >= 0; i--) this.#bits[at++] = Math.floor(value / 2 ** i) % 2;
    }
    for (let i = 0; i < 160; i++) this.#step();
  }

  #step(): number {
    const bits = this.#bits;
    const tap = (offset: number) => bits[(this.#at + offset) % 80] ?? 0;
    const bit = tap(62) ^ tap(51) ^ tap(38) ^ tap(23) ^ tap(13) ^ tap(0);
    bits[this.#at] = bit;
    this.#at = (this.#at + 1) % 80;
    return bit;
  }

  /** A 254-bit integer, not reduced. */
  next(): bigint {
    let value = 0n;
    let word = 0;
    for (let i = 0; i < FIELD_BITS; ) {
      const isKept = this.#step() === 1;
      const bit = this.#step();
      if (!isKept) continue;
      word = word * 2 + bit;
      i++;
      // 254 = 9 × 28 + 2: collect in small integers, because a BigInt operation a bit would dominate start-up.
      if (i % 28 === 0 || i === FIELD_BITS) {
        value = (value << BigInt(i % 28 === 0 ? 28 : i % 28)) | BigInt(word);
        word = 0;
      }
    }
    return value;
  }
}

/** Derives the constants of one arity (1 … 16 inputs); a few milliseconds, so callers keep the result. */
export function derivePoseidonConstants(arity: number): PoseidonConstants {
  const t = arity + 1;
  const partialRounds = PARTIAL_ROUNDS[arity - 1];
  if (partialRounds === undefined) throw new RangeError(`Poseidon takes 1 to ${MAX_ARITY} inputs, not ${arity}`);
  const grain = new Grain(t, partialRounds);
  const roundConstants = Array.from({ length: FULL_ROUNDS + partialRounds }, () =>
    Array.from({ length: t }, () => {
      let value = grain.next();
      while (value >= R_FIELD) value = grain.next();
      return value;
    }),
  );
  // The Cauchy matrix 1 / (x_i + y_j). For none of the 16 widths do values repeat or sums vanish, so no redraw is needed (tested).
  const draws = Array.from({ length: 2 * t }, () => grain.next() % R_FIELD);
  const matrix = Array.from({ length: t }, (_, i) =>
    Array.from({ length: t }, (_, j) => inverse(((draws[i] ?? 0n) + (draws[t + j] ?? 0n)) % R_FIELD)),
  );
  return { t, partialRounds, roundConstants, matrix };
}
