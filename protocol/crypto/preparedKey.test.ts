import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { R_FIELD } from '../field.ts';
import type { Field, Point, Signature } from '../types.ts';
import { SUBGROUP_ORDER } from './babyjub.ts';
import { publicKey, sign, verify } from './eddsa.ts';
import { PREPARED_KEY_BYTES, prepareKey, verifyPrepared } from './preparedKey.ts';
import type { EddsaEdgeVector } from './testing/eddsaEdgeVectors.ts';
import { randomField, verifyByDefinition } from './testing/reference.ts';

// Raw, unchecked integers: the verifier must judge them itself.
function parse(v: EddsaEdgeVector): { pub: Point; message: Field; signature: Signature } {
  const point = (p: readonly [string, string]) => [BigInt(p[0]), BigInt(p[1])] as unknown as Point;
  return { pub: point(v.pub), message: BigInt(v.message) as Field, signature: { r8: point(v.r8), s: BigInt(v.s) } };
}

const file = new URL('../../test/vectors/eddsa-edge.json', import.meta.url);
const shared: EddsaEdgeVector[] = JSON.parse(readFileSync(file, 'utf8'));

describe('a prepared key gives the verdicts of verify', () => {
  it.each(shared)('$name: accepted is $accept', (v) => {
    const { pub, message, signature } = parse(v);
    expect(verifyPrepared(prepareKey(pub), message, signature)).toBe(v.accept);
    expect(verify(pub, message, signature)).toBe(v.accept);
  });

  it('with all keys prepared at once and used in turn, twice', () => {
    const items = shared.map((v) => ({ ...parse(v), accept: v.accept }));
    const keys = items.map(({ pub }) => prepareKey(pub));
    for (let round = 0; round < 2; round++) {
      items.forEach(({ message, signature, accept }, i) => {
        expect(verifyPrepared(keys[i] as (typeof keys)[0], message, signature)).toBe(accept);
      });
    }
  });

  it('a signature of one key does not verify under another that was used before it', () => {
    const seeds = [1, 2, 3].map((n) => new Uint8Array(32).fill(n));
    const keys = seeds.map((seed) => prepareKey(publicKey(seed)));
    seeds.forEach((seed, i) => {
      const signature = sign(seed, 5n as Field);
      keys.forEach((key, j) => {
        expect(verifyPrepared(key, 5n as Field, signature)).toBe(i === j);
      });
    });
  });

  it('on good and spoilt signatures (60 random, seed 11)', () => {
    const random = randomField(11n);
    const seed = new Uint8Array(32).fill(9);
    const key = prepareKey(publicKey(seed));
    for (let i = 0; i < 60; i++) {
      const message = random();
      const { r8, s } = sign(seed, message);
      const spoilt = { r8, s: i % 2 === 0 ? s : (s + random()) % SUBGROUP_ORDER };
      expect(verifyPrepared(key, message, spoilt)).toBe(i % 2 === 0);
      expect(verifyByDefinition(key.pub, message, spoilt)).toBe(i % 2 === 0);
    }
  });

  const seed = new Uint8Array(32).fill(4);
  const message = 77n as Field;
  const pub = publicKey(seed);
  const good = sign(seed, message);
  const moved = (p: Point, dx: bigint, dy: bigint) => [p[0] + dx, p[1] + dy] as unknown as Point;
  const cases: [string, Point, bigint, Signature][] = [
    ['key x + r', moved(pub, R_FIELD, 0n), message, good],
    ['key y + r', moved(pub, 0n, R_FIELD), message, good],
    ['key x - r', moved(pub, -R_FIELD, 0n), message, good],
    ['R8 x + r', pub, message, { ...good, r8: moved(good.r8, R_FIELD, 0n) }],
    ['R8 y + 2^256', pub, message, { ...good, r8: moved(good.r8, 0n, 2n ** 256n) }],
    ['message + r', pub, message + R_FIELD, good],
    ['message - r', pub, message - R_FIELD, good],
    ['S + l', pub, message, { ...good, s: good.s + SUBGROUP_ORDER }],
    ['S - l', pub, message, { ...good, s: good.s - SUBGROUP_ORDER }],
    ['S + 2^256', pub, message, { ...good, s: good.s + 2n ** 256n }],
  ];
  it.each(cases)('%s, which no circuit can be given, is refused', (_, key, text, signature) => {
    expect(verifyPrepared(prepareKey(key), text as Field, signature)).toBe(false);
    expect(verifyPrepared(prepareKey(pub), message, good)).toBe(true);
  });

  it('changing the point given to prepareKey afterwards changes nothing', () => {
    const mutable: [Field, Field] = [pub[0], pub[1]];
    const key = prepareKey(mutable);
    mutable[0] = 1n as Field;
    expect(verifyPrepared(key, message, good)).toBe(true);
  });

  it('a table is 9 KB', () => {
    expect(PREPARED_KEY_BYTES).toBe(9216);
  });
});
