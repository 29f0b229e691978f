import { describe, expect, it } from 'vitest';
import type { Field, Point, Signature } from '../types.ts';
import { add, BASE8, IDENTITY, mul, SUBGROUP_ORDER } from './babyjub.ts';
import { verify, verifyMany } from './eddsa.ts';
import { poseidon } from './poseidon.ts';
import { prepareKey, verifyPrepared } from './preparedKey.ts';
import { torsionPoints } from './testing/eddsaEdgeVectors.ts';

/**
 * Why signatures are not verified in batches (README.md): with R8 outside the prime subgroup, the sum of weighted equations can hold
 * where no single equation does. These are the attacks that a batch would have to refuse.
 */
const KEY = 271828182845904523536028747135266249775724709369995n % SUBGROUP_ORDER;
const pub = mul(BASE8, KEY);

interface Item {
  readonly message: Field;
  readonly signature: Signature;
}

/** Honest but for a torsion component of R8, which the hash covers. */
function twisted(torsion: Point, nonce: bigint, message: bigint): Item {
  const r8 = add(mul(BASE8, nonce), torsion);
  const h = poseidon([r8[0], r8[1], pub[0], pub[1], message]);
  return { message: message as Field, signature: { r8, s: (nonce + h * 8n * KEY) % SUBGROUP_ORDER } };
}

/** Σ z·S·B8 = Σ z·(R8 + h·8A): the textbook's batch equation; `cofactor` multiplies both sides. */
function batchEquation(items: readonly Item[], weights: readonly bigint[], cofactor = 1n): boolean {
  let [left, right]: [Point, Point] = [IDENTITY, IDENTITY];
  items.forEach(({ message, signature: { r8, s } }, i) => {
    const z = (weights[i] as bigint) * cofactor;
    const h = poseidon([r8[0], r8[1], pub[0], pub[1], message]);
    left = add(left, mul(BASE8, (z * s) % SUBGROUP_ORDER));
    right = add(right, mul(add(r8, mul(mul(pub, 8n), h)), z));
  });
  return left[0] === right[0] && left[1] === right[1];
}

describe('a batch equation accepts what single verification refuses', () => {
  const torsion = torsionPoints();
  const [order2, order8] = [torsion[4] as Point, torsion[1] as Point];
  const pair = [twisted(order2, 11n, 1n), twisted(order2, 12n, 2n)];
  const singly = (items: readonly Item[]) => [
    ...items.map(({ message, signature }) => verify(pub, message, signature)),
    ...items.map(({ message, signature }) => verifyPrepared(prepareKey(pub), message, signature)),
    ...verifyMany(items.map((item) => ({ pub, ...item }))),
  ];

  it('two R8 with the point of order 2: every second pair of random weights lets both in', () => {
    expect(mul(order2, 2n)).toEqual(IDENTITY);
    expect([batchEquation(pair, [3n, 5n]), batchEquation(pair, [4n, 6n]), batchEquation(pair, [3n, 4n])]).toEqual([
      true,
      true,
      false,
    ]);
    expect(singly(pair)).toEqual(new Array(6).fill(false));
  });

  it('one R8 with a point of order 8: a weight divisible by 8 lets it in', () => {
    const one = [twisted(order8, 13n, 3n)];
    expect([batchEquation(one, [16n]), batchEquation(one, [17n])]).toEqual([true, false]);
    expect(singly(one)).toEqual([false, false, false]);
  });

  it('multiplying by the cofactor makes it worse: all torsion is let in', () => {
    const all = torsion.slice(1).map((t, i) => twisted(t, 20n + BigInt(i), 5n));
    expect(
      batchEquation(
        all,
        all.map((_, i) => 2n ** 100n + BigInt(i * i)),
        8n,
      ),
    ).toBe(true);
    expect(singly(all).every((verdict) => !verdict)).toBe(true);
  });
});
