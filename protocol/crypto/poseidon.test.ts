import { buildPoseidonReference } from 'circomlibjs';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../errors.ts';
import { R_FIELD } from '../field.ts';
import { poseidon, poseidonMany } from './poseidon.ts';
import { derivePoseidonParameters } from './poseidonParameters.ts';
import { randomField } from './testing/reference.ts';
import { balancedLimbs, MONTGOMERY } from './wasm/limbs.ts';

const ARITIES = Array.from({ length: 16 }, (_, i) => i + 1);

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return 'no error';
}

describe('poseidon', async () => {
  const reference = await buildPoseidonReference();
  const expected = (inputs: readonly bigint[]) => reference.F.toObject(reference(inputs));

  it.each(ARITIES)('equals circomlibjs for %i inputs: extremes and 12 random ones (seed = arity)', (arity) => {
    const random = randomField(BigInt(arity));
    const fill = (x: bigint) => Array.from({ length: arity }, () => x);
    const cases = [
      fill(0n),
      fill(1n),
      fill(R_FIELD - 1n),
      fill(R_FIELD >> 1n),
      fill(2n ** 253n),
      fill((1n << 232n) - 1n),
    ];
    for (let i = 0; i < 12; i++) cases.push(fill(0n).map(random));
    for (const inputs of cases) expect(poseidon(inputs)).toBe(expected(inputs));
  });

  it('gives the same hash again after hashes of every other arity (the module keeps a history in memory)', () => {
    const inputs = ARITIES.map(BigInt);
    const before = ARITIES.map((arity) => poseidon(inputs.slice(0, arity)));
    for (const arity of [...ARITIES].reverse()) expect(poseidon(inputs.slice(0, arity))).toBe(before[arity - 1]);
  });

  it('hashes many groups as one by one', () => {
    const random = randomField(99n);
    const values = Array.from({ length: 24 }, random);
    expect(poseidonMany(8, values)).toEqual([0, 8, 16].map((i) => poseidon(values.slice(i, i + 8))));
    expect(poseidonMany(8, [])).toEqual([]);
    expect(codeOf(() => poseidonMany(8, values.slice(1)))).toBe('INVALID_ARGUMENT');
    expect(codeOf(() => poseidonMany(0, []))).toBe('INVALID_ARGUMENT');
    expect(codeOf(() => poseidonMany(17, []))).toBe('INVALID_ARGUMENT');
  });

  it('refuses non-canonical inputs and impossible numbers of them', () => {
    expect(codeOf(() => poseidon([1n, R_FIELD]))).toBe('WORD_NOT_CANONICAL');
    expect(codeOf(() => poseidon([-1n]))).toBe('WORD_NOT_CANONICAL');
    expect(codeOf(() => poseidon([]))).toBe('INVALID_ARGUMENT');
    expect(codeOf(() => poseidon(Array.from({ length: 17 }, () => 0n)))).toBe('INVALID_ARGUMENT');
  });
});

describe('limb bounds of the dot products', () => {
  // The largest magnitudes of a reduced element's limbs: 2^28, and little in the top one, as |value| < 2r.
  const largest = [...Array.from({ length: 8 }, () => 2n ** 28n), 2n ** 23n];

  it.each(ARITIES)('every 64-bit column lane holds the sums of all rows for %i inputs', (arity) => {
    const { matrix, entry, exit, recursion } = derivePoseidonParameters(arity);
    for (const row of [...matrix, ...entry, ...exit, recursion]) {
      const coefficients = row.map((x) => balancedLimbs((x * MONTGOMERY) % R_FIELD));
      for (const parity of [0, 1]) {
        for (let column = 0; column <= 16; column++) {
          const worst = coefficients.reduce((total, limbs) => {
            const products = largest.map((x, i) => {
              const limb = i % 2 === parity ? (limbs[column - i] ?? 0n) : 0n;
              return x * (limb < 0n ? -limb : limb);
            });
            return products.reduce((a, b) => a + b, total);
          }, 0n);
          expect(worst).toBeLessThan(2n ** 63n);
        }
      }
    }
  });
});
