import { AMOUNT_LIMIT } from '../account.ts';
import { ProtocolError } from '../errors.ts';
import { field, ZERO } from '../field.ts';
import { ACCOUNT_LIMIT, NO_ACCOUNT } from '../ids.ts';
import { type AccountIndex, type Field, type Op, Opcode } from '../types.ts';

export type OpWords = readonly [w0: Field, p1: Field, p2: Field, p3: Field];

export const MAX_PAYLOAD_WORDS = 3;
/** Bytes of `w0` on the wire. */
export const W0_BYTES = 30;
/** Flag bit 0: the op closes its transaction. */
const LAST = 1;
const FEE_LIMIT = 1n << 64n;

/** NOP is padding and never part of a transaction. */
const KNOWN: ReadonlySet<number> = new Set(Object.values(Opcode).filter((opcode) => opcode !== Opcode.NOP));
const ASSIGNED: ReadonlySet<number> = new Set([Opcode.REGISTER, Opcode.ATTEST, Opcode.OPEN]);

/** Whether the sequencer chooses `to`: such an index is not signed, and users send 0. */
export function hasAssignedIndex(opcode: Opcode): boolean {
  return ASSIGNED.has(opcode);
}

/**
 * What every op must satisfy before it can be packed at all.
 * @throws ProtocolError UNKNOWN_OPCODE, INDEX_OUT_OF_RANGE, AMOUNT_OUT_OF_RANGE, BAD_PAYLOAD, WORD_NOT_CANONICAL
 */
export function checkOp(op: Op): void {
  if (!KNOWN.has(op.opcode)) throw new ProtocolError('UNKNOWN_OPCODE', { opcode: op.opcode });
  for (const index of [op.from, op.to]) {
    if (!Number.isInteger(index) || index < 0 || index >= ACCOUNT_LIMIT) {
      throw new ProtocolError('INDEX_OUT_OF_RANGE', { index });
    }
  }
  if (op.amount < 0n || op.amount >= AMOUNT_LIMIT)
    throw new ProtocolError('AMOUNT_OUT_OF_RANGE', { amount: op.amount });
  if (op.fee < 0n || op.fee >= FEE_LIMIT) throw new ProtocolError('AMOUNT_OUT_OF_RANGE', { fee: op.fee });
  if (op.payload.length > MAX_PAYLOAD_WORDS) throw new ProtocolError('BAD_PAYLOAD', { words: op.payload.length });
  for (const word of op.payload) field(word);
}

/** `to` is a parameter because the transaction hash packs an assigned index as 0. */
export function packW0(op: Op, isLast: boolean, to: AccountIndex = op.to): Field {
  const flags = (isLast ? LAST : 0) | (op.payload.length << 1);
  const low = BigInt(op.opcode | (flags << 8)) | (BigInt(op.from) << 16n) | (BigInt(to) << 48n);
  // 240 bits are always below the field's order.
  return (low | (((op.fee << 96n) | op.amount) << 80n)) as Field;
}

/** Payload word `i` (from 0); words that are not carried are 0. */
export function payloadWord(op: Op, i: 0 | 1 | 2): Field {
  return op.payload[i] ?? ZERO;
}

/** The four words of an op. @throws ProtocolError as `checkOp` */
export function opWords(op: Op, isLast: boolean): OpWords {
  checkOp(op);
  return [packW0(op, isLast), payloadWord(op, 0), payloadWord(op, 1), payloadWord(op, 2)];
}

/** The words as the transaction hash sees them. @throws ProtocolError as `checkOp` */
export function signedOpWords(op: Op, isLast: boolean): OpWords {
  checkOp(op);
  const to = hasAssignedIndex(op.opcode) ? NO_ACCOUNT : op.to;
  return [packW0(op, isLast, to), payloadWord(op, 0), payloadWord(op, 1), payloadWord(op, 2)];
}

/** Splits `w0`; tells how many payload words follow on the wire. */
export function unpackW0(w0: bigint): { op: Omit<Op, 'payload'>; isLast: boolean; payloadWords: number } {
  if (w0 < 0n || w0 >> 240n !== 0n) throw new ProtocolError('MALFORMED_BYTES', { w0 });
  const low = Number(w0 & 0xffffn);
  const flags = low >> 8;
  if (flags >> 3 !== 0) throw new ProtocolError('MALFORMED_BYTES', { flags });
  const opcode = low & 0xff;
  if (!KNOWN.has(opcode)) throw new ProtocolError('UNKNOWN_OPCODE', { opcode });
  const op: Omit<Op, 'payload'> = {
    // The casts: the opcode is a known one, the indices are checked by checkOp.
    opcode: opcode as Opcode,
    from: Number((w0 >> 16n) & 0xffffffffn) as AccountIndex,
    to: Number((w0 >> 48n) & 0xffffffffn) as AccountIndex,
    amount: (w0 >> 80n) & (AMOUNT_LIMIT - 1n),
    fee: w0 >> 176n,
  };
  return { op, isLast: (flags & LAST) !== 0, payloadWords: flags >> 1 };
}

/**
 * The op that four words say.
 * @throws ProtocolError MALFORMED_BYTES (unknown flags, a word that is not carried but not 0), UNKNOWN_OPCODE (also NOP),
 * INDEX_OUT_OF_RANGE, WORD_NOT_CANONICAL
 */
export function opFromWords(words: readonly bigint[]): { op: Op; isLast: boolean } {
  const [w0, ...payload] = words;
  if (w0 === undefined || payload.length !== MAX_PAYLOAD_WORDS) {
    throw new ProtocolError('MALFORMED_BYTES', { words: words.length });
  }
  const head = unpackW0(w0);
  if (payload.slice(head.payloadWords).some((word) => word !== 0n)) {
    throw new ProtocolError('MALFORMED_BYTES', { payloadWords: head.payloadWords });
  }
  const op: Op = { ...head.op, payload: payload.slice(0, head.payloadWords).map(field) };
  checkOp(op);
  return { op, isLast: head.isLast };
}
