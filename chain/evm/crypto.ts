import type { CustomCrypto } from '@ethereumjs/common';
import type { TypedTransaction } from '@ethereumjs/tx';
import createKeccakHash from 'keccak';
import secp256k1 from 'secp256k1';
import type { Hex } from '../../protocol/lane/types.ts';
import { EvmTxError } from './txRules.ts';

// One sponge for all hashes: the stream object around it costs three times the hash itself.
const sponge = createKeccakHash('keccak256')._state;

/** Keccak-256 by the native addon. */
export function keccak(data: Uint8Array): Uint8Array {
  sponge.initialize(1088, 512);
  sponge.absorb(data);
  const digest = sponge.squeeze(32);
  // Not a Buffer: its `slice` shares memory where a Uint8Array's copies.
  return new Uint8Array(digest.buffer, digest.byteOffset, 32);
}

/** `prefixedHex` and `hexToBytes` of protocol/bytes.ts by Buffer, several times as fast; those run in browsers too. */
export function bytesHex(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`;
}

/** Of hex that was checked. */
export function hexBytes(hex: Hex): Uint8Array {
  return new Uint8Array(Buffer.from(hex.slice(2), 'hex'));
}

export function keccakHex(data: Uint8Array): Hex {
  return bytesHex(keccak(data));
}

/** The uncompressed public key (64 bytes) that signed `hash`. Throws if there is none. */
function ecrecover(hash: Uint8Array, v: bigint, r: Uint8Array, s: Uint8Array, chainId?: bigint): Uint8Array {
  const signature = new Uint8Array(64);
  signature.set(r, 32 - r.length);
  signature.set(s, 64 - s.length);
  return secp256k1.ecdsaRecover(signature, recoveryId(v, chainId), hash, false).slice(1);
}

/** 0 or 1 from a typed transaction's yParity, 27/28, or EIP-155's v. */
function recoveryId(v: bigint, chainId: bigint | undefined): number {
  if (v === 0n || v === 1n) return Number(v);
  return Number(chainId === undefined ? v - 27n : v - (chainId * 2n + 35n));
}

/** Native replacements of what EthereumJS does in JavaScript (recovery 18 times, hashing 5 times as fast). */
export const nativeCrypto: CustomCrypto = { keccak256: keccak, ecrecover };

/** @throws EvmTxError INVALID_SIGNATURE */
export function senderOf(tx: TypedTransaction): Hex {
  try {
    return bytesHex(tx.getSenderAddress().bytes);
  } catch (cause) {
    throw new EvmTxError('INVALID_SIGNATURE', {}, { cause });
  }
}
