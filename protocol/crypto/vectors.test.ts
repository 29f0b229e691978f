import { readFileSync } from 'node:fs';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';
import { field } from '../field.ts';
import type { Point } from '../types.ts';
import { add, BASE8, IDENTITY, isOnCurve, mul, packPoint, SUBGROUP_ORDER, unpackPoint } from './babyjub.ts';
import { publicKey, sign, verify } from './eddsa.ts';
import { keccak256 } from './keccak.ts';
import { poseidon } from './poseidon.ts';

interface CryptoVectors {
  readonly poseidon: readonly { readonly inputs: readonly string[]; readonly expected: string }[];
  readonly eddsa_poseidon_blake1: {
    readonly private_key_hex: string;
    readonly message_field: string;
    readonly pub: readonly string[];
    readonly R8: readonly string[];
    readonly S: string;
    readonly packed_hex: string;
  };
  readonly babyjub: {
    readonly add_same: { readonly p: readonly string[]; readonly expected: readonly string[] };
    readonly add: {
      readonly p: readonly string[];
      readonly q: readonly string[];
      readonly expected: readonly string[];
    };
    readonly mul3: readonly string[];
    readonly pack: { readonly p: readonly string[]; readonly hex: string };
  };
}

const file = new URL('../../test/vectors/crypto.json', import.meta.url);
const vectors: CryptoVectors = JSON.parse(readFileSync(file, 'utf8'));

function point(coordinates: readonly string[]): Point {
  return [field(BigInt(coordinates[0] ?? '')), field(BigInt(coordinates[1] ?? ''))];
}

describe('published vectors', () => {
  it.each(vectors.poseidon)('Poseidon of $inputs', ({ inputs, expected }) => {
    expect(poseidon(inputs.map(BigInt))).toBe(BigInt(expected));
  });

  it('adds and multiplies points', () => {
    const { add_same: same, add: sum, mul3 } = vectors.babyjub;
    expect(add(point(same.p), point(same.p))).toEqual(point(same.expected));
    expect(add(point(sum.p), point(sum.q))).toEqual(point(sum.expected));
    expect(mul(point(same.p), 3n)).toEqual(point(mul3));
    expect(isOnCurve(point(sum.expected))).toBe(true);
    expect(mul(BASE8, SUBGROUP_ORDER)).toEqual(IDENTITY);
  });

  it('packs and unpacks points', () => {
    const { p, hex } = vectors.babyjub.pack;
    expect(bytesToHex(packPoint(point(p)))).toBe(hex);
    expect(unpackPoint(hexToBytes(hex))).toEqual(point(p));
  });

  it('derives the key, signs and verifies as circomlibjs with blake-512', () => {
    const v = vectors.eddsa_poseidon_blake1;
    const seed = hexToBytes(v.private_key_hex);
    const message = field(BigInt(v.message_field));
    const signature = sign(seed, message);
    expect(publicKey(seed)).toEqual(point(v.pub));
    expect(signature).toEqual({ r8: point(v.R8), s: BigInt(v.S) });
    expect(bytesToHex(packPoint(signature.r8))).toBe(v.packed_hex.slice(0, 64));
    expect(verify(publicKey(seed), message, signature)).toBe(true);
    expect(verify(publicKey(seed), field(message + 1n), signature)).toBe(false);
  });

  it('Keccak-256 of nothing and of "abc"', () => {
    expect(keccak256(new Uint8Array())).toBe(0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470n);
    expect(keccak256(new TextEncoder().encode('abc'))).toBe(
      0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45n,
    );
  });
});
