import { bigintToBytes } from '../bytes.ts';
import { keccak256 } from '../crypto/keccak.ts';
import { SHAPES } from '../shapes.ts';
import type { Field, ShapeName } from '../types.ts';

const BLOCK_TAG = new TextEncoder().encode('engram/block/1');
const CLOSE_TAG = new TextEncoder().encode('engram/close/1');

/** How a batch was closed: with the blocks before it, all that its commitment follows from. */
export interface BatchClose {
  readonly number: number;
  readonly lastBlock: bigint;
  readonly shape: ShapeName;
  /** The ledger's commitment C, which binds the EVM lane's too. */
  readonly c: Field;
  /** 256 bits. */
  readonly evmCommitment: bigint;
}

/** What a proposer signs of a block, 256 bits (docs/protocol.md section 15). `hash`: the block's. */
export function blockDigest(
  domain: Field,
  { number, hash }: { readonly number: bigint; readonly hash: bigint },
): bigint {
  return keccak256(concat([BLOCK_TAG, word(domain, 32), word(number, 8), word(hash, 32)]));
}

/** What a proposer signs when it closes a batch. */
export function closeDigest(domain: Field, { number, lastBlock, shape, c }: BatchClose): bigint {
  const parts = [word(BigInt(number), 8), word(lastBlock, 8), word(BigInt(SHAPES[shape].id), 1), word(c, 32)];
  return keccak256(concat([CLOSE_TAG, word(domain, 32), ...parts]));
}

function word(value: bigint, bytes: number): Uint8Array {
  return bigintToBytes(value, bytes);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
