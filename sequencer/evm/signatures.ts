import { RLP } from '@ethereumjs/rlp';
import type { EOACode7702Tx, TypedTransaction } from '@ethereumjs/tx';
import { keccak } from '../../chain/evm/crypto.ts';
import { ITEM_BYTES } from './recoverBatch.ts';
import { signedBytes } from './signedBytes.ts';

/** What a key signed, in the form that recovery takes. */
export interface Signed {
  /** 32 bytes. */
  readonly hash: Uint8Array;
  readonly r: bigint;
  readonly s: bigint;
  readonly yParity: number;
}

/** First byte of what an EIP-7702 authority signs. */
const AUTHORIZATION_MAGIC = 5;
/** What cannot be a parity: such a signature is nobody's. */
const NO_PARITY = 2;

/**
 * The signature of a transaction; undefined without one. With `raw` (its EIP-2718 bytes) the signed hash is taken from these instead of
 * being encoded anew, at a third of the time.
 */
export function txSignature(tx: TypedTransaction, raw?: Uint8Array): Signed | undefined {
  const { v, r, s } = tx;
  if (v === undefined || r === undefined || s === undefined) return undefined;
  const bytes = raw === undefined ? undefined : signedBytes(raw, v);
  const hash = bytes === undefined ? tx.getHashedMessageToSign() : keccak(bytes);
  return { hash, r, s, yParity: parityOf(v) };
}

/** Of a typed transaction the parity itself, of a legacy one 27 or 28, or with EIP-155 2 · chainId + 35 or 36. */
function parityOf(v: bigint): number {
  if (v < 2n) return Number(v);
  if (v === 27n || v === 28n) return Number(v - 27n);
  return v < 35n ? NO_PARITY : Number((v - 35n) & 1n);
}

export interface Authorization {
  /** The nonce the authority must have for it to take effect. */
  readonly nonce: bigint;
  readonly signed: Signed;
}

/** The authorizations of a transaction that can take effect on this chain (EIP-7702: others are passed over). */
export function authorizationsOf(tx: EOACode7702Tx): Authorization[] {
  const found: Authorization[] = [];
  for (const [chainId, address, nonce, yParity, r, s] of tx.authorizationList) {
    const chain = toBigInt(chainId);
    const parity = toBigInt(yParity);
    if ((chain !== 0n && chain !== tx.chainId) || parity > 1n) continue;
    const encoded = RLP.encode([chainId, address, nonce]);
    const message = new Uint8Array(1 + encoded.length);
    message[0] = AUTHORIZATION_MAGIC;
    message.set(encoded, 1);
    found.push({
      nonce: toBigInt(nonce),
      signed: { hash: keccak(message), r: toBigInt(r), s: toBigInt(s), yParity: Number(parity) },
    });
  }
  return found;
}

/** Writes a signature as `recoverBatch` reads it. r and s are below 2^256 in every decoded transaction. */
export function packSignature(signed: Signed, target: Uint8Array, at: number): void {
  const view = new DataView(target.buffer, target.byteOffset + at, ITEM_BYTES);
  target.set(signed.hash, at);
  writeWord(view, 32, signed.r);
  writeWord(view, 64, signed.s);
  view.setUint8(96, signed.yParity);
}

function writeWord(view: DataView, at: number, value: bigint): void {
  view.setBigUint64(at, value >> 192n);
  view.setBigUint64(at + 8, value >> 128n);
  view.setBigUint64(at + 16, value >> 64n);
  view.setBigUint64(at + 24, value);
}

function toBigInt(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}
