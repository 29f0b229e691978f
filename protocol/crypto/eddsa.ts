import { blake512 } from '@noble/hashes/blake1.js';
import { ProtocolError } from '../errors.ts';
import { field, isCanonical } from '../field.ts';
import type { Field, Point, Signature } from '../types.ts';
import { SUBGROUP_ORDER } from './babyjub.ts';
import { multiplyBase, prepareBaseTable } from './baseTable.ts';
import { poseidon, poseidonDescriptor } from './poseidon.ts';
import { eddsaAddresses, wasm } from './wasm/instance.ts';
import { writeInteger } from './wasm/memory.ts';

export interface PrivateKey {
  /** 32 bytes. */
  readonly seed: Uint8Array;
}

export interface SignedMessage {
  readonly pub: Point;
  readonly message: Field;
  readonly signature: Signature;
}

const { operands, scalar } = eddsaAddresses;

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = bytes.length - 8; i >= 0; i -= 8) value = (value << 64n) | view.getBigUint64(i, true);
  return value;
}

/** circomlib's derivation: the pruned lower half of blake-512(seed) is the secret scalar, the upper half keys the nonces. */
function expand(seed: Uint8Array): { secret: bigint; nonceKey: Uint8Array } {
  if (seed.length !== 32) throw new ProtocolError('INVALID_ARGUMENT', { seedLength: seed.length });
  const digest = blake512(seed);
  // Bits 0–2 and 255 cleared, 254 set.
  const secret = (littleEndian(digest.subarray(0, 32)) & ((1n << 254n) - 8n)) | (1n << 254n);
  return { secret, nonceKey: digest.slice(32) };
}

interface Key {
  /** The bytes it was made from: the caller's array may have changed since. */
  readonly seed: Uint8Array;
  readonly secret: bigint;
  readonly nonceKey: Uint8Array;
  readonly pub: Point;
}

/** Whoever signs many messages keeps one array: its key is made once, and forgotten with it. */
const keys = new WeakMap<Uint8Array, Key>();

function keyOf(seed: Uint8Array): Key {
  const known = keys.get(seed);
  if (known?.seed.every((byte, i) => byte === seed[i])) return known;
  const { secret, nonceKey } = expand(seed);
  const key = { seed: seed.slice(), secret, nonceKey, pub: multiplyBase(secret >> 3n) };
  keys.set(seed, key);
  return key;
}

/**
 * The public key of a seed, as circomlibjs derives it (blake-512). The time depends on the secret: table look-ups and BigInt
 * arithmetic are not constant-time, as is usual in JavaScript; do not sign for others where they can measure it.
 * @throws ProtocolError INVALID_ARGUMENT unless the seed has 32 bytes.
 */
export function publicKey(seed: Uint8Array): Point {
  return keyOf(seed).pub;
}

/**
 * Deterministic, equal to circomlibjs's signPoseidon. Timing: see `publicKey`.
 * @throws ProtocolError INVALID_ARGUMENT (seed), WORD_NOT_CANONICAL (message)
 */
export function sign(seed: Uint8Array, message: Field): Signature {
  const { secret, nonceKey, pub } = keyOf(seed);
  const text = new Uint8Array(64);
  text.set(nonceKey);
  const view = new DataView(text.buffer);
  for (let i = 0, rest: bigint = field(message); i < 4; i++, rest >>= 64n) view.setBigUint64(32 + 8 * i, rest, true);
  const nonce = littleEndian(blake512(text)) % SUBGROUP_ORDER;
  const r8 = multiplyBase(nonce);
  const h = poseidon([r8[0], r8[1], pub[0], pub[1], message]);
  return { r8, s: (nonce + h * secret) % SUBGROUP_ORDER };
}

/**
 * Whether the circuit accepts the signature (docs/protocol.md, section 1): all coordinates canonical, both points on the curve, S < l,
 * 8A not the neutral element, and S·B8 = R8 + h·(8A) exactly. A torsion component of A vanishes in 8A; one of R8 does not.
 * Never throws on bad input.
 */
export function verify(pub: Point, message: Field, signature: Signature): boolean {
  const { r8, s } = signature;
  const inputs = [r8[0], r8[1], pub[0], pub[1], message];
  if (s < 0n || s >= SUBGROUP_ORDER || !inputs.every(isCanonical)) return false;
  prepareBaseTable();
  inputs.forEach((x, i) => {
    writeInteger(operands + 32 * i, x);
  });
  writeInteger(scalar, s);
  return wasm.verify(poseidonDescriptor(inputs.length)) === 1;
}

/**
 * `verify` of each item, one by one: with random weights, torsion components of two R8 could cancel, and the batch would accept what
 * the circuit refuses.
 */
export function verifyMany(items: readonly SignedMessage[]): boolean[] {
  return items.map(({ pub, message, signature }) => verify(pub, message, signature));
}
