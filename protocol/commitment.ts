import { bigintToBytes } from './bytes.ts';
import { type BatchBody, bodyOf, encodeBody } from './codec/body.ts';
import { type BatchHeader, headerOf, headerWords } from './codec/header.ts';
import { exitWords, l1OpWords } from './codec/l1Words.ts';
import { opWords } from './codec/opWords.ts';
import { keccak256 } from './crypto/keccak.ts';
import { poseidon } from './crypto/poseidon.ts';
import { ProtocolError } from './errors.ts';
import { R_FIELD, toField, ZERO } from './field.ts';
import { shape } from './shapes.ts';
import type { Batch, BatchCommitment, Exit, Field, Shape } from './types.ts';

/** Words absorbed by one Poseidon16 call of the sponge, beside the running value. */
const RATE = 15;
const CHALLENGE_MASK = (1n << 248n) - 1n;

/** Appends the items' words, then zeros up to `slots` items. @throws ProtocolError BAD_BATCH if there are more items than slots */
function padTo(words: Field[], items: readonly (readonly Field[])[], slots: number, width: number): void {
  if (items.length > slots) throw new ProtocolError('BAD_BATCH', { items: items.length, slots });
  for (const item of items) words.push(...item);
  for (let i = items.length * width; i < slots * width; i += 1) words.push(ZERO);
}

/** X ‖ Y: header(10) ‖ 4L ‖ 2E ‖ 4N. */
export function batchWords(header: BatchHeader, body: BatchBody): Field[] {
  const { L, N, E } = shape(header.shape);
  const words = headerWords(header);
  padTo(words, body.l1Ops.map(l1OpWords), L, 4);
  padTo(words, body.exits.map(exitWords), E, 2);
  const ops = body.txOps.flatMap((tx) => tx.map((op, i) => opWords(op, i === tx.length - 1)));
  padTo(words, ops, N, 4);
  return words;
}

/** The sponge over all words; its first value binds the slot counts. */
export function spongeCommitment(words: readonly Field[], { L, N, E }: Pick<Shape, 'L' | 'N' | 'E'>): Field {
  let state = (BigInt(L) | (BigInt(N) << 32n) | (BigInt(E) << 64n)) as Field;
  const block = new Array<Field>(RATE + 1).fill(ZERO);
  for (let at = 0; at < words.length; at += RATE) {
    block[0] = state;
    for (let i = 0; i < RATE; i += 1) block[i + 1] = words[at + i] ?? ZERO;
    state = poseidon(block);
  }
  return state;
}

/** `Σ word_i · r^i` modulo the field's order (Horner, from the last word down). */
export function evaluateAt(words: readonly Field[], r: Field): Field {
  let y = 0n;
  for (let i = words.length - 1; i >= 0; i -= 1) y = (y * r + (words[i] ?? 0n)) % R_FIELD;
  return toField(y);
}

/** `keccak256(10 header words ‖ uint256 shapeId ‖ bodyHash)`. */
export function dataHashOf(header: BatchHeader, bodyHash: bigint): bigint {
  const parts = [...headerWords(header), BigInt(shape(header.shape).id), bodyHash];
  const bytes = new Uint8Array(32 * parts.length);
  parts.forEach((word, i) => {
    bytes.set(bigintToBytes(word, 32), 32 * i);
  });
  return keccak256(bytes);
}

/** The challenge depends on the posted data and on C: on C alone, a prover could choose words to match. */
export function challengeOf(dataHash: bigint, c: Field): Field {
  const bytes = new Uint8Array(64);
  bytes.set(bigintToBytes(dataHash, 32), 0);
  bytes.set(bigintToBytes(c, 32), 32);
  // 248 bits are always below the field's order.
  return (keccak256(bytes) & CHALLENGE_MASK) as Field;
}

/** Everything L1 and the circuit see, from the header and the posted parts. @throws ProtocolError BAD_BATCH and those of the words */
export function commitTo(header: BatchHeader, body: BatchBody): BatchCommitment {
  const words = batchWords(header, body);
  const bytes = encodeBody(body);
  const bodyHash = keccak256(bytes);
  const dataHash = dataHashOf(header, bodyHash);
  const c = spongeCommitment(words, shape(header.shape));
  const r = challengeOf(dataHash, c);
  return { words, body: bytes, bodyHash, dataHash, c, r, y: evaluateAt(words, r) };
}

/** @throws ProtocolError BAD_BATCH and those of the words */
export function commitBatch(batch: Batch, exits: readonly Exit[]): BatchCommitment {
  return commitTo(headerOf(batch, exits.length), bodyOf(batch, exits));
}
