import { bigintToBytes, bytesToHex } from '../../protocol/bytes.ts';

export function hex(bytes: Uint8Array): string {
  return `0x${bytesToHex(bytes)}`;
}

/** 32 bytes, big-endian. */
export function word(value: bigint): string {
  return hex(bigintToBytes(value, 32));
}
