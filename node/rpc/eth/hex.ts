import type { Hex } from '../../../protocol/lane/types.ts';

/** A number as Ethereum's JSON-RPC writes it: no leading zeros. */
export function quantity(value: bigint | number): Hex {
  return `0x${value.toString(16)}`;
}

export function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
}

/** Of a string that is known to be hex with 0x and an even number of digits. */
export function bytesOf(hex: string): Uint8Array {
  const buffer = Buffer.from(hex.slice(2), 'hex');
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** A number in 32 bytes. */
export function word32(value: bigint): Hex {
  return `0x${value.toString(16).padStart(64, '0')}`;
}
