import { readFileSync } from 'node:fs';
import { buildEddsa } from 'circomlibjs';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../errors.ts';
import { R_FIELD } from '../field.ts';
import type { Field, Point, Signature } from '../types.ts';
import { BASE8, IDENTITY, isOnCurve, mul, SUBGROUP_ORDER } from './babyjub.ts';
import { multiplyBase } from './baseTable.ts';
import { publicKey, sign, verify, verifyMany } from './eddsa.ts';
import { type EddsaEdgeVector, eddsaEdgeVectors, torsionPoints } from './testing/eddsaEdgeVectors.ts';
import { randomField, verifyByDefinition } from './testing/reference.ts';

// Raw, unchecked integers: verify must judge them itself.
function parse(v: EddsaEdgeVector): { pub: Point; message: Field; signature: Signature } {
  const point = (p: readonly [string, string]) => [BigInt(p[0]), BigInt(p[1])] as unknown as Point;
  return { pub: point(v.pub), message: BigInt(v.message) as Field, signature: { r8: point(v.r8), s: BigInt(v.s) } };
}

function seedOf(i: number): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, k) => (i * 37 + k * 11 + 5) & 255);
}

const file = new URL('../../test/vectors/eddsa-edge.json', import.meta.url);
const shared: EddsaEdgeVector[] = JSON.parse(readFileSync(file, 'utf8'));

it('a seed whose bytes change is another key', () => {
  const seed = seedOf(1);
  const first = { pub: publicKey(seed), signature: sign(seed, 7n as Field) };
  seed.set(seedOf(2));
  expect(publicKey(seed)).toEqual(publicKey(seedOf(2)));
  expect(sign(seed, 7n as Field)).toEqual(sign(seedOf(2), 7n as Field));
  expect(publicKey(seed)).not.toEqual(first.pub);
  expect(verify(first.pub, 7n as Field, first.signature)).toBe(true);
});

describe('shared edge cases', () => {
  it('eddsa-edge.json is what the generator makes, with all eight torsion points', () => {
    expect(shared).toEqual(eddsaEdgeVectors());
    const torsion = torsionPoints();
    expect(new Set(torsion.map(String)).size).toBe(8);
    for (const t of torsion) expect(mul(t, 8n)).toEqual(IDENTITY);
  });

  it.each(shared)('$name: accepted is $accept', (v) => {
    const { pub, message, signature } = parse(v);
    expect(verify(pub, message, signature)).toBe(v.accept);
    expect(verifyByDefinition(pub, message, signature)).toBe(v.accept);
  });

  it('verifyMany gives each item its own verdict, also with opposite torsion in two R8', () => {
    expect(verifyMany(shared.map(parse))).toEqual(shared.map((v) => v.accept));
    expect(verifyMany([])).toEqual([]);
  });
});

describe('non-canonical input (a circuit cannot be given it)', () => {
  const honest = parse(shared[0] as EddsaEdgeVector);
  const { pub, message, signature } = honest;
  const { r8, s } = signature;
  const moved = (p: Point, dx: bigint, dy: bigint) => [p[0] + dx, p[1] + dy] as unknown as Point;
  const cases: [string, Point, bigint, Signature][] = [
    ['key x + r', moved(pub, R_FIELD, 0n), message, signature],
    ['key y + r', moved(pub, 0n, R_FIELD), message, signature],
    ['key x - r', moved(pub, -R_FIELD, 0n), message, signature],
    ['R8 x + r', pub, message, { r8: moved(r8, R_FIELD, 0n), s }],
    ['R8 y + r', pub, message, { r8: moved(r8, 0n, R_FIELD), s }],
    ['R8 y + 2^256', pub, message, { r8: moved(r8, 0n, 2n ** 256n), s }],
    ['message + r', pub, message + R_FIELD, signature],
    ['message - r', pub, message - R_FIELD, signature],
    ['S - l', pub, message, { r8, s: s - SUBGROUP_ORDER }],
    ['S + 2^256', pub, message, { r8, s: s + 2n ** 256n }],
  ];

  it.each(cases)('%s is refused', (_, key, text, sig) => {
    expect(verify(key, text as Field, sig)).toBe(false);
    expect(verify(pub, message, signature)).toBe(true);
  });
});

describe('signing', async () => {
  const eddsa = await buildEddsa();
  const toPoint = (p: readonly [Uint8Array, Uint8Array]) => [eddsa.F.toObject(p[0]), eddsa.F.toObject(p[1])];

  it('equals circomlibjs: key, signature, verdict (8 seeds)', () => {
    const random = randomField(2024n);
    for (let i = 0; i < 8; i++) {
      const seed = seedOf(i);
      const message = i === 0 ? (0n as Field) : random();
      const theirs = eddsa.signPoseidon(seed, eddsa.F.e(message));
      const ours = sign(seed, message);
      expect(publicKey(seed)).toEqual(toPoint(eddsa.prv2pub(seed)));
      expect(ours).toEqual({ r8: toPoint(theirs.R8), s: theirs.S });
      expect(verify(publicKey(seed), message, ours)).toBe(true);
      expect(eddsa.verifyPoseidon(eddsa.F.e(message), theirs, eddsa.prv2pub(seed))).toBe(true);
    }
  });

  it('agrees with the definition on good and spoilt signatures (40 random, seed 7)', () => {
    const random = randomField(7n);
    for (let i = 0; i < 40; i++) {
      const seed = seedOf(100 + i);
      const pub = publicKey(seed);
      const message = random();
      const { r8, s } = sign(seed, message);
      const spoilt = { r8, s: i % 2 === 0 ? s : (s + random()) % SUBGROUP_ORDER };
      expect(isOnCurve(pub) && isOnCurve(r8)).toBe(true);
      expect(verify(pub, message, spoilt)).toBe(i % 2 === 0);
      expect(verifyByDefinition(pub, message, spoilt)).toBe(i % 2 === 0);
    }
  });

  it('multiplies the base point by the extremes of every window as the reference does', () => {
    const scalars = [0n, 1n, SUBGROUP_ORDER - 1n, SUBGROUP_ORDER, SUBGROUP_ORDER >> 1n, (1n << 250n) - 1n, 1n << 250n];
    for (let window = 0n; window < 36n; window++) {
      for (const digit of [1n, 63n, 64n, 65n, 127n]) scalars.push(digit << (7n * window));
    }
    for (const k of scalars) expect(multiplyBase(k)).toEqual(mul(BASE8, k % SUBGROUP_ORDER));
  });

  it('refuses seeds that are not 32 bytes and messages that are not field elements', () => {
    const bad = (run: () => unknown, code: string) => {
      expect(run).toThrow(ProtocolError);
      expect(run).toThrow(expect.objectContaining({ code }));
    };
    bad(() => publicKey(new Uint8Array(31)), 'INVALID_ARGUMENT');
    bad(() => sign(new Uint8Array(33), 1n as Field), 'INVALID_ARGUMENT');
    bad(() => sign(new Uint8Array(32), R_FIELD as Field), 'WORD_NOT_CANONICAL');
    bad(() => sign(new Uint8Array(32), -1n as Field), 'WORD_NOT_CANONICAL');
  });
});
