import { bigintToBytes, bytesToBigint } from '../../protocol/bytes.ts';
import { ChainError } from '../errors.ts';
import type { RlpCursor, RlpWriter } from '../evm/rlp.ts';

export function bad(reason: string): ChainError {
  return new ChainError('BAD_WIRE', { reason });
}

/** An integer in its shortest form. */
export function writeBig(writer: RlpWriter, value: bigint): void {
  const hex = value === 0n ? '' : value.toString(16);
  writer.bytes(Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'));
}

/** An integer of at most `length` bytes. @throws ChainError BAD_WIRE, EvmError BAD_EVM_DATA */
export function readBig(cursor: RlpCursor, length: number): bigint {
  const bytes = cursor.bytes();
  if (bytes.length > length || bytes[0] === 0) throw bad('integer');
  return bytesToBigint(bytes);
}

export function writeWord(writer: RlpWriter, value: bigint): void {
  writer.bytes(bigintToBytes(value, 32));
}

/** 32 bytes. @throws ChainError BAD_WIRE, EvmError BAD_EVM_DATA */
export function readWord(cursor: RlpCursor): bigint {
  const bytes = cursor.bytes();
  if (bytes.length !== 32) throw bad('word');
  return bytesToBigint(bytes);
}
