import { ProtocolError } from '../errors.ts';
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

const REGISTER_BITS = 80;
const CHUNK_BITS = 8192;

/**
 * The Grain LFSR of the Poseidon paper (appendix E), self-shrinking: of each pair of bits, the second counts if the first is set.
 * The register slides over a buffer of one bit a byte, refilled in chunks; constants of 16 inputs take two million bits.
 */
class Grain {
  readonly #bits = new Uint8Array(REGISTER_BITS + CHUNK_BITS);
  #at = REGISTER_BITS;

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
    const seed = parts.map(([value, bits]) => value.toString(2).padStart(bits, '0')).join('');
    for (let i = 0; i < REGISTER_BITS; i++) this.#bits[CHUNK_BITS + i] = Number(seed[i]);
    this.#refill();
    // The first 160 bits are discarded.
    this.#at += 160;
  }

  #refill(): void {
    const bits = this.#bits;
    bits.copyWithin(0, CHUNK_BITS);
    const bit = (i: number) => bits[i] as number;
    for (let i = REGISTER_BITS; i < bits.length; i++) {
      bits[i] = bit(i - 18) ^ bit(i - 29) ^ bit(i - 42) ^ bit(i - 57) ^ bit(i - 67) ^ bit(i - 80);
    }
    this.#at = REGISTER_BITS;
  }

  /** A 254-bit integer, not reduced. */
  next(): bigint {
    let value = 0n;
    let word = 0;
    for (let i = 0; i < FIELD_BITS; ) {
      // Pairs never straddle chunks: both lengths are even.
      if (this.#at === this.#bits.length) this.#refill();
      const isKept = this.#bits[this.#at] === 1;
      const bit = this.#bits[this.#at + 1] as number;
      this.#at += 2;
      if (!isKept) continue;
      word = word * 2 + bit;
      i++;
      // Collect in small integers, because a BigInt operation a bit would dominate start-up.
      if (i % 28 === 0 || i === FIELD_BITS) {
        value = (value << BigInt(i % 28 || 28)) | BigInt(word);
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
  if (partialRounds === undefined) throw new ProtocolError('INVALID_ARGUMENT', { arity });
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
