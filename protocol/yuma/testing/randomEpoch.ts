import type { SeededRandom } from '../../testing/random.ts';
import type { SparseRow } from '../packedRows.ts';
import type { YumaInput } from '../yumaInput.ts';

export type SparseEpoch = YumaInput & { readonly weights: readonly SparseRow[]; readonly bonds: readonly SparseRow[] };

function randomRow(random: SeededRandom, n: number, oneIn: number): SparseRow {
  // Few different values, the largest and the smallest among them: ties and extremes are where medians go wrong.
  const value = (): number => random.pick([1, 2, 65_535, 65_535, 32_768, random.int(65_536), random.int(65_536)]);
  return Array.from({ length: n }, (_, j) => j).flatMap((j): (readonly [number, number])[] =>
    random.oneIn(oneIn) ? [[j, value()]] : [],
  );
}

/** An epoch of at most `max` participants with anything a caller may give. */
export function randomEpoch(random: SeededRandom, max: number): SparseEpoch {
  const n = random.int(max + 1);
  const each = <T>(make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));
  const maybe = <T extends object>(part: () => T): Partial<T> => (random.oneIn(3) ? part() : {});
  const density = 1 + random.int(4);
  const permits = 1 + random.int(3);
  const stakeBits = BigInt(random.pick([1, 8, 40, 64, 96]));
  const word = () => random.pick([0, 1, 32_767, 32_768, 65_535, random.int(65_536)]);
  return {
    stake: each(() => (random.oneIn(4) ? 0n : random.big(1n << stakeBits))),
    permits: each(() => random.oneIn(permits)),
    weights: each(() => (random.oneIn(5) ? [] : randomRow(random, n, density))),
    bonds: each(() => (random.oneIn(3) ? [] : randomRow(random, n, density))),
    emission: random.big(1n << 96n),
    ...maybe(() => ({ kappa: word() })),
    ...maybe(() => ({ bondsPenalty: word() })),
    ...maybe(() => ({ bondsMovingAverage: random.pick([0, 1, 500_000, 975_000, 999_999, 1_000_000]) })),
    ...maybe(() => ({ active: each(() => !random.oneIn(4)) })),
    ...maybe(() => ({ lastUpdate: each(() => random.int(4)) })),
    ...maybe(() => ({ registeredAt: each(() => random.int(4)) })),
    ...maybe(() => ({ committedAt: each(() => random.pick([0, 2, Number.POSITIVE_INFINITY])) })),
    ...maybe(() => ({ lastEpoch: random.int(4) })),
    ...maybe(() => ({ newPermits: each(() => random.oneIn(2)) })),
    ...(n > 0 ? maybe(() => ({ ownerUid: random.int(n) })) : {}),
  };
}
