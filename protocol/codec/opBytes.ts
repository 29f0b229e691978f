import type { ByteReader, ByteWriter } from '../bytes.ts';
import { field } from '../field.ts';
import type { Op } from '../types.ts';
import { checkOp, packW0, unpackW0, W0_BYTES } from './opWords.ts';

/** `w0 (30 bytes) ‖ carried payload words (32 each)`. @throws ProtocolError as `checkOp` */
export function writeOp(writer: ByteWriter, op: Op, isLast: boolean): void {
  checkOp(op);
  writer.write(packW0(op, isLast), W0_BYTES);
  for (const word of op.payload) writer.write(word, 32);
}

/** @throws ProtocolError MALFORMED_BYTES, UNKNOWN_OPCODE, INDEX_OUT_OF_RANGE, WORD_NOT_CANONICAL */
export function readOp(reader: ByteReader): { op: Op; isLast: boolean } {
  const head = unpackW0(reader.big(W0_BYTES));
  const payload = Array.from({ length: head.payloadWords }, () => field(reader.big(32)));
  const op: Op = { ...head.op, payload };
  checkOp(op);
  return { op, isLast: head.isLast };
}
