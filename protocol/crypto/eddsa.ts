import { blake512 } from '@noble/hashes/blake1.js';
import { ProtocolError } from '../errors.ts';
import { isCanonical } from '../field.ts';
import type { Field, Point, Signature } from '../types.ts';
import { add, BASE8, isOnCurve, mul, SUBGROUP_ORDER } from './babyjub.ts';
import { poseidon } from './poseidon.ts';

export interface PrivateKey {
  /** 32 bytes. */
  readonly seed: Uint8Array;
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return value;
}

/** circomlib's derivation: the pruned lower half of blake-512(seed) is the secret scalar, the upper half keys the nonces. */
function expand(seed: Uint8Array): { scalar: bigint; nonceKey: Uint8Array } {
  if (seed.length !== 32) throw new ProtocolError('INVALID_ARGUMENT', { seedLength: seed.length });
  const digest = blake512(seed);
  const lower = littleEndian(digest.subarray(0, 32));
  // Bits 0–2 cleared, 255 cleared, 254 set.
  const scalar = (lower & ((1n << 254n) - 8n)) | (1n << 254n);
  return { scalar, nonceKey: digest.slice(32) };
}

/** @throws ProtocolError INVALID_ARGUMENT unless the seed has 32 bytes. */
export function publicKey(seed: Uint8Array): Point {
  return mul(BASE8, expand(seed).scalar >> 3n);
}

/** Deterministic, equal to circomlibjs's signPoseidon. */
export function sign(seed: Uint8Array, message: Field): Signature {
  const { scalar, nonceKey } = expand(seed);
  const text = new Uint8Array(64);
  text.set(nonceKey);
  for (let i = 32, rest: bigint = message; i < 64; i++, rest >>= 8n) text[i] = Number(rest & 0xffn);
  const nonce = littleEndian(blake512(text)) % SUBGROUP_ORDER;
  const r8 = mul(BASE8, nonce);
  const pub = mul(BASE8, scalar >> 3n);
  const h = poseidon([r8[0], r8[1], pub[0], pub[1], message]);
  return { r8, s: (nonce + h * scalar) % SUBGROUP_ORDER };
}

/** Whether the circuit accepts the signature: docs/protocol.md section 1. Never throws on bad input. */
export function verify(pub: Point, message: Field, signature: Signature): boolean {
  const { r8, s } = signature;
  if (!isCanonical(message) || s < 0n || s >= SUBGROUP_ORDER || !isOnCurve(r8) || !isOnCurve(pub)) return false;
  const key8 = mul(pub, 8n);
  if (key8[0] === 0n) return false;
  const h = poseidon([r8[0], r8[1], pub[0], pub[1], message]);
  const left = mul(BASE8, s);
  const right = add(r8, mul(key8, h));
  return left[0] === right[0] && left[1] === right[1];
}

export interface SignedMessage {
  readonly pub: Point;
  readonly message: Field;
  readonly signature: Signature;
}

/** `verify` of each item; a bad item does not change the verdict on the others. */
export function verifyMany(items: readonly SignedMessage[]): boolean[] {
  return items.map(({ pub, message, signature }) => verify(pub, message, signature));
}
