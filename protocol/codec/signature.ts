import type { ByteReader, ByteWriter } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { field } from '../field.ts';
import type { Signature } from '../types.ts';

/**
 * A signature as 96 bytes: `R8x(32) ‖ R8y(32) ‖ S(32)`.
 * @throws ProtocolError WORD_NOT_CANONICAL (R8); `code` for an S over 256 bits
 */
export function writeSignature(
  writer: ByteWriter,
  { r8, s }: Signature,
  code: 'BAD_SIGNATURE' | 'BAD_VOUCHER' = 'BAD_SIGNATURE',
): void {
  if (s < 0n || s >> 256n !== 0n) throw new ProtocolError(code, { s });
  writer.write(field(r8[0]), 32).write(field(r8[1]), 32).write(s, 32);
}

/** @throws ProtocolError WORD_NOT_CANONICAL, MALFORMED_BYTES */
export function readSignature(reader: ByteReader): Signature {
  return { r8: [field(reader.big(32)), field(reader.big(32))], s: reader.big(32) };
}
