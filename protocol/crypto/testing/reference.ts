import { R_FIELD } from '../../field.ts';
import type { Field, Point, Signature } from '../../types.ts';
import { add, BASE8, isOnCurve, mul, SUBGROUP_ORDER } from '../babyjub.ts';
import { poseidon } from '../poseidon.ts';

/** For tests only: seeded pseudo-random numbers (splitmix64), so that a failure can be repeated from the seed in the test's name. */
export function randomField(seed: bigint): () => Field {
  let state = seed;
  const next64 = () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  };
  // 320 bits reduced: as good as uniform.
  return () => ([0, 1, 2, 3, 4].reduce((x) => (x << 64n) | next64(), 0n) % R_FIELD) as Field;
}

/** The rule of docs/protocol.md written down a second time, with affine BigInt arithmetic. */
export function verifyByDefinition(pub: Point, message: Field, { r8, s }: Signature): boolean {
  if (s < 0n || s >= SUBGROUP_ORDER || message < 0n || message >= R_FIELD) return false;
  if (!isOnCurve(pub) || !isOnCurve(r8)) return false;
  const key8 = mul(pub, 8n);
  if (key8[0] === 0n) return false;
  const h = poseidon([r8[0], r8[1], pub[0], pub[1], message]);
  const [left, right] = [mul(BASE8, s), add(r8, mul(key8, h))];
  return left[0] === right[0] && left[1] === right[1];
}
